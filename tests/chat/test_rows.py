"""Rows that another version of the app has written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desktop_llm.chat import rows
from desktop_llm.chat.types import AnswerMetrics, MessageError
from desktop_llm.config.sampling import SamplingSettings


def message_row(metrics: str | None, error: str | None) -> tuple[Any, ...]:
    return ("m", "c", None, "assistant", "Hi", "failed", 1.0, "model", metrics, error)


def test_that_an_unknown_or_refused_sampling_value_costs_no_other() -> None:
    text = '{"temperature": 0.2, "top_p": 7, "of_a_later_version": 1, "stop": ["###"]}'
    read = rows.conversation(("c", "Title", "", text, None, 1.0, 1.0)).sampling
    assert read == SamplingSettings(temperature=0.2, stop=("###",))
    assert read.model_fields_set == {"temperature", "stop"}


def test_that_metrics_and_errors_of_a_later_version_are_read() -> None:
    metrics = json.dumps({"ttft_ms": 12.5, "prompt_tokens": "?", "of_a_later_version": [1]})
    error = json.dumps({"code": "engine.died", "message": "It ended.", "of_a_later_version": 1})
    read = rows.message(message_row(metrics, error))
    assert read.metrics == AnswerMetrics(ttft_ms=12.5)
    assert read.error == MessageError("engine.died", "It ended.")


@pytest.mark.parametrize("text", ["", "[]", "{", "7", "null", '{"message": "no code"}'])
def test_that_facts_nobody_can_read_leave_the_message_readable(text: str) -> None:
    read = rows.message(message_row(None, text))
    assert read.error is None
    assert read.content == "Hi"
