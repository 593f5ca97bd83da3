"""What vLLM finds in its environment, however the person has set it."""

from __future__ import annotations

import os

import pytest

from desktop_llm.engine.environment import prepare_environment

SAMPLER = "VLLM_USE_FLASHINFER_SAMPLER"


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test's changes to the environment end with it."""
    monkeypatch.setattr(os, "environ", os.environ.copy())


def test_that_nothing_is_left_to_a_compiler_that_only_cuda_toolkits_have() -> None:
    os.environ.pop(SAMPLER, None)
    prepare_environment()
    assert os.environ[SAMPLER] == "0"


def test_that_what_the_person_has_set_stays() -> None:
    os.environ[SAMPLER] = "1"
    prepare_environment()
    assert os.environ[SAMPLER] == "1"
