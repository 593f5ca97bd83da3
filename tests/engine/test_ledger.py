"""The ledger of a load that failed for memory, from readers that know or do not."""

from __future__ import annotations

from pathlib import Path

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB
from desktop_llm.engine.ledger import memory_ledger, unknown_holders
from desktop_llm.models.fit import DeviceMemory, LoadPlan, one_chat_kv_cache_bytes
from desktop_llm.models.folder import inspect_folder
from tests.helpers.model_folders import make_model, safetensors

CARD = DeviceMemory(total=24 * GIB, free=3 * GIB)
GAME = MemoryHolder(4242, "game", 20 * GIB)


def test_that_it_tells_what_was_needed_and_who_had_it(tmp_path: Path) -> None:
    facts = inspect_folder(make_model(tmp_path / "model"))
    asked: list[tuple[bool, int]] = []

    def holders(cpu: bool, devices: int) -> tuple[MemoryHolder, ...]:
        asked.append((cpu, devices))
        return (GAME,)

    profile = LoadProfile(tensor_parallel_size=2, kv_cache=KvCacheSize(gib=9))
    plan = LoadPlan(facts, kv_cache_bytes=9 * GIB)
    ledger = memory_ledger(plan, profile, lambda *_: CARD, holders, cpu=False)
    assert (ledger.total, ledger.free, ledger.on_gpu) == (24 * GIB, 3 * GIB, True)
    assert ledger.weights_needed == 8 * 4 * 2 // 2 + 16 * 2  # a matrix is shared out, a norm not
    assert ledger.kv_cache_needed == 9 * GIB
    assert ledger.holders == (GAME,)
    assert asked == [(False, 2)]


def test_that_a_cache_too_small_for_one_chat_needs_what_that_chat_takes(tmp_path: Path) -> None:
    facts = inspect_folder(make_model(tmp_path / "model"))
    plan = LoadPlan(facts, kv_cache_bytes=1)
    ledger = memory_ledger(plan, LoadProfile(), lambda *_: CARD, unknown_holders, cpu=False)
    assert ledger.kv_cache_needed == one_chat_kv_cache_bytes(facts, LoadProfile(), cpu=False)


def test_that_offloaded_weights_are_not_asked_of_the_gpu(tmp_path: Path) -> None:
    folder = make_model(tmp_path / "model")
    layer = {"model.layers.0.mlp.up_proj.weight": ("BF16", [8, 8])}
    (folder / "model.safetensors").write_bytes(safetensors(layer))
    plan = LoadPlan(inspect_folder(folder))
    profile = LoadProfile(cpu_offload_gib=2048)
    ledger = memory_ledger(plan, profile, lambda *_: CARD, unknown_holders, cpu=False)
    assert ledger.weights_needed == 0


def test_that_what_nobody_knows_is_none() -> None:
    ledger = memory_ledger(None, LoadProfile(), lambda *_: None, unknown_holders, cpu=True)
    assert not ledger.on_gpu
    assert ledger.total is None
    assert ledger.free is None
    assert ledger.holders is None
    assert ledger.weights_needed is None
    assert ledger.kv_cache_needed is None
