"""Requests are counted by route and status, with the time they took, whatever becomes of them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.server.traffic import BOUNDS, Traffic

ROUTES = ("/v1/models", "/v1/responses/{response_id}")


class Clock:
    """Seconds, set by hand."""

    now = 50.0

    def __call__(self) -> float:
        return self.now


class Served:
    """An app that answers as told, and the traffic that it was."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.traffic = Traffic(self.clock)
        self.sent: list[Any] = []

    async def request(
        self,
        path: str,
        status: int | None = 200,
        *,
        template: str | None = None,
        waits: tuple[float, float] = (0.0, 0.0),
        fails: bool = False,
    ) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if template:
                scope["route"] = SimpleNamespace(path=template)
            self.clock.now += waits[0]
            if status is not None:
                await send({"type": "http.response.start", "status": status})
                self.clock.now += waits[1]
                await send({"type": "http.response.body", "body": b"x"})
            if fails:
                raise ConnectionError("gone")

        async def receive() -> Any:
            return {"type": "http.request"}

        async def send(message: Any) -> None:
            self.sent.append(message)

        scope = {"type": "http", "path": path}
        await self.traffic.measured(app, ROUTES)(scope, receive, send)


async def test_that_a_route_is_counted_under_its_template_and_all_else_as_other() -> None:
    served = Served()
    await served.request("/v1/models")
    await served.request("/v1/models", 401)
    await served.request("/v1/responses/abc", template="/v1/responses/{response_id}")
    for number in range(1000):
        await served.request(f"/wp-admin/{number}", 404)
    assert served.traffic.figures().answered == {
        ("/v1/models", "200"): 1,
        ("/v1/models", "401"): 1,
        ("/v1/responses/{response_id}", "200"): 1,
        ("other", "404"): 1000,
    }


async def test_that_a_streams_beginning_and_end_are_timed_apart() -> None:
    served = Served()
    await served.request("/v1/models", waits=(0.2, 40.0))
    figures = served.traffic.figures()
    start, end = figures.to_start["/v1/models"], figures.to_end["/v1/models"]
    assert (start.total, end.total) == pytest.approx((0.2, 40.2))
    assert start.counts[BOUNDS.index(0.25)] == 1
    assert end.counts[BOUNDS.index(60)] == 1
    assert [message["type"] for message in served.sent] == [
        "http.response.start",
        "http.response.body",
    ]


async def test_that_a_request_that_nobody_answered_has_no_latency() -> None:
    served = Served()
    with pytest.raises(ConnectionError):
        await served.request("/v1/models", None, fails=True)
    figures = served.traffic.figures()
    assert figures.answered == {("/v1/models", "none"): 1}
    assert figures.to_end == {}


async def test_that_an_answer_that_breaks_off_counts_with_its_status() -> None:
    served = Served()
    with pytest.raises(ConnectionError):
        await served.request("/v1/models", 200, fails=True)
    assert served.traffic.figures().answered == {("/v1/models", "200"): 1}


async def test_that_figures_stay_as_they_were_when_they_were_asked_for() -> None:
    served = Served()
    await served.request("/v1/models")
    before = served.traffic.figures()
    await served.request("/v1/models")
    assert before.answered == {("/v1/models", "200"): 1}
    assert sum(before.to_end["/v1/models"].counts) == 1


async def test_that_the_longest_answer_is_above_every_bound() -> None:
    served = Served()
    await served.request("/v1/models", waits=(0.0, 10_000.0))
    assert served.traffic.figures().to_end["/v1/models"].counts[-1] == 1
