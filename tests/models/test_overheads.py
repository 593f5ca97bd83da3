"""What past loads teach about the next one."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.core.units import GIB, MIB
from desktop_llm.models.config_facts import feed_forward_width
from desktop_llm.models.overheads import (
    LoadShape,
    Overheads,
    WorkerShare,
    read_overheads,
    write_overheads,
)

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


TOLD = WorkerShare(
    weights=15 * GIB,
    kv_cache=8 * GIB,
    activations=SHAPE.activations // 2,
    graphs=300 * MIB,
    non_torch=200 * MIB,
)


def test_that_a_load_teaches_the_next_one_like_it() -> None:
    before = Overheads().estimate(SHAPE)
    assert not before.learned
    learned = Overheads().with_load(SHAPE, TOLD)
    after = learned.estimate(replace(SHAPE, batched_tokens=8192))
    assert (after.learned, after.graphs) == (True, 300 * MIB)
    assert after.runtime == 712 * MIB  # with the CUDA context, which no worker tells of
    twice = replace(SHAPE, batched_tokens=8192).activations
    assert after.activations == pytest.approx(twice / 2, abs=1)
    assert after.total == after.activations + after.graphs + after.runtime

    assert not learned.estimate(replace(SHAPE, eager=False)).learned
    assert not learned.estimate(replace(SHAPE, cpu=True)).learned


def test_that_the_median_of_the_latest_loads_counts() -> None:
    overheads = Overheads()
    for size in (100, 900, 500, *[300] * 9):
        overheads = overheads.with_load(SHAPE, WorkerShare(non_torch=size * MIB))
    assert overheads.estimate(SHAPE).runtime == 812 * MIB
    for _ in range(100):
        overheads = overheads.with_load(SHAPE, TOLD)
    assert len(overheads.seen) == 50


def test_that_a_worker_that_told_too_little_teaches_nothing() -> None:
    assert Overheads().with_load(SHAPE, WorkerShare(graphs=5)) == Overheads()
    on_cpu = replace(SHAPE, cpu=True)
    assert Overheads().with_load(on_cpu, WorkerShare(resident=GIB)) == Overheads()


def test_that_on_the_cpu_the_process_tells() -> None:
    on_cpu = replace(SHAPE, cpu=True, hidden_size=128, inner_size=256, vocab_size=512)
    worker = WorkerShare(
        weights=GIB, kv_cache=2 * GIB, resident=3 * GIB + on_cpu.activations + 450 * MIB
    )
    after = Overheads().with_load(on_cpu, worker).estimate(on_cpu)
    assert (after.learned, after.runtime) == (True, 850 * MIB)


def test_that_the_file_keeps_it(tmp_path: Path) -> None:
    file = tmp_path / "data" / "overheads.json"
    assert read_overheads(file) == Overheads()
    overheads = Overheads().with_load(SHAPE, TOLD)
    write_overheads(file, overheads)
    assert json.loads(file.read_text("utf-8"))["version"] == 1
    assert read_overheads(file) == overheads


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"version": 2, "loads": []}', '{"version": 1, "loads": [{"cpu": 1}]}',
     '{"version": 1, "loads": [{"cpu": 1, "eager": 1, "devices": 1, "runtime_bytes": -5, '
     '"graph_bytes": 0, "activation_scale": null}]}'],
)  # fmt: skip
def test_that_a_damaged_or_newer_file_is_as_none(content: str, tmp_path: Path) -> None:
    file = tmp_path / "overheads.json"
    file.write_text(content, "utf-8")
    assert read_overheads(file) == Overheads()


def test_that_activations_grow_with_the_step_and_shrink_with_devices() -> None:
    assert replace(SHAPE, batched_tokens=8192).activations > SHAPE.activations
    assert replace(SHAPE, devices=4).activations < SHAPE.activations


def test_that_the_experts_a_token_goes_to_are_counted() -> None:
    mixtral = {"hidden_size": 4096, "intermediate_size": 14336, "num_experts_per_tok": 2}
    assert feed_forward_width(mixtral) == 2 * 14336
    narrow = {"hidden_size": 2880, "intermediate_size": 2880, "num_experts_per_tok": 4}
    assert feed_forward_width(narrow) == 4 * 2880
    tiny = {
        "hidden_size": 2048,
        "intermediate_size": 1024,
        "moe_intermediate_size": 512,
        "num_experts_per_tok": 10,
    }
    assert feed_forward_width(tiny) == 10 * (2048 + 512) // 3
    assert feed_forward_width({"intermediate_size": 7}) == 7
    assert feed_forward_width({}) is None
