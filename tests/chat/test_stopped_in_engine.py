"""Answers that the engine ended: somebody stopped one there, or the model was unloaded."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import MessageStatus
from desktop_llm.engine.types import FinishReason, Owner, OwnerKind, Phase
from tests.chat.conftest import end_of, until
from tests.helpers.fake_engine import FakeEngine, Script


async def test_that_an_answer_the_engine_ends_for_its_unloading_is_interrupted(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    hold = asyncio.Event()
    engine.play(Script(finish=FinishReason.ABORT, hold=hold))
    stream = await chat.send((await store.create()).id, "go")
    await until(lambda: stream.text == "Hello world")
    engine.set_state(replace(engine.state, phase=Phase.UNLOADING))
    hold.set()
    assert (await end_of(stream)).status is MessageStatus.INTERRUPTED


async def test_that_an_answer_stopped_among_the_engines_requests_is_kept_as_stopped(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(hold=asyncio.Event()))
    made = await store.create()
    stream = await chat.send(made.id, "What is a KV cache?")
    await until(lambda: stream.text == "Hello world")
    (request,) = engine.requests()
    assert request.owner == Owner(OwnerKind.CHAT, "What is a KV cache?", made.id)
    assert await engine.stop_request(request.id)
    ended = await end_of(stream)
    assert (ended.status, ended.content) == (MessageStatus.STOPPED, "Hello world")
    assert engine.requests() == ()
