"""Which GPUs CUDA will use, told from its variables as CUDA reads them."""

from __future__ import annotations

import os

import pytest

from desktop_llm import app
from desktop_llm.core.units import GIB
from desktop_llm.models.fit import DeviceMemory
from desktop_llm.telemetry.gpus import Gpu, GpuReading
from desktop_llm.telemetry.visible import ORDER_VARIABLE, VISIBLE_VARIABLE, visible_gpus

DISPLAY = Gpu(0, "GeForce GT 1030", 2 * GIB, GIB, GIB, (6, 1), uuid="GPU-aaaa-1")
BIG = Gpu(1, "GeForce RTX 4090", 24 * GIB, GIB, 23 * GIB, (8, 9), uuid="GPU-bbbb-2")
BUSY = Gpu(2, "RTX A6000", 48 * GIB, 38 * GIB, 10 * GIB, (8, 6), uuid="GPU-bbcc-3")
ALL = (DISPLAY, BIG, BUSY)


@pytest.mark.parametrize(
    ("named", "seen"),
    [
        (None, ALL),
        ("1", (BIG,)),
        ("2, 1", (BUSY, BIG)),
        ("GPU-bbbb", (BIG,)),
        ("GPU-bbcc-3,0", (BUSY, DISPLAY)),
        ("GPU-bb", ()),  # names two
        ("1,-1,2", (BIG,)),
        ("1,7,2", (BIG,)),
        ("", ()),
        ("MIG-41b3", ()),
    ],
)
def test_that_the_visible_gpus_are_those_cuda_numbers(
    named: str | None, seen: tuple[Gpu, ...]
) -> None:
    environment = {ORDER_VARIABLE: "PCI_BUS_ID"}
    if named is not None:
        environment[VISIBLE_VARIABLE] = named
    assert visible_gpus(ALL, environment) == seen


def test_that_indices_in_an_order_of_cudas_own_are_not_guessed() -> None:
    fastest = {ORDER_VARIABLE: "FASTEST_FIRST"}
    assert visible_gpus(ALL, fastest) is None
    assert visible_gpus(ALL, fastest | {VISIBLE_VARIABLE: "0"}) is None
    assert visible_gpus(ALL, fastest | {VISIBLE_VARIABLE: "GPU-aaaa"}) == (DISPLAY,)
    assert visible_gpus((BIG,), {}) == (BIG,)


def memory(
    monkeypatch: pytest.MonkeyPatch, *gpus: Gpu, devices: int = 1, **variables: str
) -> DeviceMemory | None:
    monkeypatch.setattr(app, "read_gpus", lambda: GpuReading("580.1", gpus))
    for name, value in ({ORDER_VARIABLE: "PCI_BUS_ID", VISIBLE_VARIABLE: ""} | variables).items():
        # Set first, so that what is set by the code under test is undone too.
        monkeypatch.setenv(name, value)
        if not value:
            monkeypatch.delenv(name)
    return app.read_device_memory(False, devices)


def test_that_a_small_card_for_the_displays_is_not_what_a_load_is_planned_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert memory(monkeypatch, DISPLAY, BIG) == DeviceMemory(24 * GIB, 23 * GIB)
    # And CUDA is told to use the other, though the small one is first on the PCI bus.
    assert os.environ[VISIBLE_VARIABLE] == "1,0"


def test_that_the_persons_choice_of_gpus_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    chosen = memory(monkeypatch, *ALL, CUDA_VISIBLE_DEVICES="2,1")
    assert chosen == DeviceMemory(48 * GIB, 10 * GIB)
    assert os.environ[VISIBLE_VARIABLE] == "2,1"


def test_that_a_parallel_model_is_planned_for_the_tightest_of_its_gpus(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    both = memory(monkeypatch, *ALL, devices=2)
    assert both == DeviceMemory(48 * GIB, 10 * GIB)


def test_that_in_an_order_of_cudas_own_the_tightest_of_all_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    unknown = memory(monkeypatch, *ALL, CUDA_DEVICE_ORDER="FASTEST_FIRST")
    assert unknown is not None
    assert unknown.free == GIB
    assert unknown.free / unknown.total == pytest.approx(10 / 48, rel=1e-6)
    assert VISIBLE_VARIABLE not in os.environ


def test_that_without_a_visible_gpu_nothing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory(monkeypatch, BIG, CUDA_VISIBLE_DEVICES="MIG-1") is None
    assert memory(monkeypatch) is None
