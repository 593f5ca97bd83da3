"""How much memory a load asks for."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.config.profiles import KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import GIB, KIB, MIB
from desktop_llm.models import checks
from desktop_llm.models.fit import DeviceMemory, fitting_context, plan_load, tightest, vram_share
from desktop_llm.models.folder import inspect_folder
from tests.helpers.model_folders import make_model

ROOMY = DeviceMemory(total=64 * GIB, free=60 * GIB)
CARD = DeviceMemory(total=24 * GIB, free=20 * GIB)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Llama-3-8B's shape: 128 KiB of KV cache a token, 8,192 tokens of context."""
    return make_model(tmp_path / "m")


def test_that_a_cpu_load_takes_what_one_long_and_some_short_chats_need(model: Path) -> None:
    """And one block of 128 tokens, which vLLM keeps back."""
    plan = plan_load(model, LoadProfile(max_sequences=64), cpu=True, memory=ROOMY)
    assert plan.kv_cache_bytes == (8192 + 15 * 4096 + 128) * 128 * KIB
    alone = plan_load(model, LoadProfile(max_sequences=1), cpu=True, memory=ROOMY)
    assert alone.kv_cache_bytes == (8192 + 128) * 128 * KIB
    short = LoadProfile(max_sequences=2, context_length=1024)
    assert plan_load(model, short, cpu=True, memory=ROOMY).kv_cache_bytes == 2176 * 128 * KIB


def test_that_a_cpu_load_leaves_the_desktop_its_ram(model: Path) -> None:
    tight = DeviceMemory(total=8 * GIB, free=5 * GIB)
    assert plan_load(model, LoadProfile(), cpu=True, memory=tight).kv_cache_bytes == 2 * GIB
    none_left = DeviceMemory(total=8 * GIB, free=0)
    assert plan_load(model, LoadProfile(), cpu=True, memory=none_left).kv_cache_bytes == 64 * MIB


