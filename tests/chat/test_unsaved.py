"""Answers that cannot be saved, and sessions that end."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import ChatChanged, MessageStatus
from desktop_llm.core.errors import AppError
from tests.chat.conftest import end_of, until
from tests.helpers.fake_engine import FakeEngine, Script
from tests.helpers.sqlite import full_disk, read_only

LONG = [f"{n:04d} " * 40 for n in range(200)]


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_llm.chat.answer.SAVE_EVERY_S", 0.05)
    monkeypatch.setattr("desktop_llm.chat.service._RETRY_S", 0.05)


async def test_that_a_full_disk_stops_no_answer_and_loses_nothing(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(LONG, delay_s=0.004))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    reader = stream.attach(lambda: None)
    with full_disk(store):
        await until(lambda: reader.drain().warning is not None)
        warning = reader.drain().warning
        assert warning is not None
        assert warning.code == "chat.disk_full"
        tokens = stream.completion_tokens
        await until(lambda: stream.completion_tokens > tokens + 5)
    await until(lambda: reader.drain().warning is None)
    ended = await end_of(stream)
    assert ended.content == "".join(LONG)
    assert (await store.branch(made.id))[1] == ended


async def test_that_an_end_on_a_full_disk_is_kept_and_saved_later(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(["half "], hold=asyncio.Event()))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    await until(lambda: stream.text)
    with read_only(store):
        await chat.stop(stream.message_id)
        last = stream.attach(lambda: None).drain()
        assert last.message is not None
        assert last.warning is not None
        assert last.warning.code == "chat.read_only"
        assert (await store.branch(made.id))[1].status is MessageStatus.STREAMING
        shown = (await chat.messages(made.id))[1]
        assert (shown.content, shown.status) == ("half ", MessageStatus.STOPPED)
        with pytest.raises(AppError, match="permissions"):
            await chat.send(made.id, "more")
        await asyncio.sleep(0.2)
        told: list[ChatChanged] = []
        store.changed.subscribe(told.append)
    await until(lambda: told)
    assert (await store.branch(made.id))[1] == last.message
    assert await chat.messages(made.id) == await store.branch(made.id)


async def test_that_a_question_that_cannot_be_stored_is_not_sent(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    with read_only(store), pytest.raises(AppError) as caught:
        await chat.send(made.id, "go")
    assert caught.value.code == "chat.read_only"
    assert engine.asked == []
    assert chat.streams() == ()
    await end_of(await chat.send(made.id, "go"))


async def test_that_closing_lets_answers_finish_in_time(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(["x"] * 20, delay_s=0.01))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    began = time.perf_counter()
    await chat.close(10)
    assert time.perf_counter() - began < 5
    assert stream.message is not None
    assert stream.message.status is MessageStatus.COMPLETE
    with pytest.raises(AppError, match="closing"):
        await chat.send(made.id, "more")


async def test_that_closing_cuts_answers_that_take_too_long(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(LONG, delay_s=0.05))
    streams = [await chat.send((await store.create()).id, "go") for _ in range(3)]
    await until(lambda: all(stream.text for stream in streams))
    await chat.close(0.1)
    assert sorted(engine.aborted) == sorted(stream.message_id for stream in streams)
    for stream in streams:
        stored = (await store.branch(stream.conversation_id))[1]
        assert (stored.status, stored.content) == (MessageStatus.INTERRUPTED, stream.text)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]


async def test_that_a_question_on_its_way_while_closing_is_cut_too(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(LONG, delay_s=0.05))
    made = await store.create()
    sending = asyncio.create_task(chat.send(made.id, "go"))
    await asyncio.sleep(0)
    await chat.close(0)
    stream = await sending
    assert stream.message is not None
    assert stream.message.status is MessageStatus.INTERRUPTED
    assert (await store.branch(made.id))[1].status is MessageStatus.INTERRUPTED


@pytest.mark.parametrize("mended", [True, False])
async def test_that_closing_tries_once_more_to_save_and_logs_what_is_lost(
    chat: ChatService,
    store: ChatStore,
    engine: FakeEngine,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    mended: bool,
) -> None:
    monkeypatch.setattr("desktop_llm.chat.service._RETRY_S", 60)
    hold = asyncio.Event()
    engine.play(Script(["kept"], hold=hold))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    with read_only(store):
        hold.set()
        await end_of(stream)
        if not mended:
            await chat.close(0)
    await chat.close(0)
    stored = (await store.branch(made.id))[1]
    assert stored.status is MessageStatus.COMPLETE
    lost = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert len(lost) == (0 if mended else 1)
    assert not [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
