"""A request waits for its turn, is refused where too many do, and does not take for ever."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable

from desktop_llm.core.units import format_count
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send
from desktop_llm.server.lifeline import Lifeline
from desktop_llm.server.places import FullError, Places, Refused, Turn
from desktop_llm.server.refusals import Refusal

log = logging.getLogger(__name__)

GENERATING = frozenset(
    {"/v1/chat/completions", "/v1/completions", "/v1/responses", "/v1/messages", "/v1/chat"}
)
_NAMED_EVENTS = ("/v1/messages", "/v1/responses")
_GRACE_SECONDS = 5.0


def generates(scope: Scope) -> bool:
    """Whether the request is one for an answer of the model."""
    return scope["method"] == "POST" and scope["path"] in GENERATING


class Limiting:
    """Requests for an answer take a place first; all others pass by. `client_of` names a client."""

    def __init__(self, app: App, places: Places, client_of: Callable[[Scope], str]) -> None:
        self._app = app
        self._places = places
        self._client_of = client_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not generates(scope):
            await self._app(scope, receive, send)
            return
        try:
            turn = self._places.enter(self._client_of(scope))
        except FullError as full:
            await self._refusal(full.reason).send(scope, send)
            return
        lifeline = Lifeline(receive)
        try:
            if turn.started.done() or await self._waited(turn, lifeline):
                await self._answer(scope, lifeline, send)
            elif not lifeline.is_cut:
                reason = self._places.count(Refused.WAITED_TOO_LONG)
                await self._refusal(reason).send(scope, send)
        finally:
            self._places.leave(turn)
            lifeline.close()

    async def _waited(self, turn: Turn, lifeline: Lifeline) -> bool:
        """Whether its turn has come. It has not where the client left, or has waited too long."""
        gone = asyncio.ensure_future(lifeline.gone())
        try:
            await asyncio.wait(
                (turn.started, gone),
                timeout=self._places.limits.wait_seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            gone.cancel()
        if gone.done() and not gone.cancelled():
            lifeline.cut()
            return False
        return turn.started.done()

    async def _answer(self, scope: Scope, lifeline: Lifeline, send: Send) -> None:
        seconds = self._places.limits.request_seconds
        outlet = _Outlet(send)
        late = False

        def end() -> None:
            nonlocal late
            late = outlet.closed = True
            lifeline.cut()

        timer = asyncio.get_running_loop().call_later(seconds, end)
        try:
            async with asyncio.timeout(seconds + _GRACE_SECONDS):
                await self._app(scope, lifeline.receive, outlet)
        except Exception:
            if not late:
                raise
            log.debug("A request that took too long ended", exc_info=True)
        finally:
            timer.cancel()
        if late and not outlet.complete:
            reason = self._places.count(Refused.TOOK_TOO_LONG)
            await outlet.end(scope, self._refusal(reason))

    def _refusal(self, reason: Refused) -> Refusal:
        status, message = _SAYING[reason]
        limits = self._places.limits
        said = message.format(
            running=format_count(limits.running), seconds=format_count(round(limits.wait_seconds))
        )
        return Refusal(status, reason.value, said, retry_after=self._places.retry_after())


_SAYING = {
    Refused.QUEUE_FULL: (
        503,
        "All {running} places are taken and the queue is full. Try again a little later.",
    ),
    Refused.CLIENT_LIMIT: (429, "This client has as many requests waiting as it may."),
    Refused.WAITED_TOO_LONG: (503, "No place became free within {seconds} s."),
    Refused.TOOK_TOO_LONG: (503, "The answer took longer than this port allows; it was ended."),
}


class _Outlet:
    """`send` until it is `closed`; knows how far the response has come."""

    def __init__(self, send: Send) -> None:
        self.closed = False
        self.complete = False
        self._send = send
        self._started = False
        self._events = False

    async def __call__(self, message: Message) -> None:
        if self.closed:
            return
        if message["type"] == "http.response.start":
            self._started = True
            self._events = is_event_stream(message)
        elif not message.get("more_body"):
            self.complete = True
        await self._send(message)

    async def end(self, scope: Scope, refusal: Refusal) -> None:
        """Say why it ends here: as a response, or as the last event of one that has begun."""
        if not self._started:
            await refusal.send(scope, self._send)
        elif self._events:
            content = json.dumps(refusal.content(scope["path"]))
            named = scope["path"].startswith(_NAMED_EVENTS)
            event = f"event: error\ndata: {content}\n\n" if named else f"data: {content}\n\n"
            await self._send({"type": "http.response.body", "body": event.encode()})


def is_event_stream(start: Message) -> bool:
    """Whether the response that begins with `start` is a stream of events."""
    return start["status"] == 200 and any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream")
        for name, value in start.get("headers", ())
    )
