"""Tokens made and energy used: what is counted, what is not, and that it outlives the app."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.telemetry.figures import engine_figures
from desktop_llm.telemetry.sample import GpuSample, OurProcess
from desktop_llm.telemetry.usage import Usage, UsageMeter
from tests.telemetry.samples import gpu, processes, sample


class Meter(UsageMeter):
    """With the engine's counters as numbers; None is no model."""

    def look(self, at: float, tokens: int | None, *gpus: GpuSample, prompts: int = 0) -> None:
        figures = {} if tokens is None else {"generation_tokens": tokens, "prompt_tokens": prompts}
        self.note(sample(at, gpus), engine_figures(figures))


@pytest.fixture
def meter(tmp_path: Path) -> Meter:
    return Meter(tmp_path / "data" / "usage.json", lambda: True)


def test_that_tokens_and_time_count_while_a_model_is_loaded(meter: Meter) -> None:
    meter.look(0, None)
    meter.look(5, 100, prompts=10)
    meter.look(10, 400, prompts=60)
    meter.look(15, None)
    meter.look(20, 500)
    assert meter.usage == Usage(1_700_000_010, 5, 300, 50)


def test_that_a_new_load_and_a_sleep_count_nothing_of_what_is_not_known(meter: Meter) -> None:
    meter.look(0, 1000, gpu(energy=0.0))
    meter.look(5, 20, gpu(energy=500.0))  # another model
    meter.look(4000, 90, gpu(energy=99_000.0))  # the machine slept
    assert meter.usage == Usage()
    meter.look(4005, 100, gpu(energy=99_100.0))
    assert (meter.usage.tokens, meter.usage.seconds, meter.usage.counted) == (10, 5, 100)


def test_that_energy_is_the_cards_own_counter_where_it_has_one(meter: Meter) -> None:
    meter.look(0, 0, gpu(energy=1000.0, power=300.0))
    meter.look(5, 10, gpu(energy=2500.0, power=300.0))
    meter.look(10, 20, gpu(energy=10.0, power=300.0))  # the driver was loaded again
    assert (meter.usage.counted, meter.usage.integrated) == (1500, 0)


def test_that_power_is_integrated_where_it_has_none(meter: Meter) -> None:
    meter.look(0, 0, gpu(power=100.0))
    meter.look(5, 10, gpu(power=300.0))
    meter.look(10, 20, gpu(power=None))
    assert (meter.usage.counted, meter.usage.integrated) == (0, 1000)


def test_that_only_the_gpus_this_app_is_on_count(meter: Meter) -> None:
    def two(energy: float, first: int) -> tuple[GpuSample, GpuSample]:
        return (
            gpu(energy=energy, processes=processes(10, first=first)),
            gpu(index=1, uuid="GPU-2", energy=10 * energy, processes=()),
        )

    ours = sample().ram.ours[0]
    assert ours == OurProcess(1, "python", ours.resident)
    meter.look(0, 0, *two(0.0, ours.pid))
    meter.look(5, 1, *two(100.0, ours.pid))
    assert meter.usage.counted == 100
    meter.begin_anew()
    meter.look(10, 2, *two(100.0, 999))
    meter.look(15, 3, *two(200.0, 999))
    assert meter.usage.counted == 1100, "where the driver names us nowhere, all of them"


def test_that_a_model_on_the_cpu_uses_no_gpus_energy(tmp_path: Path) -> None:
    meter = Meter(tmp_path / "usage.json", lambda: False)
    meter.look(0, 0, gpu(energy=0.0, power=50.0))
    meter.look(5, 10, gpu(energy=900.0, power=50.0))
    assert meter.usage == Usage(1_700_000_005, 5, 10)


def test_that_it_goes_on_after_a_restart(meter: Meter, tmp_path: Path) -> None:
    meter.look(0, 0, gpu(energy=0.0))
    meter.look(5, 50, gpu(energy=100.0))
    meter.close()
    again = Meter(tmp_path / "data" / "usage.json", lambda: True)
    assert again.usage == meter.usage
    again.look(0, 0, gpu(energy=0.0))
    again.look(5, 50, gpu(energy=100.0))
    assert (again.usage.tokens, again.usage.counted) == (100, 200)
    assert again.usage.since == meter.usage.since
    again.close()


def test_that_beginning_anew_can_be_taken_back(meter: Meter) -> None:
    meter.look(0, 0)
    meter.look(5, 50)
    before = meter.begin_anew()
    assert before.tokens == 50
    assert meter.usage.tokens == 0
    meter.look(10, 70)
    meter.take_back(before)
    assert meter.usage == replace(before, tokens=70, seconds=10)
    meter.close()


@pytest.mark.parametrize("text", ["{", "[]", '{"tokens": "many", "seconds": 5}'])
def test_that_a_damaged_file_is_no_end(tmp_path: Path, text: str) -> None:
    file = tmp_path / "usage.json"
    file.write_text(text)
    meter = Meter(file, lambda: True)
    meter.look(0, 0)
    meter.look(5, 50)
    assert meter.usage.tokens == 50
    meter.close()
    assert json.loads(file.read_text())["tokens"] == 50


def test_that_nothing_is_written_where_nothing_was_counted(meter: Meter, tmp_path: Path) -> None:
    meter.look(0, None)
    meter.close()
    assert not (tmp_path / "data").exists()
