"""What the view says, word for word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_llm.chat.types import AnswerMetrics, MessageError, MessageStatus
from desktop_llm.core.errors import Fix
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.messages.wording import (
    can_be_helped,
    dropped_text,
    footer_text,
    notice_text,
    spoken_name,
)
from tests.gui.messages.helpers import METRICS, answer, question


def test_that_the_footer_tells_what_the_answer_took() -> None:
    told = answer(1, "x", metrics=METRICS, model_name="Qwen3-8B")
    assert footer_text(told) == (
        "Qwen3-8B · TTFT 212 ms · 48.3 tok/s · 512 tokens · stop"
        " · 3,900 of 4,100 prompt tokens reused"
    )
    fresh = replace(METRICS, cached_tokens=0, ttft_ms=1234.0, finish_reason="length")
    assert footer_text(answer(1, "x", metrics=fresh)) == (
        "TTFT 1.2 s · 48.3 tok/s · 512 tokens · length: token limit reached"
    )
    assert footer_text(answer(1, "x", metrics=AnswerMetrics(completion_tokens=1))) == "1 token"
    assert footer_text(answer(1, "x")) == ""


@pytest.mark.parametrize(
    ("dropped", "sentence"),
    [
        (0, ""),
        (1, "The oldest turn was left out to fit the context."),
        (2, "The 2 oldest turns were left out to fit the context."),
    ],
)
def test_that_dropped_turns_are_said(dropped: int, sentence: str) -> None:
    told = answer(1, "x", metrics=replace(METRICS, dropped_turns=dropped))
    assert dropped_text(told) == sentence


def test_that_every_end_but_a_good_one_has_a_sentence() -> None:
    error = MessageError("engine.dead", "The engine stopped.", "Reload the model.")
    failed = answer(1, "", status=MessageStatus.FAILED, error=error)
    assert notice_text(failed) == ("The engine stopped.", "Reload the model.")
    for status in MessageStatus:
        text, _ = notice_text(answer(1, "", status=status))
        good = status in (MessageStatus.COMPLETE, MessageStatus.STREAMING)
        assert bool(text) is not good


def test_that_an_answer_that_was_preempted_says_so() -> None:
    told = answer(1, "x", metrics=AnswerMetrics(completion_tokens=9, preemptions=2))
    assert footer_text(told) == "9 tokens · preempted 2×"
    assert notice_text(told)[0].startswith("The KV cache ran full while this was written")
    assert can_be_helped(told)
    assert not can_be_helped(answer(1, "x", metrics=METRICS))
    too_long = MessageError("engine.prompt_too_long", "Too long.", needed_tokens=3000)
    assert can_be_helped(answer(1, "", status=MessageStatus.FAILED, error=too_long))


def test_that_every_fix_has_a_label() -> None:
    for fix in Fix:
        assert bool(fix_label(fix, "4096")) is (fix is not Fix.NONE)
    assert fix_label("apply_context", "16384") == "Load with 16,384 tokens of context"
    assert fix_label("something_newer", "") == ""


def test_that_a_screen_reader_hears_who_speaks_and_how_it_stands() -> None:
    assert spoken_name(question(1, "x")) == "Your message"
    assert spoken_name(answer(1, "x", model_name="Guide")) == "Answer from Guide"
    streaming = answer(1, "x", status=MessageStatus.STREAMING)
    assert spoken_name(streaming) == "Answer, streaming"
