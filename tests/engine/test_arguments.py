"""What vLLM is told for a load profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_llm.config.profiles import KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.units import GIB
from desktop_llm.engine.arguments import engine_arguments
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.fit import DeviceMemory, cpu_kv_cache_bytes, plan_load, vram_share
from desktop_llm.models.folder import inspect_folder
from tests.helpers.model_folders import make_model


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_model(tmp_path / "model")


def told(
    folder: Path,
    profile: LoadProfile,
    *,
    cpu: bool = False,
    memory: DeviceMemory | None = None,
    dummy: bool = False,
) -> dict[str, object]:
    plan = plan_load(folder, profile, cpu=cpu, memory=memory)
    return engine_arguments(LoadRequest(folder, profile, dummy), plan, cpu=cpu)


def test_that_an_explicit_kv_cache_is_passed_in_bytes(folder: Path) -> None:
    profile = LoadProfile(kv_cache=KvCacheSize(gib=1.5))
    assert told(folder, profile)["kv_cache_memory_bytes"] == int(1.5 * GIB)
    assert "gpu_memory_utilization" not in told(folder, profile)


def test_that_an_explicit_kv_cache_on_a_gpu_that_others_use_asks_only_for_what_is_free(
    folder: Path,
) -> None:
    """vLLM refuses to start where less than the share is free, though the size overrules it."""
    busy = DeviceMemory(total=16 * GIB, free=10 * GIB)
    arguments = told(folder, LoadProfile(kv_cache=KvCacheSize(gib=1)), memory=busy)
    assert arguments["kv_cache_memory_bytes"] == GIB
    assert arguments["gpu_memory_utilization"] == vram_share(busy)
    assert vram_share(busy) * busy.total < busy.free


def test_that_a_share_is_passed_as_a_share(folder: Path) -> None:
    profile = LoadProfile(kv_cache=KvCacheShare(share=0.5))
    assert told(folder, profile)["gpu_memory_utilization"] == 0.5


def test_that_automatic_on_a_gpu_asks_only_for_what_is_free(folder: Path) -> None:
    busy = DeviceMemory(total=16 * GIB, free=10 * GIB)
    share = told(folder, LoadProfile(), memory=busy)["gpu_memory_utilization"]
    assert isinstance(share, float)
    assert share * busy.total < busy.free
    idle = DeviceMemory(total=16 * GIB, free=16 * GIB)
    assert vram_share(idle) == 0.92
    assert "gpu_memory_utilization" not in told(folder, LoadProfile())


def test_that_automatic_on_a_gpu_takes_what_the_chats_want_and_no_more(folder: Path) -> None:
    """Else a tiny model would fill a card that the desktop needs too."""
    big = DeviceMemory(total=80 * GIB, free=79 * GIB)
    size = told(folder, LoadProfile(), memory=big)["kv_cache_memory_bytes"]
    facts = inspect_folder(folder)
    assert isinstance(size, int)
    # And one block, which vLLM keeps back.
    assert size == (8192 + 15 * 4096 + 16) * (facts.kv_bytes_per_token("auto") or 0)
    tight = DeviceMemory(total=8 * GIB, free=6 * GIB)
    assert "kv_cache_memory_bytes" not in told(folder, LoadProfile(), memory=tight)


def test_that_automatic_on_the_cpu_leaves_the_desktop_its_memory(folder: Path) -> None:
    facts = inspect_folder(folder)
    assert cpu_kv_cache_bytes(facts, LoadProfile(), 1 * GIB) <= 0.4 * GIB
    plenty = cpu_kv_cache_bytes(facts, LoadProfile(), 10_000 * GIB)
    assert facts.context_length is not None
    a_token = facts.kv_bytes_per_token("auto")
    assert a_token is not None
    one_chat = facts.context_length * a_token
    assert one_chat <= plenty < 10_000 * GIB * 0.4


def test_that_pickle_is_out_of_reach_unless_it_is_allowed(folder: Path) -> None:
    assert told(folder, LoadProfile())["load_format"] == "safetensors"
    assert told(folder, LoadProfile(allow_pickle_weights=True))["load_format"] == "auto"
    assert told(folder, LoadProfile(), dummy=True)["load_format"] == "dummy"


def test_that_every_other_value_of_the_profile_arrives(folder: Path) -> None:
    profile = LoadProfile(
        context_length=128,
        max_sequences=7,
        max_batched_tokens=777,
        dtype="float16",
        tensor_parallel_size=2,
        cpu_offload_gib=3,
        enforce_eager=True,
        prefix_caching=False,
        priority_scheduling=False,
        trust_remote_code=True,
        quantization="fp8",
    )
    given = told(folder, profile)
    assert given["max_model_len"] == 128
    assert given["max_num_seqs"] == 7
    assert given["max_num_batched_tokens"] == 777
    assert given["dtype"] == "float16"
    assert given["tensor_parallel_size"] == 2
    assert given["cpu_offload_gb"] == 3
    assert given["enforce_eager"] is True
    assert given["enable_prefix_caching"] is False
    assert given["scheduling_policy"] == "fcfs"
    assert given["trust_remote_code"] is True
    assert given["quantization"] == "fp8_per_tensor"
    assert "quantization" not in told(folder, LoadProfile())


def test_that_the_cpu_build_runs_eager_where_nothing_can_compile(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert told(folder, LoadProfile(), cpu=True)["enforce_eager"] is True
    assert told(folder, LoadProfile())["enforce_eager"] is False


def test_that_the_dtype_of_the_kv_cache_is_told(folder: Path) -> None:
    assert told(folder, LoadProfile())["kv_cache_dtype"] == "auto"
    big = DeviceMemory(total=80 * GIB, free=79 * GIB)
    plain = told(folder, LoadProfile(), memory=big)["kv_cache_memory_bytes"]
    halved = told(folder, LoadProfile(kv_cache_dtype="fp8"), memory=big)
    assert halved["kv_cache_dtype"] == "fp8"
    assert isinstance(plain, int)
    assert halved["kv_cache_memory_bytes"] == plain // 2
