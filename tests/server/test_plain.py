"""`/v1/chat` over a scripted engine."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from typing import Any

import pytest
from fastapi import FastAPI

from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import FinishReason, OwnerKind, Priority
from desktop_llm.server.plain import plain_router
from tests.helpers.asgi import Answer, call
from tests.helpers.fake_engine import FakeEngine, Script

JSON = {"content-type": "application/json"}


def app_of(engine: FakeEngine) -> FastAPI:
    app = FastAPI()
    app.include_router(plain_router(engine))
    return app


async def ask(engine: FakeEngine, leave: asyncio.Event | None = None, **asked: Any) -> Answer:
    body = json.dumps({"prompt": "Hi"} | asked).encode()
    return await call(
        app_of(engine), "/v1/chat", method="POST", headers=JSON, body=[body], leave=leave
    )


def events(answer: Answer) -> list[Any]:
    lines = [line.removeprefix("data: ") for line in answer.body.decode().split("\n") if line]
    assert lines[-1] == "[DONE]"
    return [json.loads(line) for line in lines[:-1]]


async def test_that_the_text_comes_in_events_and_the_last_has_the_figures() -> None:
    engine = FakeEngine(deque([Script(("Grüße", " 🦙"), finish=FinishReason.LENGTH)]))
    answer = await ask(engine, max_tokens=2, temperature=0.5)
    found = events(answer)
    assert "".join(event["text"] for event in found) == "Grüße 🦙"
    assert found[-1]["finish_reason"] == "length"
    assert found[-1]["completion_tokens"] == 2
    (asked,) = engine.asked
    assert (asked.sampling.max_tokens, asked.sampling.temperature) == (2, 0.5)
    assert asked.priority == Priority.CLIENT
    assert asked.owner.kind is OwnerKind.PORT


@pytest.mark.parametrize(
    ("code", "status", "told"),
    [
        ("engine.prompt_too_long", 400, "context_length_exceeded"),
        ("engine.bad_request", 400, "invalid_value"),
        ("engine.bad_template", 400, "invalid_value"),
        ("engine.not_ready", 503, "model_not_ready"),
        ("engine.died", 503, "engine_died"),
        ("engine.generation_failed", 500, "generation_failed"),
    ],
)
async def test_that_a_failure_before_the_first_word_has_a_status(
    code: str, status: int, told: str
) -> None:
    engine = FakeEngine(deque([Script((), error=AppError(code, "It failed."))]))
    answer = await ask(engine)
    assert (answer.status, answer.code) == (status, told)
    assert ("retry-after" in answer.headers) is (status == 503)


async def test_that_a_failure_in_the_middle_is_an_event() -> None:
    failure = AppError("engine.generation_failed", "It failed.")
    engine = FakeEngine(deque([Script(("Hello",), error=failure)]))
    found = events(await ask(engine))
    assert found[0]["text"] == "Hello"
    assert found[-1]["error"]["code"] == "generation_failed"


async def test_that_nobody_waits_for_a_client_that_has_left() -> None:
    engine, leave = FakeEngine(deque([Script(("late",), delay_s=3600)])), asyncio.Event()
    asking = asyncio.ensure_future(ask(engine, leave))
    for _ in range(100):
        await asyncio.sleep(0)
    assert engine.requests()
    leave.set()
    await asyncio.wait_for(asking, 30)
    assert engine.requests() == ()
    assert len(engine.aborted) == 1


@pytest.mark.parametrize(
    "asked",
    [{"prompt": ""}, {"prompt": 5}, {"max_tokens": 0}, {"temperature": 9}, {"model": "x"}],
)
async def test_that_a_bad_request_asks_nothing_of_the_engine(asked: dict[str, Any]) -> None:
    engine = FakeEngine()
    assert (await ask(engine, **asked)).status == 422
    assert not engine.asked
