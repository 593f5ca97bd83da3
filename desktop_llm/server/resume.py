"""A stream that outlives its connection, for a client that asked for it and comes back in time.

`X-Stream-Resume: N` on a request has its events carry ``id:`` lines; `X-Stream-Resume-URL` on the
response names the path where a GET with `Last-Event-ID` goes on behind that event. The path cannot
be guessed, and needs the key as every other does. A stream whose client is away for N seconds is
aborted, and one that has ended is kept for as long. While too many are kept, a new one is answered
without that header: it ends with its connection, as all others do.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from desktop_llm.core.units import format_count
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send, header
from desktop_llm.server.kept_stream import KeptStream, LostError
from desktop_llm.server.lifeline import GONE
from desktop_llm.server.limits import is_event_stream
from desktop_llm.server.refusals import Refusal

PREFIX = "/v1/streams/"
_ASKED = b"x-stream-resume"
_URL = b"x-stream-resume-url"
_SECRET_BYTES = 24
_GRACE_SECONDS = 5.0


@dataclass(frozen=True)
class ResumeLimits:
    """How long, how many and how much. All of them together bound the memory that this takes.

    `bytes` of one stream are kept; of a longer one the oldest events are let go once they were
    sent, and its engine's deltas wait where nobody reads. `seconds` is the most a client may ask.
    """

    seconds: int = 300
    streams: int = 64
    bytes: int = 2 * 1024 * 1024


@dataclass(frozen=True)
class ResumeFigures:
    """`kept` streams now; the others are totals.

    `resumed` were come back to, `expired` aborted as nobody came, `declined` not kept for lack of
    room.
    """

    kept: int = 0
    resumed: int = 0
    expired: int = 0
    declined: int = 0


class _Stream:
    """One request whose answer runs in a task of its own."""

    def __init__(self, seconds: int, most_bytes: int) -> None:
        self.seconds = seconds
        self.path = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        self.kept = KeptStream(most_bytes)
        self.known = False  # whether a client can find it again
        self.body_read = asyncio.get_running_loop().create_future()
        self.ended = asyncio.get_running_loop().create_future()
        self.task: asyncio.Task[None] | None = None
        self.timer: asyncio.TimerHandle | None = None

    async def run(
        self, app: App, scope: Scope, receive: Receive, begin: Callable[[], bool]
    ) -> None:
        """The request, until its answer is kept whole."""

        async def inner_receive() -> Message:
            if not self.body_read.done():
                message = await receive()
                if not message.get("more_body"):
                    self.body_read.set_result(message["type"] == GONE["type"])
                return message
            await asyncio.shield(self.ended)
            return GONE

        async def inner_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                if is_event_stream(message) and begin():
                    self.known = True
                    message["headers"] = [*message["headers"], (_URL, self.path.encode())]
                self.kept.begin(message)
                return
            body = message.get("body", b"")
            if body:
                await self.kept.write(body, numbered=self.known)
            if not message.get("more_body"):
                self.kept.complete()

        failure: Exception | None = None
        try:
            await app(scope, inner_receive, inner_send)
        except Exception as error:  # noqa: BLE001 - raised again where the response is sent
            failure = error
        finally:
            self.kept.end(failure)

    async def abort(self) -> None:
        """Tell the app that the client has gone; cancel it where it does not listen."""
        if not self.ended.done():
            self.ended.set_result(None)
        if self.timer is not None:
            self.timer.cancel()
        if self.task is not None and not self.task.done():
            await asyncio.wait({self.task}, timeout=_GRACE_SECONDS)
            self.task.cancel()


class Resume:
    """The layer that keeps streams, and answers who comes back to one. Engine loop only.

    It must be inside of what checks the key, and outside of all that belongs to a request's life:
    that goes on here, whether there is a connection or not.
    """

    def __init__(self, app: App, limits: ResumeLimits | None = None) -> None:
        self._app = app
        self._limits = limits or ResumeLimits()
        self._streams: dict[str, _Stream] = {}
        self._aborting: set[asyncio.Task[None]] = set()
        self._resumed = self._expired = self._declined = 0

    def figures(self) -> ResumeFigures:
        """As it is now."""
        return ResumeFigures(len(self._streams), self._resumed, self._expired, self._declined)

    async def close(self) -> None:
        """Abort all that runs; forget everything."""
        streams, self._streams = list(self._streams.values()), {}
        for stream in streams:
            self._abort(stream)
        if self._aborting:
            await asyncio.wait(self._aborting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"].startswith(PREFIX):
            await self._again(scope, receive, send)
            return
        asked = header(scope, _ASKED)
        if asked is None or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        if not asked.isdigit() or not 0 < int(asked) <= self._limits.seconds:
            most = format_count(self._limits.seconds)
            message = f"X-Stream-Resume takes whole seconds, from 1 to {most}."
            await Refusal(400, "invalid_value", message, "X-Stream-Resume").send(scope, send)
            return
        await self._new(int(asked), scope, receive, send)

    async def _new(self, seconds: int, scope: Scope, receive: Receive, send: Send) -> None:
        stream = _Stream(seconds, self._limits.bytes)
        stream.task = asyncio.ensure_future(
            stream.run(self._app, scope, receive, lambda: self._keep(stream))
        )
        reader = object()
        place = stream.kept.attach(reader)
        try:
            gone = asyncio.ensure_future(_gone(stream, receive))
            await self._relay(stream, reader, place, gone, send)
        finally:
            self._detached(stream, reader)

    async def _again(self, scope: Scope, receive: Receive, send: Send) -> None:
        stream = self._streams.get(scope["path"])
        if stream is None or scope["method"] != "GET":
            await _UNKNOWN.send(scope, send)
            return
        last = header(scope, b"last-event-id") or b"0"
        reader = object()
        try:
            place = stream.kept.attach(reader, int(last) if last.isdigit() else -1)
        except LostError:
            await _LOST.send(scope, send)
            return
        self._resumed += 1
        if stream.timer is not None:
            stream.timer.cancel()
        try:
            gone = asyncio.ensure_future(_disconnected(receive))
            await self._relay(stream, reader, place, gone, send)
        finally:
            self._detached(stream, reader)

    async def _relay(
        self,
        stream: _Stream,
        reader: object,
        place: int,
        gone: asyncio.Future[None],
        send: Send,
    ) -> None:
        """Give `reader` what there is and what comes, until the end, or until it has gone."""
        kept = stream.kept
        gone.add_done_callback(lambda _: kept.tell())
        started = False
        try:
            while not gone.done() and kept.is_reader(reader):
                if kept.start is not None and not started:
                    started = True
                    await send(dict(kept.start))
                    continue
                body, next_place = kept.read(place)
                if body:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                    place = next_place
                elif not kept.finished:
                    await kept.news()
                elif kept.failure is not None:
                    raise kept.failure
                else:
                    if kept.whole:
                        await send({"type": "http.response.body", "body": b""})
                    return
        finally:
            gone.cancel()

    def _keep(self, stream: _Stream) -> bool:
        """Whether there is room for one more. One that has ended makes it, the oldest first."""
        if len(self._streams) >= self._limits.streams:
            ended = [s for s in self._streams.values() if s.kept.finished and not s.kept.has_reader]
            if not ended:
                self._declined += 1
                return False
            self._forget(ended[0])
        self._streams[stream.path] = stream
        return True

    def _detached(self, stream: _Stream, reader: object) -> None:
        if not stream.kept.is_reader(reader):
            return
        stream.kept.detach(reader)
        if stream.path not in self._streams:
            self._abort(stream)
            return
        loop = asyncio.get_running_loop()
        stream.timer = loop.call_later(stream.seconds, self._expire, stream)

    def _expire(self, stream: _Stream) -> None:
        self._expired += not stream.kept.finished
        self._forget(stream)

    def _forget(self, stream: _Stream) -> None:
        self._streams.pop(stream.path, None)
        self._abort(stream)

    def _abort(self, stream: _Stream) -> None:
        task = asyncio.ensure_future(stream.abort())
        self._aborting.add(task)
        task.add_done_callback(self._aborting.discard)


async def _gone(stream: _Stream, receive: Receive) -> None:
    """Until the client that asked has gone. Its body is the app's to read."""
    if not await asyncio.shield(stream.body_read):
        await _disconnected(receive)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != GONE["type"]:
        pass


_UNKNOWN = Refusal(404, "stream_not_found", "There is no such stream, or no longer.")
_LOST = Refusal(
    410,
    "events_lost",
    "Events after that one are no longer kept, or it was never sent: send the request again.",
)
