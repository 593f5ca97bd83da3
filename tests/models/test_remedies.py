"""What is offered after a load that failed for memory: changes with which the sum fits."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_llm.config.profiles import KvCacheShare, LoadProfile
from desktop_llm.core.errors import Fix, Remedy
from desktop_llm.core.units import GIB
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.overheads import Overheads
from desktop_llm.models.remedies import changed_fields, remedies
from tests.helpers.model_folders import LLAMA_3_8B, write_json


@pytest.fixture
def facts(tmp_path: Path) -> ModelFacts:
    """Llama-3-8B's config alone."""
    config = LLAMA_3_8B | {"intermediate_size": 14336, "max_position_embeddings": 131072}
    write_json(tmp_path / "config.json", config)
    return inspect_folder(tmp_path)


def found(facts: ModelFacts, profile: LoadProfile, free: int, *, cpu: bool = False) -> list[Remedy]:
    around = Surroundings(cpu, DeviceMemory(24 * GIB, free), ram_free=None if cpu else 64 * GIB)
    return list(remedies(facts, profile, around, Overheads()))


def fields(remedy: Remedy) -> dict[str, object]:
    values = json.loads(remedy.value)
    assert isinstance(values, dict)
    return values


def test_that_several_single_changes_are_offered_for_one_failure(facts: ModelFacts) -> None:
    offered = found(facts, LoadProfile(), 23 * GIB)
    assert {remedy.fix for remedy in offered} == {Fix.CHANGE_PROFILE}
    names = [name for remedy in offered for name in fields(remedy)]
    assert names == ["context_length", "cpu_offload_gib"]
    for remedy in offered:
        LoadProfile.model_validate(fields(remedy))  # a profile with that alone is valid
    half = found(facts, LoadProfile(context_length=40_000), 23 * GIB)
    assert "kv_cache_dtype" in [name for remedy in half for name in fields(remedy)]


def test_that_a_share_which_others_hold_is_lowered(facts: ModelFacts) -> None:
    profile = LoadProfile(context_length=8192, kv_cache=KvCacheShare(share=0.92))
    offered = [fields(remedy) for remedy in found(facts, profile, 21 * GIB)]
    assert {"kv_cache": {"kind": "auto"}} in offered
    assert {"kv_cache": {"kind": "share", "share": 0.86}} in offered


def test_that_a_load_which_failed_though_its_sum_fits_is_offered_what_spares_more(
    facts: ModelFacts,
) -> None:
    offered = found(facts, LoadProfile(context_length=16384), 23 * GIB)
    shorter = next(fields(each) for each in offered if "context_length" in fields(each))
    assert int(str(shorter["context_length"])) < 10_000


def test_that_nothing_is_offered_where_no_single_change_fits(facts: ModelFacts) -> None:
    assert found(facts, LoadProfile(), 2 * GIB, cpu=True) == []


def test_that_only_what_changed_is_told() -> None:
    after = LoadProfile(context_length=512, max_sequences=3)
    assert json.loads(changed_fields(LoadProfile(context_length=512), after)) == {
        "max_sequences": 3
    }
