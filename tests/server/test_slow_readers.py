"""What a slow reader costs, and when it is given up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from desktop_llm.server.asgi import Scope, Send
from desktop_llm.server.stalling import BUFFER_BYTES, KERNEL_BYTES, Patience, Stalling
from tests.helpers.toy_port import Client, eventually, listening, serving, streamed

EVENT = b"data: " + b"x" * 1000 + b"\n\n"


class Flood:
    """An app that has as many events as anybody takes."""

    def __init__(self) -> None:
        self.sent = 0
        self.ended = False
        self.app = listening(self._work)

    async def _work(self, scope: Scope, send: Send) -> None:
        try:
            await streamed(send, self._events())
        finally:
            self.ended = True

    async def _events(self) -> AsyncIterator[bytes]:
        while True:
            self.sent += len(EVENT)
            yield EVENT
            await asyncio.sleep(0)


async def test_a_reader_that_takes_nothing_holds_little_and_is_cut_off() -> None:
    flood = Flood()
    stalling = Stalling(flood.app, Patience(seconds=1.0, look_seconds=0.1))
    async with serving(stalling) as port, await Client.ask(port) as client:
        await client.start()
        await eventually(lambda: flood.ended)
        assert stalling.stalled == 1
        # Beside what we buffer, the client's own kernel has taken some megabytes at most.
        assert flood.sent < BUFFER_BYTES + 4 * KERNEL_BYTES + 8 * 1024 * 1024
        heard = await client.rest()
        assert not heard.whole


async def test_a_reader_that_is_slow_but_reads_is_not() -> None:
    flood = Flood()
    stalling = Stalling(flood.app, Patience(seconds=2.0, look_seconds=0.1))
    async with serving(stalling) as port, await Client.ask(port) as client:
        await client.start()
        until = time.monotonic() + 4
        while time.monotonic() < until:
            for _ in range(1500):
                await client.chunk()
            await asyncio.sleep(0.05)
        assert stalling.stalled == 0
        assert not flood.ended
