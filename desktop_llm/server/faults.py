"""Nothing that goes wrong inside is shown outside, and every no has one form."""

from __future__ import annotations

import json
import logging
import re
from typing import Any

from desktop_llm.server.asgi import App, Message, Receive, Scope, Send
from desktop_llm.server.refusals import CONTEXT_EXCEEDED, Refusal

log = logging.getLogger(__name__)

OWN_FORM = frozenset({"/health"})  # what is wrong there is the answer
_MOST_BYTES = 64 * 1024
# How vLLM says it (vllm/renderers/params.py, and its request protocols).
_TOO_LONG = re.compile(
    r"maximum (?:context|model) length|max_model_len|cannot be greater than max_"
)
_CODES = {400: "invalid_value", 404: "not_found", 405: "method_not_allowed", 422: "invalid_value"}
_BROKEN = Refusal(500, "internal_error", "This request failed in the app; its log has the cause.")


class Faults:
    """Around everything: an exception becomes a sentence, vLLM's errors become the API's."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        shaped = _Shaped(scope, send)
        try:
            await self._app(scope, receive, shaped)
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if shaped.started:
                raise  # the connection is cut: a client must not take half an answer for a whole
            await _BROKEN.send(scope, send)


class _Shaped:
    """Passes successes on as they come; keeps an error until it is whole, to say it anew."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = False
        self._scope = scope
        self._send = send
        self._error: Message | None = None
        self._body = b""

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._error = message
            return
        if self._error is None:
            self.started = True
            await self._send(message)
            return
        if len(self._body) < _MOST_BYTES:
            self._body += message.get("body", b"")
        if not message.get("more_body"):
            self.started = True
            await self._say(self._error)

    async def _say(self, start: Message) -> None:
        if self._scope["path"] in OWN_FORM:
            await self._send(start)
            await self._send({"type": "http.response.body", "body": self._body})
            return
        refusal = shaped(start["status"], self._body)
        body = json.dumps(refusal.content(self._scope["path"])).encode()
        replaced = {b"content-length", b"content-type"}
        kept = [pair for pair in start.get("headers", ()) if pair[0].lower() not in replaced]
        headers = [
            *kept,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]
        await self._send({**start, "status": refusal.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body})


def shaped(status: int, body: bytes) -> Refusal:
    """What an error of ours, of vLLM's or of the framework's comes to."""
    found = _error_of(body)
    message = str(found.get("message") or found.get("detail") or "The request was refused.")
    if status >= 500 and status != 503:
        if status != 501:
            log.error("vLLM answered %s: %s", status, message)
        return _BROKEN if status != 501 else Refusal(400, "unsupported", message)
    code = found.get("code")
    if not isinstance(code, str):  # vLLM's is the status
        code = _code(status, message, found)
    return Refusal(status, code, message, found.get("param"))


def _code(status: int, message: str, error: dict[str, Any]) -> str:
    if status == 400 and _TOO_LONG.search(message):
        return CONTEXT_EXCEEDED
    if status == 404 and error.get("param") == "model":
        return "model_not_found"
    return _CODES.get(status, "refused")


def _error_of(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body)
    except ValueError:
        return {}
    if not isinstance(content, dict):
        return {}
    error = content.get("error", content)
    return error if isinstance(error, dict) else {"message": str(error)}
