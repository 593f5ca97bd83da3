"""A request's line to its client, which can also be cut from our side."""

from __future__ import annotations

import asyncio
from collections import deque

from desktop_llm.server.asgi import Message, Receive

GONE: Message = {"type": "http.disconnect"}


class Lifeline:
    """What a layer gives to those inside it in the place of its `receive`.

    Once it is cut they hear that the client has gone, whatever that does. To hear it, rather than
    to be cancelled, is what has vLLM's routes abort the request in the engine: their handlers run
    in tasks of their own. Made in a coroutine; `close` it when the request has ended.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: deque[Message] = deque()
        self._next: asyncio.Future[Message] | None = None
        self._cut: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_cut(self) -> bool:
        """Whether `cut` was called."""
        return self._cut.done()

    def cut(self) -> None:
        """Tell those inside that the client has gone."""
        if not self._cut.done():
            self._cut.set_result(None)

    def close(self) -> None:
        """Nobody reads any more."""
        if self._next is not None:
            self._next.cancel()

    async def receive(self) -> Message:
        """The client's next message, or that it has gone."""
        if self._kept and not self._cut.done():
            return self._kept.popleft()
        return await self._take()

    async def gone(self) -> None:
        """Wait until the client has gone. What it sends meanwhile is kept for `receive`."""
        while (message := await self._take())["type"] != GONE["type"]:
            self._kept.append(message)

    async def _take(self) -> Message:
        if self._cut.done():
            return GONE
        if self._next is None:
            self._next = asyncio.ensure_future(self._receive())
        # Whoever is cancelled here leaves the message to whoever comes next.
        await asyncio.wait((self._next, self._cut), return_when=asyncio.FIRST_COMPLETED)
        if self._cut.done():
            return GONE
        found, self._next = self._next, None
        return found.result()
