"""The token budget: counted before anything is sent, refused or trimmed in the open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.chat.prompt import Budget, Turn, fit, flatten
from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import ContextUsage, Role
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.config.settings import OverBudget, Settings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import ChatMessage, EngineState
from tests.chat.conftest import Chosen, end_of
from tests.helpers.fake_engine import FakeEngine, count


async def _conversation(store: ChatStore, turns: int, words: int = 9, **facts: object) -> str:
    """Each turn counts 2 × (words + 1) tokens."""
    made = await store.create(**facts)  # type: ignore[arg-type]
    text = " ".join(["word"] * words)
    both = [(Role.USER, text), (Role.ASSISTANT, text)]
    await store.import_branch(made.id, both * turns)
    return made.id


async def test_that_over_budget_is_refused_with_the_exact_counts(
    chat: ChatService, store: ChatStore, engine: FakeEngine, settings: Chosen
) -> None:
    engine.load_context(1000)
    settings.current = Settings(answer_reserve_tokens=100)
    made = await _conversation(store, 45)  # 900
    with pytest.raises(AppError) as caught:
        await chat.send(made, "one two three")
    assert caught.value.code == "chat.over_budget"
    assert "905 tokens for the prompt and 100 reserved" in caught.value.message
    assert "context is 1,000 tokens" in caught.value.message
    assert "Shorten" in caught.value.hint
    assert "dropped (Settings)" in caught.value.hint
    assert engine.asked == []
    assert len(await store.branch(made)) == 90
    settings.current = Settings(answer_reserve_tokens=95)
    await end_of(await chat.send(made, "one two three"))


async def test_that_the_oldest_turns_are_dropped_as_few_as_needed(
    chat: ChatService, store: ChatStore, engine: FakeEngine, settings: Chosen
) -> None:
    engine.load_context(1000)
    settings.current = Settings(answer_reserve_tokens=100, over_budget=OverBudget.DROP_OLDEST)
    made = await _conversation(store, 60, system_prompt="be brief")  # 1200 + 3
    ended = await end_of(await chat.send(made, "one two three"))
    assert ended.metrics is not None
    assert ended.metrics.dropped_turns == 16  # 44 × 20 + 3 + 4 + 1 = 888, one more is 908
    sent = engine.asked[0].messages
    assert sent[0] == ChatMessage("system", "be brief")
    assert sent[-1] == ChatMessage("user", "one two three")
    assert (len(sent), count(sent)) == (1 + 88 + 1, 888)
    assert ended.metrics.prompt_tokens == 888
    assert len(await store.branch(made)) == 122, "nothing is dropped from what is kept"


async def test_that_a_last_question_too_long_is_refused_anyhow(
    chat: ChatService, store: ChatStore, engine: FakeEngine, settings: Chosen
) -> None:
    engine.load_context(100)
    settings.current = Settings(over_budget=OverBudget.DROP_OLDEST)
    made = await _conversation(store, 3)
    with pytest.raises(AppError) as caught:
        await chat.send(made, "word " * 90)
    assert "Even without the earlier turns" in caught.value.message
    assert "92 tokens for the prompt and 25 reserved" in caught.value.message
    assert "dropped" not in caught.value.hint
    assert engine.asked == []


async def test_that_max_tokens_is_the_reserve_and_always_fits(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    engine.load_context(100)
    made = await store.create(sampling=SamplingSettings(max_tokens=90))
    await end_of(await chat.send(made.id, "one two three four five six seven eight"))
    assert engine.asked[0].sampling.max_tokens == 90
    made = await store.create(sampling=SamplingSettings(max_tokens=91))
    with pytest.raises(AppError, match="10 tokens for the prompt and 91 reserved"):
        await chat.send(made.id, "one two three four five six seven eight")


async def test_that_a_small_context_keeps_room_to_ask(
    chat: ChatService, engine: FakeEngine
) -> None:
    engine.load_context(256)
    usage = await chat.usage(None, "hello there")
    assert usage == ContextUsage(prompt_tokens=4, reserve_tokens=64, limit_tokens=256)
    assert not usage.over_budget


async def test_that_usage_counts_what_sending_would_send(
    chat: ChatService, store: ChatStore, engine: FakeEngine
) -> None:
    made = await _conversation(store, 2, system_prompt="be brief")
    usage = await chat.usage(made, "one two")
    assert (usage.prompt_tokens, usage.reserve_tokens) == (40 + 3 + 3 + 1, 512)
    await end_of(await chat.send(made, "one two"))
    assert count(engine.asked[0].messages) == usage.prompt_tokens
    assert (await chat.usage(made, "one two")).prompt_tokens == 47 + 3 + 3


async def test_that_usage_of_nothing_is_nothing(chat: ChatService, store: ChatStore) -> None:
    assert (await chat.usage(None, "")).prompt_tokens == 0
    assert (await chat.usage((await store.create()).id, "")).prompt_tokens == 0


async def test_that_usage_shows_what_would_be_dropped_or_refused(
    chat: ChatService, store: ChatStore, engine: FakeEngine, settings: Chosen
) -> None:
    engine.load_context(1000)
    made = await _conversation(store, 60)
    usage = await chat.usage(made, "one")
    assert (usage.prompt_tokens, usage.over_budget, usage.dropped_turns) == (1203, True, 0)
    settings.current = Settings(over_budget=OverBudget.DROP_OLDEST)
    usage = await chat.usage(made, "one")
    assert (usage.prompt_tokens, usage.over_budget, usage.dropped_turns) == (743, False, 23)


async def test_that_typing_on_counts_little(
    chat: ChatService, store: ChatStore, engine: FakeEngine, settings: Chosen
) -> None:
    engine.load_context(1000)
    settings.current = Settings(over_budget=OverBudget.DROP_OLDEST)
    made = await _conversation(store, 500)
    await chat.usage(made, "one")
    assert len(engine.counted) <= 13
    engine.counted.clear()
    await chat.usage(made, "one two")
    assert len(engine.counted) == 2


async def test_that_usage_sees_every_change(chat: ChatService, store: ChatStore) -> None:
    made = await _conversation(store, 1)
    assert (await chat.usage(made, "")).prompt_tokens == 22
    await store.update(made, system_prompt="be brief")
    assert (await chat.usage(made, "")).prompt_tokens == 25
    head = (await store.branch(made))[-1]
    await store.import_branch(made, [(Role.USER, "again"), (Role.ASSISTANT, "yes")])
    assert (await chat.usage(made, "")).prompt_tokens == 29
    other = await store.begin_answer(made, head.parent_id or "")
    assert (await chat.usage(made, "")).prompt_tokens == 3 + 10 + 1 + 1 - 1
    await store.select_version(head.id)
    assert (await chat.usage(made, "")).prompt_tokens == 29
    assert other.sibling_count == 2


async def test_that_usage_without_a_model_says_so(chat: ChatService, engine: FakeEngine) -> None:
    engine.set_state(EngineState())
    with pytest.raises(AppError, match="No model is loaded"):
        await chat.usage(None, "hello")


def test_that_questions_without_answers_are_joined() -> None:
    turns = [_turn("a"), _turn("b", "B"), _turn("c"), _turn("d")]
    assert [(m.role, m.content) for m in flatten(" ", turns)] == [
        ("user", "a\n\nb"),
        ("assistant", "B"),
        ("user", "c\n\nd"),
    ]


def _turn(question: str, answer: str | None = None) -> Turn:
    asked = (ChatMessage("user", question),)
    return asked if answer is None else (*asked, ChatMessage("assistant", answer))


@given(
    words=st.lists(st.integers(1, 30), min_size=1, max_size=40),
    limit=st.integers(10, 600),
    near=st.integers(0, 50),
)
async def test_that_the_search_finds_the_fewest_to_drop(
    words: list[int], limit: int, near: int
) -> None:
    turns = [_turn("w " * number, "ok") for number in words[:-1]] + [_turn("w " * words[-1])]
    room = Budget(limit, 10)
    asked = 0

    async def counting(messages: object) -> int:
        nonlocal asked
        asked += 1
        return count(messages)  # type: ignore[arg-type]

    found = await fit("", turns, room, OverBudget.DROP_OLDEST, counting, near)
    fitting = [
        dropped for dropped in range(len(turns)) if room.fits(count(flatten("", turns[dropped:])))
    ]
    assert found.tokens == count(found.messages)
    assert found.messages == flatten("", turns[found.dropped_turns :])
    assert found.dropped_turns == (fitting[0] if fitting else len(turns) - 1)
    assert asked <= 4 + len(turns).bit_length()
