"""One request to an ASGI app, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from desktop_llm.server.asgi import App, Message, Receive, Scope, Send

ADDRESS = ("127.0.0.1", 8000)


@dataclass
class Answer:
    """What the app sent; status 0 where it sent nothing."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        return str(self.json["error"]["code"])


async def call(
    app: App,
    path: str = "/v1/models",
    *,
    method: str = "GET",
    headers: Sequence[tuple[str, str]] | Mapping[str, str] = (),
    body: Sequence[bytes] = (b"",),
    query: bytes = b"",
    server: tuple[str, int] = ADDRESS,
    client: tuple[str, int] = ("127.0.0.1", 50_000),
    leave: asyncio.Event | None = None,
) -> Answer:
    """Ask `app`, its body in these pieces. A Host header is added where there is none.

    The client stays for its answer, unless `leave` is set.
    """
    pairs = list(headers.items() if isinstance(headers, Mapping) else headers)
    if all(name.lower() != "host" for name, _ in pairs):
        pairs.append(("host", f"{server[0]}:{server[1]}"))
    scope: Scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": query,
        "scheme": "http",
        "headers": [(n.lower().encode("latin-1"), v.encode("latin-1")) for n, v in pairs],
        "server": server,
        "client": client,
    }
    pieces = [
        {"type": "http.request", "body": piece, "more_body": number < len(body) - 1}
        for number, piece in enumerate(body)
    ]
    answer = Answer()

    async def receive() -> Message:
        if pieces:
            return pieces.pop(0)
        await (leave or asyncio.Event()).wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer.status = message["status"]
            answer.headers = {n.decode(): v.decode() for n, v in message["headers"]}
        else:
            answer.body += message.get("body", b"")

    await app(scope, receive, send)
    return answer


async def passed(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that answers 200 with the body it got."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})
