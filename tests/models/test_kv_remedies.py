"""What helps an answer that the context or the KV cache was too small for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.errors import Remedy
from desktop_llm.core.memory import KvHolder, KvLedger
from desktop_llm.core.units import GIB
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.kv_remedies import longer_context, more_room
from desktop_llm.models.overheads import Overheads
from tests.helpers.model_folders import LLAMA_3_8B, write_json

TWO = KvLedger(8192, 8000, (KvHolder("a", "chat", 5000), KvHolder("b", "chat", 3000)))


@pytest.fixture
def facts(tmp_path: Path) -> ModelFacts:
    """Llama-3-8B's config alone: 128 KiB of KV cache a token."""
    config = LLAMA_3_8B | {"intermediate_size": 14336, "max_position_embeddings": 65536}
    write_json(tmp_path / "config.json", config)
    return inspect_folder(tmp_path)


def on_card(free: int, *, cpu: bool = False) -> Surroundings:
    return Surroundings(cpu, DeviceMemory(24 * GIB, free), ram_free=None if cpu else 64 * GIB)


def fields(found: tuple[Remedy, ...]) -> list[dict[str, object]]:
    return [json.loads(remedy.value) for remedy in found]


def test_that_the_context_that_was_needed_is_offered_where_it_fits(facts: ModelFacts) -> None:
    profile = LoadProfile(context_length=4096)
    found = longer_context(facts, profile, on_card(23 * GIB), Overheads(), 9000)
    assert fields(found) == [{"context_length": 9216}]


def test_that_where_it_does_not_fit_alone_it_comes_with_what_makes_it_fit(
    facts: ModelFacts,
) -> None:
    profile = LoadProfile(context_length=4096)
    found = fields(longer_context(facts, profile, on_card(23 * GIB), Overheads(), 50_000))
    assert all(each["context_length"] == 50_176 for each in found)
    assert {"kv_cache_dtype", "quantization", "cpu_offload_gib"} <= {
        name for each in found for name in each
    }


def test_that_no_context_is_offered_beyond_the_model_s_own_or_below_the_present(
    facts: ModelFacts,
) -> None:
    profile = LoadProfile(context_length=4096)
    assert longer_context(facts, profile, on_card(23 * GIB), Overheads(), 70_000) == ()
    assert longer_context(facts, profile, on_card(23 * GIB), Overheads(), 4000) == ()


def test_that_a_larger_cache_fp8_and_fewer_sequences_give_room(facts: ModelFacts) -> None:
    profile = LoadProfile(context_length=8192)
    larger, smaller, fewer = more_room(facts, profile, on_card(23 * GIB), Overheads(), TWO)
    assert json.loads(larger.value) == {"kv_cache": {"kind": "size", "gib": 2.0}}
    assert "about 16,384 tokens instead of 8,192" in larger.text
    in_fp8 = json.loads(smaller.value)
    assert in_fp8["kv_cache_dtype"] == "fp8"
    assert in_fp8["kv_cache"]["gib"] == pytest.approx(1.0)
    assert json.loads(fewer.value) == {"max_sequences": 1}


def test_that_only_what_fits_is_offered(facts: ModelFacts) -> None:
    profile = LoadProfile(context_length=8192, kv_cache=KvCacheSize(gib=1.1))
    names = [
        set(each) for each in fields(more_room(facts, profile, on_card(18 * GIB), Overheads(), TWO))
    ]
    assert {"kv_cache"} not in names, "there is no room for a larger one"
    alone = KvLedger(8192, 8192, (KvHolder("a", "chat", 8192),))
    found = more_room(facts, profile, on_card(18 * GIB), Overheads(), alone)
    assert all("max_sequences" not in each for each in fields(found))
