"""What a slow reader may hold: a bounded buffer, and nothing at all once it takes nothing more.

uvicorn's `send` waits while a connection has more than `BUFFER_BYTES` to write, and with it the
stream; vLLM merges the deltas of that time into one. So a slow reader costs that buffer, the
kernel's of `KERNEL_BYTES`, and an answer not longer than the request allows.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from dataclasses import dataclass
from typing import Protocol

from desktop_llm.server.asgi import App, Message, Receive, Scope, Send
from desktop_llm.server.lifeline import Lifeline

log = logging.getLogger(__name__)

CONNECTION = "desktop_llm.connection"
BUFFER_BYTES = 64 * 1024
KERNEL_BYTES = 128 * 1024


class Connection(Protocol):
    """What an asyncio transport knows of its client; under `CONNECTION` in scope's extensions."""

    def get_write_buffer_size(self) -> int:
        """The bytes that the kernel has not taken yet."""

    def abort(self) -> None:
        """Close at once. To close decently would wait for the client to read the rest."""


def bound(transport: asyncio.Transport) -> None:
    """Bound what is buffered for a client; the kernel alone would take megabytes."""
    transport.set_write_buffer_limits(high=BUFFER_BYTES)
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BYTES)


@dataclass(frozen=True)
class Patience:
    """A reader that takes nothing for `seconds` while there is something is stalled.

    Kernels pass on what they hold in lumps of some tens of KiB, so that is the least to be taken.
    It is looked at each `look_seconds`.
    """

    seconds: float = 60.0
    look_seconds: float = 5.0


class _Reader:
    """One request's client, as its writes tell."""

    def __init__(self, lifeline: Lifeline, send: Send, connection: Connection | None) -> None:
        self._lifeline = lifeline
        self._send = send
        self._connection = connection
        self._waiting = False
        self._writes = 0
        self._seen: tuple[int, int | None] | None = None
        self._idle_looks = 0

    async def send(self, message: Message) -> None:
        self._waiting = True
        try:
            await self._send(message)
        finally:
            self._waiting = False
            self._writes += 1

    def look(self) -> int:
        """At how many looks on end, this one included, it had taken nothing of what waits."""
        left = self._connection.get_write_buffer_size() if self._connection else None
        seen = (self._writes, left)
        self._idle_looks = self._idle_looks + 1 if self._waiting and seen == self._seen else 0
        self._seen = seen
        return self._idle_looks

    def give_up(self) -> None:
        self._lifeline.cut()
        if self._connection is not None:
            self._connection.abort()


class Stalling:
    """The outermost layer: a stalled reader's request hears that its client has gone.

    Engine loop only; `stalled` counts them.
    """

    def __init__(self, app: App, patience: Patience | None = None) -> None:
        self.stalled = 0
        self._app = app
        self._patience = patience or Patience()
        self._readers: set[_Reader] = set()
        self._looking: asyncio.TimerHandle | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        lifeline = Lifeline(receive)
        connection = scope.get("extensions", {}).get(CONNECTION)
        reader = _Reader(lifeline, send, connection)
        self._readers.add(reader)
        if self._looking is None:
            self._look_later()
        try:
            await self._app(scope, lifeline.receive, reader.send)
        finally:
            self._readers.discard(reader)
            lifeline.close()

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._looking = loop.call_later(self._patience.look_seconds, self._look)

    def _look(self) -> None:
        self._looking = None
        # Looks are counted rather than seconds: while this loop stood still, no client could read.
        looks = self._patience.seconds / self._patience.look_seconds
        for reader in [r for r in self._readers if r.look() >= looks]:
            self._readers.discard(reader)
            self.stalled += 1
            seconds = self._patience.seconds
            log.warning("A client has read nothing for %.0f s; it is cut off", seconds)
            reader.give_up()
        if self._readers:
            self._look_later()
