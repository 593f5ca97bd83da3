"""A worker's memory figures, from stand-ins for vLLM's worker and its runner."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.engine.child import memory
from desktop_llm.engine.child.memory import MemoryMeter
from desktop_llm.engine.child.report import MemoryReport

MIB = 1 << 20


class Storage:
    """Of a tensor: an address and a size."""

    def __init__(self, address: int, size: int) -> None:
        self.data_ptr, self.nbytes = lambda: address, lambda: size


def tensor(address: int, size: int) -> Any:
    return SimpleNamespace(untyped_storage=lambda: Storage(address, size))


class Runner:
    """Captures graphs of seven MiB."""

    kv_caches: Any = ()

    def capture_model(self) -> int:
        return 7 * MIB


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[MemoryReport]:
    reports: list[MemoryReport] = []
    monkeypatch.setattr(memory, "send", reports.append)
    return reports


def test_that_a_piece_of_memory_shared_by_layers_counts_once(told: list[MemoryReport]) -> None:
    runner = Runner()
    runner.kv_caches = [tensor(1, MIB), tensor(1, MIB), [tensor(2, 3 * MIB)]]
    MemoryMeter(SimpleNamespace(model_runner=runner)).kv_cache_allocated()
    assert told == [MemoryReport(os.getpid(), kv_cache_bytes=4 * MIB)]


def test_that_vllms_own_figure_of_its_graphs_is_told_and_its_runner_left_as_it_was(
    told: list[MemoryReport],
) -> None:
    runner = Runner()
    worker = SimpleNamespace(model_runner=runner, init_snapshot=None, device="none")
    with MemoryMeter(worker).warming_up():
        assert runner.capture_model() == 7 * MIB
    assert told[0].graph_bytes == 7 * MIB
    assert vars(runner) == {}


def test_that_a_step_is_measured_from_what_stays_to_its_peak(
    told: list[MemoryReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryMeter, "_begin_peak", lambda _: 10 * MIB)
    monkeypatch.setattr(MemoryMeter, "_peak", lambda _: 34 * MIB)
    with MemoryMeter(SimpleNamespace(init_snapshot=None)).profiling():
        pass
    assert told[-1].activation_bytes == 24 * MIB


def test_that_figures_that_cannot_be_had_end_no_load(told: list[MemoryReport]) -> None:
    meter = MemoryMeter(SimpleNamespace(init_snapshot=None))  # nothing that is asked for exists
    with meter.profiling():
        pass
    meter.kv_cache_allocated()
    with meter.warming_up():
        pass
    assert told == []


def test_that_the_cpu_build_tells_the_ram_of_its_process(told: list[MemoryReport]) -> None:
    with MemoryMeter(SimpleNamespace(model_runner=Runner())).warming_up():
        pass
    status = Path("/proc/self/status").read_text("ascii")
    resident = int(status.split("VmRSS:")[1].split()[0]) * 1024
    assert told[-1].resident_bytes == pytest.approx(resident, rel=0.05)
    assert told[-1].graph_bytes is None
