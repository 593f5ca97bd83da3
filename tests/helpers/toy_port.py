"""Toy apps on a real uvicorn and a real socket, and a client that can be as slow as it likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field

import uvicorn

from desktop_llm.server.asgi import App, Receive, Scope, Send
from desktop_llm.server.listening import Listener

CHAT = "/v1/chat/completions"


@contextlib.asynccontextmanager
async def serving(app: App) -> AsyncIterator[int]:
    """`app` on a port of its own, which is given."""
    config = uvicorn.Config(
        app, http=Listener, ws="none", lifespan="off", interface="asgi3", log_config=None, port=0,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    ticking = asyncio.ensure_future(server.main_loop())
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await ticking
        await server.shutdown()


async def streamed(send: Send, events: AsyncIterator[bytes]) -> None:
    """A response of `events`."""
    headers = [(b"content-type", b"text/event-stream; charset=utf-8")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    async for event in events:
        await send({"type": "http.response.body", "body": event, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def until_gone(receive: Receive) -> None:
    """Wait until the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def body_of(receive: Receive) -> bytes:
    """The request's body; empty where the client has gone."""
    body = b""
    while True:
        message = await receive()
        part: bytes = message.get("body", b"")
        body += part
        if not message.get("more_body"):
            return body


def listening(work: Callable[[Scope, Send], Awaitable[None]]) -> App:
    """An app as Starlette's streams are: `work`, cancelled as soon as the client has gone."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        working = asyncio.ensure_future(work(scope, send))
        gone = asyncio.ensure_future(until_gone(receive))
        try:
            await asyncio.wait((working, gone), return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                working.result()
        finally:
            for task in (working, gone):
                task.cancel()
            await asyncio.gather(working, gone, return_exceptions=True)

    return app


@dataclass
class Heard:
    """A response so far."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    chunks: int = 0
    whole: bool = False


class Client:
    """One connection, one request, read by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.heard = Heard()
        self.reader = reader
        self._writer = writer

    @classmethod
    async def ask(
        cls, port: int, method: str = "POST", path: str = CHAT, body: bytes = b"{}", **headers: str
    ) -> Client:
        """Connect and send; underscores in names of headers are dashes."""
        # A small buffer here, so that a slow reader is noticed there.
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=16 * 1024)
        given = {"Host": "127.0.0.1", "Content-Length": str(len(body))}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        return cls(reader, writer)

    async def start(self) -> Heard:
        """Read status and headers."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        self.heard.status = int(head[0].split()[1])
        self.heard.headers = {
            name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:-2])
        }
        return self.heard

    async def chunk(self) -> bytes:
        """Read one chunk of the body; empty at the end."""
        size = int(await self.reader.readline(), 16)
        body = (await self.reader.readexactly(size + 2))[:-2]
        self.heard.chunks += bool(body)
        self.heard.body += body
        self.heard.whole = not body
        return body

    async def rest(self) -> Heard:
        """Read to the end, of the response or of the connection."""
        if not self.heard.status:
            await self.start()
        if "content-length" in self.heard.headers:
            size = int(self.heard.headers["content-length"])
            self.heard.body = await self.reader.readexactly(size)
            self.heard.whole = True
            return self.heard
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError, ValueError):
            while await self.chunk():
                pass
        return self.heard

    def cut(self) -> None:
        """Drop the connection without a word."""
        self._writer.transport.abort()

    async def __aenter__(self) -> Client:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.cut()


async def asked(port: int, method: str = "POST", path: str = CHAT, **headers: str) -> Heard:
    """One whole response."""
    async with await Client.ask(port, method, path, b"{}", **headers) as client:
        return await client.rest()


async def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until `condition` holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - of what emits nothing
            await asyncio.sleep(0.005)
