"""How the port says no: in the form that the client's library reads."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from desktop_llm.core.errors import AppError
from desktop_llm.server.asgi import Scope, Send, respond_json

CONTEXT_EXCEEDED = "context_length_exceeded"

# By status, as the OpenAI and the Anthropic API name them.
_OPENAI_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error"}
_ANTHROPIC_TYPES = {
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    503: "overloaded_error",
}
# What our own engine raises, by the code of its AppError: status, and OpenAI's code.
_ENGINE = {
    "engine.prompt_too_long": (400, CONTEXT_EXCEEDED),
    "engine.bad_request": (400, "invalid_value"),
    "engine.bad_template": (400, "invalid_value"),
    "engine.not_ready": (503, "model_not_ready"),
    "engine.died": (503, "engine_died"),
}


@dataclass(frozen=True)
class Refusal:
    """One answer that is no success. `retry_after` is in seconds, None where it would not help."""

    status: int
    code: str
    message: str
    param: str | None = None
    retry_after: float | None = None

    def content(self, path: str) -> dict[str, Any]:
        """The body, as the API of `path` has it."""
        if path.startswith("/v1/messages"):
            kind = _ANTHROPIC_TYPES.get(self.status) or _general(self.status, "api_error")
            return {"type": "error", "error": {"type": kind, "message": self.message}}
        kind = _OPENAI_TYPES.get(self.status) or _general(self.status, "server_error")
        error = {"message": self.message, "type": kind, "param": self.param, "code": self.code}
        return {"error": error}

    def headers(self) -> list[tuple[bytes, bytes]]:
        """What goes with it beside the body."""
        if self.status == 401:
            return [(b"www-authenticate", b"Bearer")]
        if self.retry_after is None:
            return []
        return [(b"retry-after", str(math.ceil(self.retry_after)).encode())]

    async def send(self, scope: Scope, send: Send) -> None:
        """Answer with it."""
        await respond_json(send, self.status, self.content(scope["path"]), self.headers())


def refusal_of(error: AppError) -> Refusal:
    """What the client is told of a failure of the engine's."""
    status, code = _ENGINE.get(error.code, (500, "generation_failed"))
    return Refusal(status, code, str(error), retry_after=2.0 if status == 503 else None)


def _general(status: int, fault_of_ours: str) -> str:
    return "invalid_request_error" if status < 500 else fault_of_ours
