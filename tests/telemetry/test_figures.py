"""Samples and the engine's numbers as named figures."""

from __future__ import annotations

from dataclasses import asdict

from desktop_llm.core.units import GIB, KIB
from desktop_llm.engine.statistics import EngineStatistics, Latency
from desktop_llm.telemetry.figures import Figure, Unit, engine_figures, figures_of
from desktop_llm.telemetry.sample import Link, NvLink, Temperatures, Throttle
from tests.telemetry.samples import gpu, sample


def by_name(figures: tuple[Figure, ...]) -> dict[str, Figure]:
    found = {figure.name: figure for figure in figures}
    assert len(found) == len(figures)
    return found


def test_that_a_gpus_sample_becomes_figures_with_units() -> None:
    card = gpu(
        power=212.5,
        temperatures=Temperatures(64),
        link=Link(sent=KIB),
        nvlink=NvLink(4, "4.0", 1.0, 2.0),
        throttle=Throttle.POWER_CAP,
    )
    figures = by_name(figures_of(sample(gpus=[card, gpu(index=3)])))
    assert figures["gpu0.power"] == Figure("gpu0.power", Unit.WATTS, 212.5)
    assert figures["gpu0.memory_used"] == Figure("gpu0.memory_used", Unit.BYTES, 20 * GIB)
    assert figures["gpu0.memory_full"].value == 100 * 21 / 24
    assert figures["gpu0.temperature"].unit is Unit.CELSIUS
    assert figures["gpu0.nvlink_received"].value == 2.0
    assert (figures["gpu0.held_by_power"].value, figures["gpu0.held_by_heat"].value) == (1, 0)
    assert figures["gpu3.power"].value is None
    assert figures["gpu3.held_by_heat"].value is None
    assert figures["ram.used"] == Figure("ram.used", Unit.BYTES, 10 * GIB)
    assert figures["ram.ours"].value == 2 * GIB


def test_that_a_gpu_whose_memory_is_unknown_has_no_figures_of_it() -> None:
    names = by_name(figures_of(sample(gpus=[gpu(memory=None)])))
    assert not any(name.startswith("gpu0.memory_full") for name in names)


def test_that_the_engines_statistics_are_taken_as_they_are() -> None:
    statistics = EngineStatistics(
        0.5, 10, 5, 16, 160, 80, 1, 2, 0, 3, 100, 40, 1000, 400, 50, 7, 900.0, 30.0,
        ttft_s=Latency(2, 0.2, 0.3, 0.2, 0.3),
    )  # fmt: skip
    figures = by_name(engine_figures(asdict(statistics)))
    units = {name: figure.unit for name, figure in figures.items()}
    assert figures["engine.kv_usage"] == Figure("engine.kv_usage", Unit.SHARE, 0.5)
    assert figures["engine.ttft_s.p95"] == Figure("engine.ttft_s.p95", Unit.SECONDS, 0.3)
    assert figures["engine.inter_token_s.mean"].value is None
    assert units["engine.ttft_s.count"] is Unit.COUNT
    assert units["engine.generation_tokens_per_s"] is Unit.TOKENS_PER_SECOND
    assert units["engine.kv_capacity_tokens"] is Unit.TOKENS
    assert units["engine.kv_blocks"] is units["engine.preemptions"] is Unit.COUNT
    assert units["engine.prefix_hits"] is Unit.TOKENS
