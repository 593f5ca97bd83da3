"""No model, no answer: and what fails because a model goes is told as that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.server.asgi import App, Receive, Scope, Send, respond_json
from desktop_llm.server.readiness import Readiness, Unready, unready
from tests.helpers.asgi import call, passed


class Served:
    """As much of a served model as the layer uses."""

    def __init__(self) -> None:
        self.closing = False
        self.under_way = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        self.under_way += 1
        try:
            yield
        finally:
            self.under_way -= 1


def layer(app: App, found: Any) -> Readiness:
    return Readiness(app, lambda: found)


@pytest.mark.parametrize(
    ("phase", "code"),
    [
        (Phase.UNLOADED, "no_model"),
        (Phase.FAILED, "no_model"),
        (Phase.LOADING, "model_loading"),
        (Phase.UNLOADING, "model_loading"),
        (Phase.READY, "model_loading"),  # and not attached yet
    ],
)
async def test_that_a_client_is_told_when_to_come_again(phase: Phase, code: str) -> None:
    answer = await call(layer(passed, unready(EngineState(phase))))
    assert (answer.status, answer.code) == (503, code)
    assert int(answer.headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", ["/health", "/metrics", "/docs", "/openapi.json"])
async def test_that_what_needs_no_model_is_answered_without(path: str) -> None:
    assert (await call(layer(passed, Unready("no_model", "No.", 1.0)), path)).status == 200


async def test_that_a_request_is_counted_while_it_lasts() -> None:
    served, seen = Served(), []

    async def looking(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(served.under_way)
        await passed(scope, receive, send)

    assert (await call(layer(looking, served))).status == 200
    assert seen == [1]
    assert served.under_way == 0


@pytest.mark.parametrize(("closing", "status"), [(False, 400), (True, 503)])
async def test_that_a_failure_while_the_model_goes_is_no_fault_of_the_request(
    closing: bool, status: int
) -> None:
    served = Served()

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        served.closing = closing
        await respond_json(send, 400, {"error": {"message": "cannot schedule new futures"}})

    answer = await call(layer(failing, served))
    assert answer.status == status
    assert ("retry-after" in answer.headers) is closing


async def test_that_an_exception_while_the_model_goes_is_none() -> None:
    served = Served()

    async def failing(scope: Scope, receive: Receive, send: Send) -> None:
        served.closing = True
        await respond_json(send, 500, {})
        raise RuntimeError("cannot schedule new futures after shutdown")

    answer = await call(layer(failing, served))
    assert (answer.status, answer.code) == (503, "model_loading")
