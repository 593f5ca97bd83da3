"""Which of vLLM's parsers a model gets, by its family and what its tokenizer knows."""

from __future__ import annotations

from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.engine.parsers import NONE, Parsers, choose_parsers
from tests.helpers.tiny_models import GUIDE

pytestmark = pytest.mark.engine

_THINK = ("<think>", "</think>")


def tokenizer(*tokens: str, template: str = "") -> Any:
    """The guide's, with these tokens and this template."""
    from transformers import AutoTokenizer

    made = AutoTokenizer.from_pretrained(GUIDE)
    made.add_tokens(list(tokens))
    made.chat_template = template
    return made


@pytest.mark.parametrize(
    ("model_type", "tokens", "template", "expected"),
    [
        ("llama", ("<|python_tag|>",), "", Parsers("llama3_json")),
        ("llama", (), "", Parsers("hermes")),
        ("qwen2", (), "", Parsers("hermes")),
        ("qwen2", _THINK, "<think>", Parsers("hermes", "deepseek_r1")),
        ("qwen3", _THINK, "{% if enable_thinking %}", Parsers("hermes", "qwen3")),
        ("qwen3", _THINK, "no such word", Parsers("hermes")),
        ("mistral", ("[TOOL_CALLS]",), "", Parsers("mistral")),
        ("mistral", (), "", Parsers("hermes")),
        ("nobody_knows", _THINK, "<think>", Parsers("hermes")),
    ],
)
def test_that_a_family_gets_what_its_tokenizer_knows(
    model_type: str, tokens: tuple[str, ...], template: str, expected: Parsers
) -> None:
    made = tokenizer(*tokens, template=template)
    assert choose_parsers(model_type, made, tool="", reasoning="") == expected


def test_that_a_named_one_overrides_the_family() -> None:
    made = tokenizer(*_THINK, template="think")
    found = choose_parsers("qwen3", made, tool="pythonic", reasoning=NONE)
    assert found == Parsers("pythonic")


@pytest.mark.parametrize("name", ["mistral", "no_such_parser"])
def test_that_a_named_one_that_does_not_suit_is_said(name: str) -> None:
    with pytest.raises(AppError) as raised:
        choose_parsers("llama", tokenizer(), tool=name, reasoning="")
    assert raised.value.code == "server.bad_parser"
    assert name in raised.value.message
