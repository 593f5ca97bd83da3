"""What a client may send: JSON of a bounded size, that names nothing to be fetched."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send, header
from desktop_llm.server.refusals import Refusal

log = logging.getLogger(__name__)

_STALLED_SECONDS = 30.0
_MOST_DEPTH = 64
# What is not said to the model, so that a schema may describe a field of such a name.
_NOT_SPOKEN = frozenset(
    {
        "functions",
        "metadata",
        "output_config",
        "output_format",
        "response_format",
        "structured_outputs",
        "text",
        "tools",
    }
)
# How messages name media, in the OpenAI and the Anthropic API.
_MEDIA = frozenset({"image_url", "audio_url", "video_url", "file_url"})


class Bodies:
    """Reads a request's body whole and looks at it, before it takes anybody's turn."""

    def __init__(self, app: App, settings: ServerSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            _require_json(scope)
            body = await _read(scope, receive, self._settings.max_body_bytes)
            if body is None:
                return  # nobody is there any more
            content = _parsed(body) if body else {}
            _require_decent(content, self._settings.max_n)
        except _RefusedError as refused:
            await refused.refusal.send(scope, send)
            return
        if self._settings.log_prompts:
            log.info("%s %s", scope["path"], body.decode("utf-8", "replace"))
        await self._app(scope, _again(body, receive), send)


class _RefusedError(Exception):
    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.refusal = Refusal(status, code, message, param)


def _require_json(scope: Scope) -> None:
    """A page's form can send anything but JSON to another origin without asking first."""
    kind = (header(scope, b"content-type") or b"").split(b";")[0].strip().lower()
    if kind != b"application/json":
        raise _RefusedError(
            415, "unsupported_media_type", "Send JSON, with 'Content-Type: application/json'."
        )
    if header(scope, b"content-encoding") not in (None, b"identity"):
        raise _RefusedError(415, "unsupported_encoding", "Send the body as it is, not compressed.")


async def _read(scope: Scope, receive: Receive, limit: int) -> bytes | None:
    """The body; None where the client has gone."""
    told = header(scope, b"content-length") or b"0"
    if not told.isdigit() or int(told) > limit:
        raise _too_large(limit)
    parts: list[bytes] = []
    size = 0
    while True:
        try:
            message = await asyncio.wait_for(receive(), _STALLED_SECONDS)
        except TimeoutError:
            raise _RefusedError(
                408, "request_timeout", "The body of the request stopped coming."
            ) from None
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > limit:
            raise _too_large(limit)
        if not message.get("more_body"):
            return b"".join(parts)


def _too_large(limit: int) -> _RefusedError:
    return _RefusedError(
        413, "request_too_large", f"The body is larger than this port takes: {format_bytes(limit)}."
    )


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        content = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
        raise _RefusedError(400, "invalid_json", f"The body is no valid JSON: {reason}.") from error
    if not isinstance(content, dict):
        raise _RefusedError(400, "invalid_json", "The body must be a JSON object.")
    return content


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _require_decent(content: dict[str, Any], max_n: int) -> None:
    for name in ("n", "best_of"):
        given = content.get(name)
        if isinstance(given, int) and given > max_n:
            raise _RefusedError(
                400,
                "invalid_value",
                f"{name} is {format_count(given)}; this port answers at most {max_n} at once.",
                name,
            )
    prompts = content.get("prompt")
    if isinstance(prompts, list) and prompts and isinstance(prompts[0], (str, list)):
        answers = len(prompts) * _whole(content.get("n"))
        if answers > max_n:
            raise _RefusedError(
                400,
                "invalid_value",
                f"{format_count(answers)} answers are asked for in one request; this port gives "
                f"at most {max_n} at once.",
                "prompt",
            )
    for spoken, found in _walk(content):
        if isinstance(found, str):
            _require_text(found)
        elif spoken:
            _require_own_media(found)


def _whole(number: object) -> int:
    return number if isinstance(number, int) and number > 0 else 1


def _walk(content: dict[str, Any]) -> Iterator[tuple[bool, Any]]:
    """Every string and object, each with whether it is part of what is said to the model."""
    waiting: list[tuple[bool, int, Any]] = [(True, 0, content)]
    while waiting:
        spoken, depth, found = waiting.pop()
        if depth > _MOST_DEPTH:
            raise _RefusedError(400, "invalid_json", "The body is nested too deeply.")
        if isinstance(found, dict):
            yield spoken, found
            for name, value in found.items():
                yield False, name
                waiting.append(
                    (spoken and (depth > 0 or name not in _NOT_SPOKEN), depth + 1, value)
                )
        elif isinstance(found, list):
            waiting.extend((spoken, depth + 1, value) for value in found)
        elif isinstance(found, str):
            yield spoken, found


def _require_text(text: str) -> None:
    """Half a character, which JSON can write and nothing else can."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise _RefusedError(
            400, "invalid_json", "The body has a lone surrogate, which is no character."
        )


def _require_own_media(part: dict[str, Any]) -> None:
    for name in _MEDIA & part.keys():
        value = part[name]
        url = value.get("url") if isinstance(value, dict) else value
        if isinstance(url, str) and not url[:5].lower() == "data:":
            raise _remote(name)
    source = part.get("source")
    if isinstance(source, dict) and source.get("type") == "url":
        raise _remote("source")


def _remote(name: str) -> _RefusedError:
    return _RefusedError(
        400,
        "remote_media_refused",
        "Images and other media are taken as data URLs alone: this port fetches nothing.",
        name,
    )


def _again(body: bytes, receive: Receive) -> Receive:
    """The body once more for the routes, then what else the client does."""
    given = False

    async def next_message() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message
