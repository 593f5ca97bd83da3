"""What `/metrics` tells: right, in base units, nothing that nobody measured, fit for Prometheus."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY, Gauge
from prometheus_client.parser import text_string_to_metric_families

from desktop_llm.core.units import GIB
from desktop_llm.server.metrics import Metrics, exposition
from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.traffic import TrafficFigures
from desktop_llm.telemetry.sample import Sample
from tests.server.figures import PORT, machine, traffic
from tests.telemetry.samples import sample
from tests.telemetry.test_recorded import read as read_recorded

NO_TRAFFIC = TrafficFigures({}, {}, {})


def values(text: bytes) -> dict[tuple[str, tuple[str, ...]], float]:
    """By name and label values, in the order of the labels' names."""
    return {
        (found.name, tuple(value for _, value in sorted(found.labels.items()))): found.value
        for family in text_string_to_metric_families(text.decode())
        for found in family.samples
    }


@pytest.fixture
def full() -> dict[tuple[str, tuple[str, ...]], float]:
    return values(exposition(PORT, traffic(), machine()))


@pytest.fixture
def two_h100s() -> bytes:
    """What is told of two real cards, by what their driver answered (`tests.telemetry`)."""
    reading = read_recorded("busy")
    seen = replace(sample(), driver=reading.driver, driver_version=reading.driver_version)
    return exposition(PORT, traffic(), replace(seen, gpus=reading.gpus))


@pytest.fixture
def left_by_vllm() -> Iterator[None]:
    """A gauge as vLLM leaves it in the process when it has unloaded."""
    gauge = Gauge("vllm:num_requests_running", "Requests", ["engine"])
    gauge.labels("0").set(3)
    yield
    REGISTRY.unregister(gauge)


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool comes with prometheus")
def test_that_promtool_finds_nothing_to_say_of_it(two_h100s: bytes) -> None:
    for text in (exposition(PORT, traffic(), machine()), two_h100s):
        ran = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)
        assert (ran.returncode, ran.stdout + ran.stderr) == (0, b"")


def test_that_two_real_cards_are_told_as_their_driver_told_them(two_h100s: bytes) -> None:
    found = values(two_h100s)
    for gpu in ("0", "1"):
        assert found["desktop_llm_gpu_up", (gpu,)] == 1
        assert found["desktop_llm_gpu_memory_total_bytes", (gpu,)] == 85_520_809_984
        assert found["desktop_llm_gpu_power_limit_watts", (gpu,)] == 700
        assert ("desktop_llm_gpu_fan_ratio", (gpu,)) not in found, "it has no fan"
        assert found["desktop_llm_gpu_ecc_errors_total", (gpu, "uncorrected")] == 0
    assert found["desktop_llm_gpu_memory_used_bytes", ("0",)] > 4 * GIB
    assert found["desktop_llm_gpu_busy_ratio", ("0",)] > 0.5
    driver = "580.159.04"
    names = [labels for name, labels in found if name == "desktop_llm_gpu_info"]
    assert [(labels[0], labels[2]) for labels in names] == [(driver, "NVIDIA H100 80GB HBM3")] * 2


def test_that_the_port_is_told_as_it_is(full: dict[tuple[str, tuple[str, ...]], float]) -> None:
    assert full["desktop_llm_engine_ready", ()] == 1
    assert full["desktop_llm_port_running_requests", ()] == 3
    assert full["desktop_llm_port_waiting_requests", ()] == 2
    assert full["desktop_llm_port_refused_requests_total", ("queue_full",)] == 5
    assert full["desktop_llm_port_refused_requests_total", ("client_limit",)] == 0
    assert full["desktop_llm_port_resumed_streams_total", ()] == 7
    states = {name: full["desktop_llm_breaker_state", (name,)] for name in ("closed", "open")}
    assert states == {"closed": 0, "open": 0}
    assert full["desktop_llm_breaker_state", ("half_open",)] == 1
    assert full["desktop_llm_breaker_opened_total", ("gpu_lost",)] == 1


