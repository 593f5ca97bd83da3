"""The few words of ASGI that the layers of the port share."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

Headers = Iterable[tuple[bytes, bytes]]


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that name (lower case), or None."""
    for found, value in scope["headers"]:
        if found == name:
            return bytes(value)
    return None


async def respond(
    send: Send,
    status: int,
    body: bytes = b"",
    content_type: bytes = b"application/json",
    headers: Headers = (),
) -> None:
    """One whole response."""
    given = [(b"content-length", str(len(body)).encode()), *headers]
    if body:
        given.append((b"content-type", content_type))
    await send({"type": "http.response.start", "status": status, "headers": given})
    await send({"type": "http.response.body", "body": body})


async def respond_json(send: Send, status: int, content: Any, headers: Headers = ()) -> None:
    """One whole response of JSON."""
    await respond(send, status, json.dumps(content).encode(), headers=headers)