def test_that_an_untold_shape_gets_the_whole_budget(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", config={"model_type": "strange"})
    memory = DeviceMemory(total=16 * GIB, free=10 * GIB)
    assert plan_load(folder, LoadProfile(), cpu=True, memory=memory).kv_cache_bytes == 4 * GIB


def test_that_the_person_decides_where_they_do(model: Path) -> None:
    exact = LoadProfile(kv_cache=KvCacheSize(gib=1.5))
    assert plan_load(model, exact, cpu=True, memory=ROOMY).kv_cache_bytes == 1.5 * GIB
    assert plan_load(model, exact, cpu=False, memory=CARD).kv_cache_bytes == 1.5 * GIB
    share = LoadProfile(kv_cache=KvCacheShare(share=0.5))
    assert plan_load(model, share, cpu=False, memory=CARD).memory_share == 0.5


def test_that_a_gpu_load_asks_only_for_what_is_free(model: Path) -> None:
    plan = plan_load(model, LoadProfile(), cpu=False, memory=CARD)
    assert plan.memory_share is not None
    assert plan.memory_share * CARD.total < CARD.free
    assert plan_load(model, LoadProfile(), cpu=False, memory=None).memory_share is None


def test_that_each_gpu_of_a_parallel_model_is_asked_for_its_part_of_the_kv_cache(
    model: Path, tmp_path: Path
) -> None:
    def per_gpu(folder: Path, devices: int) -> int | None:
        profile = LoadProfile(tensor_parallel_size=devices)
        memory = DeviceMemory(total=192 * GIB, free=190 * GIB)
        return plan_load(folder, profile, cpu=False, memory=memory).kv_cache_bytes

    tokens = 8192 + 15 * 4096
    whole = (tokens + 16) * 128 * KIB  # a block of 16 tokens is kept back
    assert per_gpu(model, 1) == whole
    assert per_gpu(model, 2) == whole // 2
    assert per_gpu(model, 8) == whole // 8
    assert per_gpu(model, 16) == whole // 8  # eight heads: each is on two GPUs

    # DeepSeek's latent attention keeps one vector for all heads: every GPU has a copy.
    latent = make_model(tmp_path / "mla", kv_lora_rank=512, qk_rope_head_dim=64)
    assert per_gpu(latent, 1) == per_gpu(latent, 4) == (tokens + 64) * 32 * 576 * 2


def test_that_the_processes_of_a_parallel_model_share_the_free_ram(model: Path) -> None:
    tight = DeviceMemory(total=8 * GIB, free=5 * GIB)
    plan = plan_load(model, LoadProfile(tensor_parallel_size=2), cpu=True, memory=tight)
    assert plan.kv_cache_bytes == GIB


def test_that_the_context_that_would_fit_is_told(model: Path) -> None:
    facts = inspect_folder(model)
    long = LoadProfile(context_length=8192)

    def fits(free: int, *, cpu: bool = False) -> int | None:
        return fitting_context(facts, long, cpu=cpu, memory=DeviceMemory(24 * GIB, free))

    assert fits(4 * GIB + 256 * MIB) == 2016  # 2,048 less the weights and the block kept back
    assert fits(20 * GIB) == 4096  # less than was asked for, for that has failed
    assert fits(4 * GIB) == 0
    assert fits(GIB, cpu=True) == 3072  # in blocks of 128
    unknown = inspect_folder(make_model(model.parent / "x", config={"model_type": "strange"}))
    assert fitting_context(unknown, long, cpu=True, memory=ROOMY) is None


devices = st.builds(
    lambda total, free: DeviceMemory(total, int(total * free)),
    st.integers(GIB, 200 * GIB),
    st.floats(0, 1),
)


@given(st.lists(devices, min_size=1, max_size=8))
def test_that_what_fits_the_tightest_fits_every_device(each: list[DeviceMemory]) -> None:
    found = tightest(each)
    assert found is not None
    share = vram_share(found)
    assert found.free == min(device.free for device in each)
    assert all(share == 0.05 or share * device.total <= device.free for device in each)


@given(total=st.integers(GIB, 200 * GIB), free=st.floats(0, 1))
def test_that_the_share_never_asks_for_more_than_is_free(total: int, free: float) -> None:
    memory = DeviceMemory(total, int(total * free))
    share = vram_share(memory)
    assert 0.05 <= share <= 0.92
    assert share == 0.05 or share * total <= memory.free


def test_that_what_may_not_be_loaded_gets_no_plan(model: Path) -> None:
    with pytest.raises(AppError, match=r"8,193"):
        plan_load(model, LoadProfile(context_length=8193), cpu=True, memory=ROOMY)


def test_that_fp8_at_load_is_for_the_gpu_build(model: Path) -> None:
    profile = LoadProfile(quantization="fp8")
    assert plan_load(model, profile, cpu=False, memory=CARD).facts.name == model.name
    with pytest.raises(AppError) as caught:
        plan_load(model, profile, cpu=True, memory=ROOMY)
    assert (caught.value.code, caught.value.fix_value) == ("model.fp8_needs_gpu", "quantization")


def test_that_an_fp8_cache_on_the_cpu_needs_a_processor_and_a_head_size_for_it(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = LoadProfile(kv_cache_dtype="fp8", max_sequences=1)

    def refusal(folder: Path, flags: frozenset[str]) -> str:
        monkeypatch.setattr(checks, "cpu_flags", lambda: flags)
        with pytest.raises(AppError) as caught:
            plan_load(folder, profile, cpu=True, memory=ROOMY)
        assert (caught.value.code, caught.value.fix_value) == (
            "model.fp8_cache_needs_gpu",
            "kv_cache_dtype",
        )
        return caught.value.message

    assert "AVX-512" in refusal(model, frozenset({"avx2"}))
    odd = make_model(tmp_path / "odd", head_dim=80)
    assert "80" in refusal(odd, frozenset({"avx512f"}))
    plan = plan_load(model, profile, cpu=True, memory=ROOMY)
    assert plan.kv_cache_bytes == (8192 + 128) * 64 * KIB  # half of what bfloat16 takes
    assert plan_load(odd, profile, cpu=False, memory=CARD).kv_cache_bytes


def test_that_an_fp8_model_takes_no_cache_of_the_other_fp8(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "m", quantization_config={"quant_method": "fp8"})
    with pytest.raises(AppError) as caught:
        plan_load(folder, LoadProfile(kv_cache_dtype="fp8_e5m2"), cpu=False, memory=CARD)
    assert (caught.value.code, caught.value.fix_value) == ("model.dtype_mismatch", "kv_cache_dtype")