def test_that_requests_and_their_latency_are_told_by_route(
    full: dict[tuple[str, tuple[str, ...]], float],
) -> None:
    route, name = "/v1/chat/completions", "desktop_llm_port_request_duration_seconds"
    assert full["desktop_llm_port_requests_total", (route, "200")] == 2
    assert full["desktop_llm_port_requests_total", ("other", "404")] == 1
    buckets = {bound: full[f"{name}_bucket", (bound, route)] for bound in ("0.01", "0.025", "10")}
    assert buckets == {"0.01": 0, "0.025": 1, "10": 2}
    assert full[f"{name}_bucket", ("+Inf", route)] == full[f"{name}_count", (route,)] == 2
    assert full[f"{name}_sum", (route,)] == pytest.approx(7.02)


def test_that_the_gpu_is_told_in_base_units(
    full: dict[tuple[str, tuple[str, ...]], float],
) -> None:
    assert full["desktop_llm_gpu_memory_total_bytes", ("0",)] == 24 * 2**30
    assert full["desktop_llm_gpu_busy_ratio", ("0",)] == 0.87
    assert full["desktop_llm_gpu_sm_clock_hertz", ("0",)] == 2_520_000_000
    assert full["desktop_llm_gpu_energy_joules_total", ("0",)] == 12345
    assert full["desktop_llm_gpu_temperature_celsius", ("0", "memory")] == 70
    assert full["desktop_llm_gpu_throttled", ("0", "heat")] == 1
    assert full["desktop_llm_gpu_throttled", ("0", "hardware_heat")] == 0
    assert full["desktop_llm_gpu_nvlink_received_bytes_per_second", ("0",)] == 20


def test_that_what_a_card_does_not_report_is_no_zero(
    full: dict[tuple[str, tuple[str, ...]], float],
) -> None:
    silent = {name for name, labels in full if name.startswith("desktop_llm_gpu") and "1" in labels}
    assert silent == {
        "desktop_llm_gpu_info",
        "desktop_llm_gpu_up",
        "desktop_llm_gpu_memory_total_bytes",
        "desktop_llm_gpu_memory_used_bytes",
        "desktop_llm_gpu_memory_free_bytes",
        "desktop_llm_gpu_memory_reserved_bytes",
    }
    lost = {name for name, labels in full if name.startswith("desktop_llm_gpu") and "2" in labels}
    assert lost == {"desktop_llm_gpu_info", "desktop_llm_gpu_up"}
    assert full["desktop_llm_gpu_up", ("2",)] == 0


def test_that_a_machine_without_a_gpu_has_no_family_of_one() -> None:
    text = exposition(PortFigures(False), NO_TRAFFIC, sample()).decode()
    assert "desktop_llm_ram_total_bytes" in text
    assert 'desktop_llm_gpu_driver_state{state="absent"} 1.0' in text
    assert "desktop_llm_gpu_up" not in text
    assert "desktop_llm_gpu_memory" not in text


@pytest.mark.usefixtures("left_by_vllm")
def test_that_vllms_last_figures_are_not_told_once_its_model_is_gone() -> None:
    loaded = exposition(PortFigures(True), NO_TRAFFIC, None)
    unloaded = exposition(PortFigures(False), NO_TRAFFIC, None)
    assert b'vllm:num_requests_running{engine="0"} 3.0' in loaded
    assert b"vllm:" not in unloaded
    assert b"process_resident_memory_bytes" in unloaded


async def test_that_each_part_is_asked_anew_at_each_scrape() -> None:
    looks = [None, machine()]

    async def look() -> Sample | None:
        return looks.pop(0)

    metrics = Metrics(lambda: PORT, traffic, look)
    assert b"desktop_llm_gpu_up" not in await metrics.text()
    assert b"desktop_llm_gpu_up" in await metrics.text()
