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
