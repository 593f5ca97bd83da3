"""What the port has answered: requests by route and status, and how long they took."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from desktop_llm.server.asgi import App, Message, Receive, Scope, Send

# Upper bounds in seconds: from a refusal, in under a millisecond, to a long answer.
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
OTHER = "other"  # every path that is no route of ours: they must not fill the memory
UNANSWERED = "none"  # the client left, or the server was stopped, before there was a status


@dataclass
class Durations:
    """Seconds, counted in `BOUNDS` and above them."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    total: float = 0.0

    def add(self, seconds: float) -> None:
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.total += seconds

    def copy(self) -> Durations:
        return Durations(list(self.counts), self.total)


@dataclass(frozen=True)
class TrafficFigures:
    """Since the port's first start: by route and status, and by route.

    `to_start` is from a request's arrival to the status line, `to_end` to the last byte: of a
    stream, that is the whole answer.
    """

    answered: Mapping[tuple[str, str], int]
    to_start: Mapping[str, Durations]
    to_end: Mapping[str, Durations]


class Traffic:
    """Counts what goes through `measured`. The engine loop only."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._answered: Counter[tuple[str, str]] = Counter()
        self._to_start: dict[str, Durations] = {}
        self._to_end: dict[str, Durations] = {}

    def measured(self, app: App, routes: Iterable[str]) -> App:
        """`app` with its requests counted under `routes`, or under the template it matched.

        It belongs outermost, so that refusals are counted with the rest.
        """
        known = frozenset(routes)

        async def counted(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            began = self._clock()
            status, started = UNANSWERED, 0.0

            async def watched(message: Message) -> None:
                nonlocal status, started
                if message["type"] == "http.response.start":
                    status, started = str(message["status"]), self._clock()
                await send(message)

            try:
                await app(scope, receive, watched)
            finally:
                route = _route(scope, known)
                self._answered[route, status] += 1
                if status != UNANSWERED:
                    self._to_start.setdefault(route, Durations()).add(started - began)
                    self._to_end.setdefault(route, Durations()).add(self._clock() - began)

        return counted

    def figures(self) -> TrafficFigures:
        """As it is now; later requests do not change it."""
        return TrafficFigures(
            dict(self._answered),
            {route: found.copy() for route, found in self._to_start.items()},
            {route: found.copy() for route, found in self._to_end.items()},
        )


def _route(scope: Scope, known: frozenset[str]) -> str:
    template = getattr(scope.get("route"), "path", None)
    for name in (template, scope.get("path")):
        if name in known:
            return str(name)
    return OTHER
