"""Prompts kept between counting and sending."""

from __future__ import annotations

from typing import Any

from desktop_llm.engine.rendered import RenderedPrompts
from desktop_llm.engine.types import ChatMessage


def messages(text: str) -> list[ChatMessage]:
    return [ChatMessage("user", text)]


def prompt(tokens: int) -> dict[str, Any]:
    return {"prompt_token_ids": [0] * tokens}


def test_that_prompts_of_several_conversations_are_kept_until_they_are_sent() -> None:
    kept = RenderedPrompts()
    prompts = {f"Question {number}": prompt(number) for number in range(48)}
    for text, rendered in prompts.items():
        kept.put(messages(text), rendered)
    for text, rendered in prompts.items():
        assert kept.get(messages(text)) is rendered
        assert kept.take(messages(text)) is rendered
        assert kept.get(messages(text)) is None


def test_that_the_oldest_make_room_and_the_newest_stays_however_long() -> None:
    kept = RenderedPrompts(kept_tokens=100)
    for text, tokens in (("a", 60), ("b", 40), ("b", 40), ("c", 30)):
        kept.put(messages(text), prompt(tokens))
    assert [kept.get(messages(text)) is not None for text in "abc"] == [False, True, True]
    kept.put(messages("long"), prompt(1000))
    assert [kept.get(messages(text)) is not None for text in "bc"] == [False, False]
    assert kept.get(messages("long")) is not None
    kept.take(messages("long"))
    for text in "xy":
        kept.put(messages(text), prompt(50))
    assert [kept.get(messages(text)) is not None for text in "xy"] == [True, True]
