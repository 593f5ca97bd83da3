"""What the composition root tells a fit question: memory given back, and what a load taught."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from desktop_llm.app import Core, learn_overheads, memory_given_back
from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.units import GIB, MIB
from desktop_llm.engine.types import EngineState, LoadedModel, LoadRequest, Phase, WorkerMemory
from desktop_llm.models.overheads import read_overheads
from tests.helpers.fake_engine import loaded_model
from tests.helpers.model_folders import make_model

WORKER = WorkerMemory(
    1,
    weight_bytes=15 * GIB,
    kv_cache_bytes=8 * GIB,
    activation_bytes=GIB,
    graph_bytes=None,
    non_torch_bytes=GIB // 2,
)


def on_gpus(*workers: WorkerMemory) -> LoadedModel:
    return replace(loaded_model(4096), device="cuda", workers=workers)


def test_that_unloading_gives_back_what_the_workers_told() -> None:
    assert memory_given_back(on_gpus(WORKER)) == 24 * GIB + GIB // 2
    smaller = replace(WORKER, weight_bytes=14 * GIB)
    assert memory_given_back(on_gpus(WORKER, smaller)) == 23 * GIB + GIB // 2
    assert memory_given_back(on_gpus()) == 0
    on_cpu = replace(on_gpus(replace(WORKER, resident_bytes=25 * GIB)), device="cpu")
    assert memory_given_back(on_cpu) == 25 * GIB


def test_that_the_present_model_counts_as_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_llm.app.engine_build", lambda: "cpu")
    empty = SimpleNamespace(engine=SimpleNamespace(state=EngineState()))
    assert Core.fit_surroundings(cast("Core", empty), LoadProfile()).given_back == 0
    state = EngineState(Phase.READY, Path("/m"), model=on_gpus(WORKER))
    loaded = SimpleNamespace(engine=SimpleNamespace(state=state))
    around = Core.fit_surroundings(cast("Core", loaded), LoadProfile())
    assert around.given_back == memory_given_back(on_gpus(WORKER))
    assert around.memory.total >= around.memory.free > 0


def test_that_a_real_load_teaches_and_one_with_dummy_weights_does_not(tmp_path: Path) -> None:
    file = tmp_path / "overheads.json"
    request = LoadRequest(make_model(tmp_path / "m"), LoadProfile(enforce_eager=True))
    learn_overheads(file, replace(request, dummy_weights=True), on_gpus(WORKER))
    learn_overheads(file, request, on_gpus())
    assert not file.exists()
    learn_overheads(file, request, on_gpus(WORKER))
    (load,) = read_overheads(file).seen
    assert (load.cpu, load.eager, load.runtime_bytes) == (False, True, 1024 * MIB)
