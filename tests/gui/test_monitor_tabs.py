"""The monitor page's devices and alerts: the whole table, a GPU that comes and goes, alerts."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from desktop_llm.config.alerts import AlertKind, AlertSettings, PercentLimit
from desktop_llm.core.errors import Fix
from desktop_llm.core.units import GIB, MIB
from desktop_llm.gui.monitor_page.alert_list import AlertList
from desktop_llm.gui.monitor_page.facts import Facts, device_facts
from desktop_llm.gui.monitor_page.page import ALERTS, DEVICES, MonitorPage
from desktop_llm.gui.workbench import Workbench
from desktop_llm.telemetry.alerts import Alert
from desktop_llm.telemetry.nvml.reader import NvmlReader
from desktop_llm.telemetry.sample import (
    Clocks,
    DriverState,
    Ecc,
    GpuMemory,
    GpuProcess,
    GpuSample,
    GpuState,
    Link,
    NvLink,
    OurProcess,
    RamSample,
    Sample,
    Temperatures,
    Throttle,
)
from desktop_llm.telemetry.source import ThisMachine
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_engine import engine_statistics
from tests.helpers.nvml.recorded import Replay, played_by
from tests.helpers.nvml.stand_in import StandIn, build, loaded

TELEMETRY = Path(__file__).parents[1] / "telemetry"
RAM = RamSample(32 * GIB, 20 * GIB, (OurProcess(70, "python", 2 * GIB),))
TALKATIVE = GpuSample(
    0,
    "H100",
    "GPU-1",
    memory=GpuMemory(80 * GIB, 40 * GIB, 39 * GIB, GIB),
    processes=(GpuProcess(70, "python", 38 * GIB), GpuProcess(9, "", None)),
    busy_percent=93,
    memory_busy_percent=40,
    power=612.4,
    power_limit=700.0,
    temperatures=Temperatures(64, 71, 87, 89, 95),
    clocks=Clocks(1980, 1980, 2619, 2619),
    throttle=Throttle.POWER_CAP | Throttle.HEAT,
    link=Link(5, 5, 16, 16, 3 * MIB, 2 * GIB),
    fan_percent=None,
    ecc=Ecc(True, 3, 0),
    mig_instances=7,
    nvlink=NvLink(18, "4.0", 1.5 * GIB, None),
    energy=7_200_000.0,
)
SILENT = GpuSample(1, "", "", memory=GpuMemory(8 * GIB, GIB, 7 * GIB))


def sampled(*gpus: GpuSample, driver: str | None = "580.65.06") -> Sample:
    return Sample(0, 0, RAM, DriverState.OK, "", driver, gpus)


def flat(facts: Facts) -> dict[str, str]:
    return dict(row for group in facts.groups for row in group.rows)


def test_that_everything_a_card_tells_is_in_the_table() -> None:
    card, ram = device_facts(sampled(TALKATIVE))
    assert card.name == "GPU 0: H100"
    assert flat(card) == {
        "Used": "40.0 GiB",
        "Free": "39.0 GiB",
        "Reserved by the driver": "1.0 GiB",
        "Total": "80.0 GiB",
        "GPU utilization": "93 %",
        "Memory bandwidth use": "40 %",
        "SM clock": "1,980 of 1,980 MHz",
        "Memory clock": "2,619 of 2,619 MHz",
        "Clocks held back": "at its power limit, too hot",
        "Power": "612 of 700 W",
        "Energy since the driver was loaded": "2.00 kWh",
        "GPU temperature": "64 °C",
        "Memory temperature": "71 °C",
        "Highest in regular use": "87 °C",
        "Slows down at": "89 °C",
        "Shuts down at": "95 °C",
        "Fan": "not reported",
        "PCIe generation": "5 of 5",
        "PCIe lanes": "16 of 16",
        "PCIe sent": "3.0 MiB/s",
        "PCIe received": "2.0 GiB/s",
        "NVLink": "18 links, version 4.0",
        "NVLink sent": "1.5 GiB/s",
        "NVLink received": "not reported",
        "Driver": "580.65.06",
        "UUID": "GPU-1",
        "MIG instances": "7",
        "ECC": "on; errors corrected 3, not corrected 0",
        "python (70)": "38.0 GiB",
        "Process (9)": "not reported",
    }
    assert flat(ram)["Used"] == "12.0 GiB"
    assert flat(ram)["python (70)"] == "2.0 GiB"


def test_that_what_a_card_does_not_tell_is_never_zero() -> None:
    card = flat(device_facts(sampled(SILENT, driver=None))[0])
    assert not [name for name, text in card.items() if text.startswith("0")]
    unknown = {name for name, text in card.items() if text == "not reported"}
    assert {"GPU utilization", "Power", "Fan", "ECC", "Clocks held back", "Driver"} <= unknown


def test_that_what_two_real_h100s_answered_is_shown_whole() -> None:
    calls = json.loads((TELEMETRY / "recorded" / "two-h100.json").read_text("utf-8"))["busy"]
    with played_by(Replay(calls)):
        reader = NvmlReader()
        reading = reader.read(0)
        reader.close()
    first, second, _ram = device_facts(sampled(*reading.gpus, driver=reading.driver_version))
    assert first.name == "GPU 0: NVIDIA H100 80GB HBM3"
    told = flat(first)
    assert told["Power"] == "471 of 700 W"
    assert told["GPU utilization"] == told["Memory bandwidth use"] == "100 %"
    assert told["Clocks held back"] == "by nothing"
    assert told["NVLink"] == "18 links, version 4.0"
    unknown = [name for name, text in told.items() if text == "not reported"]
    assert unknown == ["Fan", "NVLink sent", "NVLink received"], "at the first look"
    assert not second.problem


def test_that_without_a_gpu_the_ram_is_there_and_the_reason_said() -> None:
    absent = Sample(0, 0, RAM, DriverState.ABSENT, "No NVIDIA driver was found.")
    (ram,) = device_facts(absent)
    assert ram.problem == "No NVIDIA driver was found."
    assert flat(ram)["Total"] == "32.0 GiB"


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    try:
        library = build(tmp_path)
    except LookupError as error:
        pytest.skip(str(error))
    with loaded(library, tmp_path / "control") as control:
        yield control


async def test_that_a_gpu_that_falls_off_the_bus_is_said_and_comes_back(
    window: Workbench, core: FakeCore, stand_in: StandIn
) -> None:
    core.sampled = ThisMachine()  # type: ignore[assignment]
    page = show(window, DEVICES)
    await until(lambda: page.devices.devices)
    card = page.devices.devices[0]

    def value(name: str) -> str:
        return next(
            (table.values[name].text() for table in card.tables if name in table.values), ""
        )

    await until(lambda: value("GPU utilization") == "55 %")
    assert value("Power") == "212 of 450 W"
    stand_in.set(busy=77)
    await until(lambda: value("GPU utilization") == "77 %")
    stand_in.lose(0)
    await until(page.problem.isVisible)
    assert "fell off the bus" in page.problem_text.text()
    assert "fell off the bus" in card.problem.text()
    assert not value("GPU utilization"), "and nothing old is shown as if it were so"
    stand_in.lose(0, 0)
    await until(lambda: value("GPU utilization") == "77 %")
    await until(lambda: not page.problem.isVisible())


def show(window: Workbench, tab: str) -> MonitorPage:
    page = window.show_page("monitor")
    assert isinstance(page, MonitorPage)
    page.tabs.select(tab)
    page.tabs.chosen.emit(tab)
    return page


def alert(kind: AlertKind, raised: float, cleared: float | None = None) -> Alert:
    return Alert(kind, "", f"It is {kind}.", "Do this.", Fix.EDIT_PROFILE, raised, cleared)


def test_that_lasting_alerts_come_first_and_past_ones_say_how_long(qapp: QApplication) -> None:
    shown = AlertList()
    shown.show_alerts([], [], 1000.0)
    assert not shown.none_yet.isHidden()
    past = [alert(AlertKind.TTFT, 500, 590), alert(AlertKind.HEAT, 100, 130)]
    shown.show_alerts([alert(AlertKind.KV_CACHE, 940)], past, 1000.0)
    assert shown.none_yet.isHidden()
    texts = [(row.message.text(), row.age.text()) for row in shown.rows]
    assert texts == [
        ("It is kv_cache.", "for 1 min 0 s now"),
        ("It is ttft.", "lasted 1 min 30 s"),
        ("It is heat.", "lasted 30.0 s"),
    ]
    assert [row.fix.isHidden() for row in shown.rows] == [False, True, True]
    assert shown.rows[1].hint.text() == "Do this."
    before = list(shown.rows)
    shown.show_alerts([alert(AlertKind.KV_CACHE, 940)], past, 1001.0)
    assert shown.rows == before, "what has not changed is not made again"
    assert shown.rows[0].age.text() == "for 1 min 1 s now"
    shown.deleteLater()


async def test_that_an_alert_is_listed_with_its_fix_and_then_as_past(
    window: Workbench, core: FakeCore
) -> None:
    core.settings.update(
        alerts=AlertSettings(kv_cache=PercentLimit(above=50, clears_at=40, calm_seconds=0))
    )
    watch = core.monitor.alerts
    watch.use(core.settings.current.alerts)
    core.engine.figures = engine_statistics(kv_usage=0.9)
    window.engine.load(window.engine.default_model())
    page = show(window, ALERTS)
    await until(lambda: page.alerts.rows)
    (row,) = page.alerts.rows
    assert "more than 50 % full" in row.message.text()
    assert row.fix.text() == "Edit the load profile"
    row.fix.click()
    assert window.page == "models"
    core.engine.figures = engine_statistics(kv_usage=0.1)
    show(window, ALERTS)
    await until(lambda: page.alerts.rows and page.alerts.rows[0].alert.cleared_at is not None)
    assert page.alerts.rows[0].age.text().startswith("lasted ")
    page.alerts.settings.click()
    assert window.page == "settings"


async def test_that_only_the_tab_on_show_is_written(
    window: Workbench, core: FakeCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    core.sampled.sample = replace(sampled(TALKATIVE), at=time.monotonic())
    page = show(window, DEVICES)
    await until(lambda: page.devices.devices)
    written: list[object] = []
    monkeypatch.setattr(page.devices, "show_facts", written.append)
    show(window, ALERTS)
    await until(lambda: page.stack.currentWidget() is page.alerts)
    page._show(replace(core.sampled.read(), gpus=(replace(TALKATIVE, state=GpuState.OK),)))
    assert not written


async def test_that_what_was_so_long_ago_is_not_shown_as_the_present(
    window: Workbench, core: FakeCore
) -> None:
    core.monitor.sampler._latest = replace(sampled(TALKATIVE), at=time.monotonic() - 60)
    page = show(window, DEVICES)
    assert page._sample is None
    await until(lambda: page.devices.devices)
    assert [device.name.text() for device in page.devices.devices] == ["RAM"]
