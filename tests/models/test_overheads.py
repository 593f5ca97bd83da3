"""What past loads teach about the next one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.core.units import GIB, MIB
from desktop_llm.models.overheads import LoadShape, Overheads, read_overheads, write_overheads

SHAPE = LoadShape(
    cpu=False,
    eager=True,
    hidden_size=4096,
    inner_size=14336,
    vocab_size=128256,
    layers=32,
    batched_tokens=4096,
    sequences=64,
)


def test_that_a_load_teaches_the_next_one_like_it() -> None:
    before = Overheads().estimate(SHAPE)
    assert not before.learned
    taken = 15 * GIB + 8 * GIB + SHAPE.activations + 700 * MIB
    learned = Overheads().with_load(SHAPE, taken, weights=15 * GIB, kv_cache=8 * GIB)
    after = learned.estimate(SHAPE)
    assert (after.learned, after.runtime, after.graphs) == (True, 700 * MIB, 0)
    assert after.total == SHAPE.activations + 700 * MIB

    assert not learned.estimate(replace(SHAPE, eager=False)).learned
    assert not learned.estimate(replace(SHAPE, cpu=True)).learned


def test_that_the_median_of_the_latest_loads_counts() -> None:
    overheads = Overheads()
    for size in (100, 900, 500, *[300] * 9):
        overheads = overheads.with_load(SHAPE, SHAPE.activations + size, 0, 0)
    assert overheads.estimate(SHAPE).runtime == 300
    for _ in range(100):
        overheads = overheads.with_load(SHAPE, SHAPE.activations + 1, 0, 0)
    assert len(overheads.seen) == 50


def test_that_a_disturbed_measurement_teaches_nothing() -> None:
    assert Overheads().with_load(SHAPE, GIB, weights=2 * GIB, kv_cache=GIB) == Overheads()


def test_that_the_file_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "overheads.json"
    assert read_overheads(file) == Overheads()
    overheads = Overheads().with_load(SHAPE, 3 * GIB, GIB, GIB)
    write_overheads(file, overheads)
    assert json.loads(file.read_text("utf-8"))["version"] == 1
    assert read_overheads(file) == overheads


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"version": 2, "loads": []}', '{"version": 1, "loads": [{"cpu": 1}]}',
     '{"version": 1, "loads": [{"cpu": 1, "eager": 1, "devices": 1, "runtime_bytes": -5}]}'],
)  # fmt: skip
def test_that_a_damaged_or_newer_file_is_as_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "overheads.json"
    file.write_text(content, "utf-8")
    assert read_overheads(file) == Overheads()


def test_that_activations_grow_with_the_step_and_shrink_with_devices() -> None:
    assert replace(SHAPE, batched_tokens=8192).activations > SHAPE.activations
    assert replace(SHAPE, devices=4).activations < SHAPE.activations
