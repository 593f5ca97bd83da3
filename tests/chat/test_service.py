"""Sending, streaming, stopping and branching, on a scripted engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import ChatChange, MessageStatus, Role
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.config.settings import Settings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.errors import engine_died
from desktop_llm.engine.types import ChatMessage, EngineState, FinishReason, Phase, Priority
from tests.chat.conftest import end_of, until
from tests.helpers.fake_engine import FakeEngine, Script

SLOW = [f"w{n} " for n in range(1000)]


async def test_that_an_answer_streams_and_is_kept(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(texts=["Hel", "lo ", "there"]))
    made = await store.create(system_prompt="Be brief.")
    stream = await chat.send(made.id, "Hi?")
    ended = await end_of(stream)
    assert (ended.content, ended.status) == ("Hello there", MessageStatus.COMPLETE)
    assert ended.metrics is not None
    assert ended.metrics.finish_reason == "stop"
    assert (ended.metrics.prompt_tokens, ended.metrics.completion_tokens) == (6, 3)
    assert ended.model_name == "fake-model"
    branch = await store.branch(made.id)
    assert [(m.role, m.content) for m in branch] == [
        (Role.USER, "Hi?"),
        (Role.ASSISTANT, "Hello there"),
    ]
    assert branch[1] == ended
    (request,) = engine.asked
    assert request.messages == (ChatMessage("system", "Be brief."), ChatMessage("user", "Hi?"))
    assert request.priority == Priority.WINDOW
    assert request.request_id == ended.id


async def test_that_the_question_is_on_the_disk_before_anything_is_submitted(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    seen: list[list[str]] = []
    generate = engine.generate

    async def watching(request):  # type: ignore[no-untyped-def]
        seen.append([m.content for m in await store.branch(made.id)])
        async for delta in generate(request):
            yield delta

    engine.generate = watching  # type: ignore[method-assign]
    await end_of(await chat.send(made.id, "first things first"))
    assert seen == [["first things first", ""]]


async def test_that_the_next_question_carries_the_conversation(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    await end_of(await chat.send(made.id, "one"))
    await end_of(await chat.send(made.id, "two"))
    assert [(m.role, m.content) for m in engine.asked[1].messages] == [
        ("user", "one"),
        ("assistant", "Hello world"),
        ("user", "two"),
    ]


async def test_that_ttft_is_from_sending_and_speed_is_of_decoding(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(texts=["x"] * 11, delay_s=0.03))
    ended = await end_of(await chat.send((await store.create()).id, "go"))
    assert ended.metrics is not None
    assert ended.metrics.ttft_ms is not None
    assert ended.metrics.ttft_ms >= 29
    assert ended.metrics.tokens_per_s is not None
    assert ended.metrics.tokens_per_s <= 10 / 0.3 + 0.5


async def test_that_one_token_has_no_speed(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(texts=["x"]))
    ended = await end_of(await chat.send((await store.create()).id, "go"))
    assert ended.metrics is not None
    assert ended.metrics.tokens_per_s is None


async def test_that_the_first_question_gives_the_title(chat: ChatService, store: ChatStore) -> None:
    made = await store.create()
    await end_of(await chat.send(made.id, "What is\n the KV cache?"))
    await end_of(await chat.send(made.id, "And another thing"))
    assert (await store.get(made.id)).title == "What is the KV cache?"


async def test_that_length_is_an_end_like_any_other(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(finish=FinishReason.LENGTH))
    ended = await end_of(await chat.send((await store.create()).id, "go"))
    assert ended.status is MessageStatus.COMPLETE
    assert ended.metrics is not None
    assert ended.metrics.finish_reason == "length"


async def test_that_stop_aborts_in_the_engine_and_keeps_the_partial(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=0.005))
    made = await store.create()
    stream = await chat.send(made.id, "go on")
    await until(lambda: stream.text.startswith("w0 w1 w2"))
    await chat.stop(stream.message_id)
    assert engine.aborted == [stream.message_id]
    ended = stream.message
    assert ended is not None
    assert (ended.status, ended.content) == (MessageStatus.STOPPED, stream.text)
    assert ended.metrics is not None
    assert ended.metrics.finish_reason == "abort"
    assert (await store.branch(made.id))[1] == ended
    await chat.stop(stream.message_id)
    assert chat.streams() == ()


async def test_that_stop_works_before_the_first_token(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=60))
    stream = await chat.send((await store.create()).id, "go on")
    await chat.stop(stream.message_id)
    assert stream.message is not None
    assert (stream.message.status, stream.message.content) == (MessageStatus.STOPPED, "")


async def test_that_partials_are_sent_on_and_empty_answers_are_not(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    failure = AppError("engine.generation_failed", "It failed.")
    engine.play(Script(SLOW, delay_s=60), Script([], error=failure), Script(SLOW, 0.005))
    stream = await chat.send(made.id, "never answered")
    await until(lambda: engine.asked)
    await chat.stop(stream.message_id)
    await end_of(await chat.send(made.id, "failed"))
    stream = await chat.send(made.id, "stopped")
    await until(lambda: stream.text)
    await chat.stop(stream.message_id)
    engine.play(Script())
    await end_of(await chat.send(made.id, "last"))
    assert [(m.role, m.content) for m in engine.asked[-1].messages] == [
        ("user", "never answered\n\nfailed\n\nstopped"),
        ("assistant", stream.text),
        ("user", "last"),
    ]


async def test_that_regenerating_makes_a_version_of_the_answer(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(["first"]), Script(["second"]))
    made = await store.create()
    first = await end_of(await chat.send(made.id, "go"))
    second = await end_of(await chat.regenerate(first.id))
    branch = await chat.messages(made.id)
    assert [m.content for m in branch] == ["go", "second"]
    assert (branch[1].sibling_index, branch[1].sibling_count) == (1, 2)
    assert engine.asked[0].messages == engine.asked[1].messages
    await store.select_version(first.id)
    assert [m.content for m in await chat.messages(made.id)] == ["go", "first"]
    assert await store.versions(second.id) == [first.id, second.id]


async def test_that_regenerating_in_the_middle_leaves_out_what_came_after(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    first = await end_of(await chat.send(made.id, "one"))
    await end_of(await chat.send(made.id, "two"))
    await end_of(await chat.regenerate(first.id))
    assert engine.asked[-1].messages == (ChatMessage("user", "one"),)
    assert len(await chat.messages(made.id)) == 2
    await store.select_version(first.id)
    assert len(await chat.messages(made.id)) == 4


async def test_that_editing_makes_a_version_of_the_question(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await store.create()
    await end_of(await chat.send(made.id, "one"))
    await end_of(await chat.send(made.id, "two"))
    question = (await chat.messages(made.id))[2]
    await end_of(await chat.edit_and_resend(question.id, "two, better"))
    branch = await chat.messages(made.id)
    assert [m.content for m in branch][2] == "two, better"
    assert (branch[2].sibling_index, branch[2].sibling_count) == (1, 2)
    assert [m.content for m in engine.asked[-1].messages][-1] == "two, better"
    await end_of(await chat.edit_and_resend(branch[0].id, "one, better"))
    assert [m.content for m in await chat.messages(made.id)] == ["one, better", "Hello world"]


async def test_that_only_answers_are_regenerated(chat: ChatService, store: ChatStore) -> None:
    made = await store.create()
    await end_of(await chat.send(made.id, "one"))
    with pytest.raises(ValueError, match="not an answer"):
        await chat.regenerate((await chat.messages(made.id))[0].id)


async def test_that_two_conversations_stream_at_once(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=0.005))
    first = await chat.send((await store.create()).id, "one")
    second = await chat.send((await store.create()).id, "two")
    assert chat.streams() == (first, second)
    assert chat.stream_of(second.conversation_id) is second
    await until(lambda: first.completion_tokens > 3 and second.completion_tokens > 3)
    await chat.stop(first.message_id)
    assert chat.stream_of(first.conversation_id) is None
    before = second.completion_tokens
    await until(lambda: second.completion_tokens > before)
    await chat.stop(second.message_id)


async def test_that_a_second_question_while_answering_is_refused(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=0.005))
    made = await store.create()
    first, second = await asyncio.gather(
        chat.send(made.id, "one"), chat.send(made.id, "two"), return_exceptions=True
    )
    assert isinstance(second, AppError)
    assert second.code == "chat.busy"
    assert not isinstance(first, BaseException)
    for act in (
        chat.send(made.id, "three"),
        chat.regenerate(first.message_id),
        chat.edit_and_resend((await chat.messages(made.id))[0].id, "four"),
    ):
        with pytest.raises(AppError, match="still answering"):
            await act
    await chat.stop(first.message_id)
    assert len(await chat.messages(made.id)) == 2
    engine.play(Script())
    await end_of(await chat.send(made.id, "five"))


async def test_that_messages_show_a_running_answer_as_it_is(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=0.005))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    await until(lambda: stream.completion_tokens > 3)
    live = (await chat.messages(made.id))[1]
    assert live.content.startswith("w0 w1 w2 w3")
    assert live.status is MessageStatus.STREAMING


async def test_that_no_model_is_said_before_anything_is_stored(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.set_state(EngineState())
    made = await store.create()
    with pytest.raises(AppError) as caught:
        await chat.send(made.id, "hello")
    assert (caught.value.code, caught.value.fix) == ("engine.not_ready", "open_models")
    assert await store.branch(made.id) == []
    engine.load_context(4096)
    await end_of(await chat.send(made.id, "hello"))


@pytest.mark.parametrize(
    ("state", "code", "words"),
    [
        (EngineState(Phase.LOADING), "engine.not_ready", "still loading"),
        (EngineState(Phase.FAILED, failure=engine_died()), "engine.died", "ended unexpectedly"),
    ],
)
async def test_that_a_refusal_says_what_the_engine_is_doing(
    state: EngineState,
    code: str,
    words: str,
    chat: ChatService,
    store: ChatStore,
    engine: FakeEngine,
) -> None:
    engine.set_state(state)
    with pytest.raises(AppError, match=words) as caught:
        await chat.send((await store.create()).id, "hello")
    assert caught.value.code == code


async def test_that_what_counting_raises_comes_through(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.count_error = AppError("engine.bad_template", "The template refuses this.")
    made = await store.create()
    with pytest.raises(AppError, match="template refuses"):
        await chat.send(made.id, "hello")
    assert await store.branch(made.id) == []


async def test_that_nothing_is_not_sent(chat: ChatService, store: ChatStore) -> None:
    with pytest.raises(AppError, match="nothing to send"):
        await chat.send((await store.create()).id, " \n ")


async def test_that_a_failure_keeps_the_partial_and_says_why(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    died = AppError("engine.died", "The engine died.", "Reload the model.", detail="exit code -9")
    engine.play(Script(["so ", "far"], error=died))
    made = await store.create()
    ended = await end_of(await chat.send(made.id, "go"))
    assert (ended.status, ended.content) == (MessageStatus.FAILED, "so far")
    assert ended.error is not None
    assert (ended.error.code, ended.error.fix) == ("engine.died", "reload_model")
    assert ended.error.detail == "exit code -9"
    assert (await store.branch(made.id))[1] == ended
    engine.play(Script())
    again = await end_of(await chat.regenerate(ended.id))
    assert again.status is MessageStatus.COMPLETE


async def test_that_what_a_failed_answer_had_written_is_sent_along(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    """It is on show, so "continue" must mean it."""
    engine.play(Script(["so ", "far"], error=AppError("engine.died", "The engine died.")))
    made = await store.create()
    await end_of(await chat.send(made.id, "go"))
    engine.play(Script())
    await end_of(await chat.send(made.id, "continue"))
    assert [(m.role, m.content) for m in engine.asked[-1].messages] == [
        ("user", "go"),
        ("assistant", "so far"),
        ("user", "continue"),
    ]


async def test_that_a_bug_is_kept_as_one_and_reported_to_the_loop(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    reported: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reported.append(context))
    bug = ZeroDivisionError("division by zero")
    engine.play(Script(["so ", "far"], error=bug))
    ended = await end_of(await chat.send((await store.create()).id, "go"))
    assert (ended.status, ended.content) == (MessageStatus.FAILED, "so far")
    assert ended.error is not None
    assert (ended.error.code, ended.error.detail) == ("chat.bug", repr(bug))
    assert [context["exception"] for context in reported] == [bug]


@pytest.mark.parametrize(
    ("finish", "status"),
    [(None, MessageStatus.FAILED), (FinishReason.ABORT, MessageStatus.STOPPED)],
)
async def test_that_an_end_nobody_asked_for_is_not_called_complete(
    chat: ChatService,
    store: ChatStore,
    engine: FakeEngine,
    finish: FinishReason | None,
    status: MessageStatus,
) -> None:
    engine.play(Script(finish=finish))
    ended = await end_of(await chat.send((await store.create()).id, "go"))
    assert (ended.status, ended.content) == (status, "Hello world")


async def test_that_a_conversations_sampling_is_used(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    sampling = SamplingSettings(temperature=0.1, max_tokens=7)
    made = await store.create(sampling=sampling)
    await end_of(await chat.send(made.id, "go"))
    assert engine.asked[0].sampling == sampling


async def test_that_changes_are_told(chat: ChatService, store: ChatStore) -> None:
    told: list[tuple[ChatChange, str]] = []
    made = await store.create()
    chat.changed.subscribe(lambda change: told.append((change.change, change.conversation_id)))
    await end_of(await chat.send(made.id, "go"))
    turn = [(ChatChange.MESSAGES, made.id), (ChatChange.CONVERSATIONS, "")]
    assert told == [
        *turn,
        (ChatChange.STREAMS, made.id),
        *turn,
        (ChatChange.STREAMS, made.id),
    ]


async def test_that_deleting_stops_what_runs(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.play(Script(SLOW, delay_s=0.005))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    await until(lambda: stream.text)
    await chat.delete(made.id)
    assert engine.aborted == [stream.message_id]
    assert await store.conversations() == []
    await store.restore(made.id)
    assert (await store.branch(made.id))[1].content == stream.text


async def test_that_a_send_given_up_on_while_storing_still_gets_its_answer(
    chat: ChatService, store: ChatStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = await store.create()
    storing = asyncio.Event()
    begin_turn = store.begin_turn

    async def slowly(*arguments, **facts):  # type: ignore[no-untyped-def]
        storing.set()
        await asyncio.sleep(0.05)
        return await begin_turn(*arguments, **facts)

    monkeypatch.setattr(store, "begin_turn", slowly)
    sending = asyncio.create_task(chat.send(made.id, "go"))
    await storing.wait()
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    await until(lambda: not chat.streams())
    assert [m.content for m in await store.branch(made.id)] == ["go", "Hello world"]
    await end_of(await chat.send(made.id, "again"))


async def test_that_partials_are_saved_while_it_streams(
    chat: ChatService, store: ChatStore, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_llm.chat.answer.SAVE_EVERY_S", 0.05)
    engine.play(Script(SLOW, delay_s=0.002))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    saves: list[str] = []
    save_partial = store.save_partial

    async def watched(answer_id: str, position: int, text: str) -> None:
        assert position == sum(map(len, saves))
        saves.append(text)
        await save_partial(answer_id, position, text)

    monkeypatch.setattr(store, "save_partial", watched)
    await until(lambda: len(saves) > 3)
    stored = (await store.branch(made.id))[1].content
    assert stored == stream.text[: len(stored)]
    assert stream.completion_tokens > 3 * len(saves), "it saves by time, not by token"


async def test_that_the_next_start_finds_what_a_kill_left(
    store: ChatStore, engine: FakeEngine, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As close to a kill as one process gets; `test_kill` does it for real."""
    monkeypatch.setattr("desktop_llm.chat.answer.SAVE_EVERY_S", 0.02)
    chat = ChatService(store, engine, Settings)
    engine.play(Script(SLOW, delay_s=0.005))
    made = await store.create()
    stream = await chat.send(made.id, "go")
    await until(lambda: stream.completion_tokens > 20)
    await store.close()
    again = ChatStore(file)
    await again.open()
    assert again.recovered == 1
    answer = (await again.branch(made.id))[1]
    assert answer.status is MessageStatus.INTERRUPTED
    assert answer.content
    assert stream.text.startswith(answer.content)
    await again.close()
    await chat.close(0)
