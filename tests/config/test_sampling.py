"""Sampling settings: bounds, and laying one set over another."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from desktop_llm.config.profiles import validation_sentences
from desktop_llm.config.sampling import SamplingSettings


@pytest.mark.parametrize(
    "change",
    [
        {"temperature": -0.1},
        {"temperature": 2.1},
        {"temperature": float("nan")},
        {"top_p": 0},
        {"top_p": 1.1},
        {"top_k": -2},
        {"min_p": 2},
        {"presence_penalty": 2.5},
        {"repetition_penalty": 0},
        {"max_tokens": 0},
        {"seed": -1},
        {"stop": [""]},
        {"stop_token_ids": [-1]},
        {"allowed_token_ids": ["word"]},
        {"logit_bias": {"word": 1}},
        {"logit_bias": {3: 101}},
        {"json_schema": "{"},
        {"json_schema": "[]"},
        {"regex": "(a"},
        {"choice": [""]},
        {"unheard_of": 1},
    ],
)
def test_that_what_vllm_would_refuse_is_refused_with_its_name(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as caught:
        SamplingSettings.model_validate(change)
    (sentence,) = validation_sentences(caught.value)
    assert next(iter(change)).replace("_", " ") in sentence


def test_that_only_what_is_set_lies_on_top() -> None:
    below = SamplingSettings(temperature=0.7, top_p=0.9, stop=("END",))
    above = SamplingSettings(temperature=0, max_tokens=50)
    assert below.overlaid(above) == SamplingSettings(
        temperature=0, top_p=0.9, stop=("END",), max_tokens=50
    )
    assert below.overlaid(SamplingSettings()) == below


def test_that_none_set_on_purpose_goes_back_to_the_models_default() -> None:
    below = SamplingSettings(temperature=0.7)
    assert below.overlaid(SamplingSettings(temperature=None)).temperature is None


def test_that_min_tokens_above_max_tokens_is_refused_with_both_numbers() -> None:
    with pytest.raises(ValidationError) as caught:
        SamplingSettings(max_tokens=10, min_tokens=20)
    (problem,) = caught.value.errors()
    assert problem["loc"] == ("min_tokens",)
    assert "20" in problem["msg"]
    assert "10" in problem["msg"]


def test_that_an_answer_has_one_form_at_most() -> None:
    for two in ({"json_schema": "{}", "regex": "a"}, {"regex": "a", "choice": ["a", "b"]}):
        with pytest.raises(ValidationError, match="only one of"):
            SamplingSettings.model_validate(two)


def test_that_escapes_only_the_engine_knows_are_left_to_it() -> None:
    assert SamplingSettings(regex=r"\p{L}+").regex == r"\p{L}+"


def test_that_all_settings_come_back_from_json_the_same() -> None:
    settings = SamplingSettings(
        logit_bias={5: -1.5}, allowed_token_ids=(1, 2), json_schema='{"type": "object"}'
    )
    text = settings.model_dump_json(exclude_unset=True)
    assert SamplingSettings.model_validate_json(text) == settings
