"""A stream of events as it is kept for a client that may come back."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple

from desktop_llm.server.asgi import Message

_MOST_A_WRITE = 64 * 1024


class _Event(NamedTuple):
    number: int  # of the last event with an id; a comment has that of the event before it
    content: bytes


class LostError(Exception):
    """What was asked for is no longer kept."""


class KeptStream:
    """Numbered events from one writer to one reader at a time, of at most `most_bytes`.

    At the bound the oldest ones that the reader has been given are let go; where there are none,
    the writer waits. Nothing that no reader was given is ever dropped. One loop only.
    """

    def __init__(self, most_bytes: int) -> None:
        self.start: Message | None = None
        self.finished = False
        self.whole = False
        self.failure: Exception | None = None
        self._most_bytes = most_bytes
        self._events: deque[_Event] = deque()
        self._first = 0  # the place of the oldest kept event among all there were
        self._dropped = 0  # the number of the last event let go
        self._number = 0
        self._bytes = 0
        self._rest = b""
        self._reader: object | None = None
        self._given = 0  # how many events were sent to the reader
        self._news: asyncio.Future[None] | None = None
        self._room: asyncio.Future[None] | None = None

    @property
    def has_reader(self) -> bool:
        """Whether somebody is being given what comes."""
        return self._reader is not None

    @property
    def size(self) -> int:
        """The bytes that are kept now."""
        return self._bytes

    # What the writer does.

    def begin(self, start: Message) -> None:
        """The status line and headers."""
        self.start = start
        self.tell()

    async def write(self, body: bytes, *, numbered: bool = True) -> None:
        """Some more of it, cut anywhere. Waits while there is no room.

        Without `numbered` it is passed on as it is, events or not.
        """
        if numbered:
            *events, self._rest = (self._rest + body).split(b"\n\n")
            for event in events:
                self._append(self._with_id(event + b"\n\n"))
        else:
            self._append(body)
        self.tell()
        while self._bytes > self._most_bytes and not self._dropped_some():
            self._room = asyncio.get_running_loop().create_future()
            await self._room

    def complete(self) -> None:
        """It came to its end."""
        if self._rest:
            self._append(self._with_id(self._rest))
            self._rest = b""
        self.whole = True
        self.end(None)

    def end(self, failure: Exception | None) -> None:
        """Nothing more comes, of `failure` or not."""
        if not self.finished:
            self.finished, self.failure = True, failure
            self.tell()

    # What a reader does.

    def attach(self, reader: object, after: int | None = None) -> int:
        """`reader` takes over from whoever was there; the place to read on from.

        With `after`, behind the event of that number. Raises LostError where some of what follows
        it is no longer kept, or where there was no such event yet.
        """
        if after is not None and not self._dropped <= after <= self._number:
            raise LostError
        place = self._first
        if after is not None:
            place += sum(event.number <= after for event in self._events)
        self._reader, self._given = reader, place
        self.tell()
        return place

    def detach(self, reader: object) -> None:
        """`reader` has gone. What it was given is kept from now on: it may not have arrived."""
        if self._reader is reader:
            self._reader = None

    def is_reader(self, reader: object) -> bool:
        """Whether nobody has taken over from `reader`."""
        return self._reader is reader

    def read(self, place: int) -> tuple[bytes, int]:
        """All there is from `place` on, up to some 64 KiB, and the next place.

        What is before `place` has been sent.
        """
        self._given = place
        if self._room is not None and self._dropped_some() and not self._room.done():
            self._room.set_result(None)
        parts: list[bytes] = []
        size = 0
        for index in range(place - self._first, len(self._events)):
            parts.append(self._events[index].content)
            size += len(parts[-1])
            if size >= _MOST_A_WRITE:
                break
        return b"".join(parts), place + len(parts)

    async def news(self) -> None:
        """Wait until there may be something new."""
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def tell(self) -> None:
        """Wake the reader to look again."""
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _with_id(self, event: bytes) -> bytes:
        if _is_comment(event):
            return event
        self._number += 1
        return b"id: %d\n%b" % (self._number, event)

    def _append(self, event: bytes) -> None:
        self._events.append(_Event(self._number, event))
        self._bytes += len(event)

    def _dropped_some(self) -> bool:
        """Let go of what was given, down to the bound; whether that was enough."""
        while self._bytes > self._most_bytes and self._reader and self._first < self._given:
            event = self._events.popleft()
            self._first += 1
            self._dropped = event.number
            self._bytes -= len(event.content)
        return self._bytes <= self._most_bytes


def _is_comment(event: bytes) -> bool:
    return event.startswith(b":") and all(
        line.startswith(b":") for line in event.split(b"\n") if line
    )
