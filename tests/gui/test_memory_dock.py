"""The memory and KV cache dock: what it shows, what it stops, and when it looks."""

from __future__ import annotations

import asyncio
import math
import time
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_llm.config.alerts import AlertSettings, PercentLimit
from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.core.units import GIB
from desktop_llm.engine.statistics import EngineRequest, Latency, RequestState
from desktop_llm.engine.types import (
    EngineState,
    GenerationRequest,
    LoadedModel,
    Owner,
    OwnerKind,
    Phase,
    WorkerMemory,
)
from desktop_llm.gui import geometry
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.memory_dock.control import UNSEEN_S
from desktop_llm.gui.memory_dock.device_bars import device_bars
from desktop_llm.gui.memory_dock.sparkline import Sparkline
from desktop_llm.gui.palettes import DARK, LIGHT
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench
from desktop_llm.telemetry.figures import figures_of
from desktop_llm.telemetry.ledger import Part
from desktop_llm.telemetry.sample import (
    DriverState,
    GpuMemory,
    GpuProcess,
    GpuSample,
    GpuState,
    OurProcess,
    RamSample,
    Sample,
    Throttle,
)
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore
from tests.helpers.fake_engine import Script, engine_statistics, loaded_model

WORKER = WorkerMemory(70, weight_bytes=8 * GIB, kv_cache_bytes=4 * GIB)
CARD = GpuSample(
    0,
    "RTX 4090",
    "GPU-1",
    memory=GpuMemory(24 * GIB, 17 * GIB, 6 * GIB, GIB),
    processes=(GpuProcess(70, "python", 13 * GIB), GpuProcess(9, "blender", 3 * GIB)),
    busy_percent=93,
    power=300.0,
    power_limit=450.0,
    throttle=Throttle.POWER_CAP,
)
ON_A_GPU = Sample(0, 0, RamSample(32 * GIB, 20 * GIB), DriverState.OK, gpus=(CARD,))


def on_gpu() -> LoadedModel:
    return replace(loaded_model(), device="cuda", workers=(WORKER,))


def watches(core: FakeCore) -> list[float]:
    return [watch.interval for watch in core.monitor.sampler._watches]


def load(core: FakeCore, model: LoadedModel) -> None:
    core.do(core.engine.set_state, EngineState(Phase.READY, Path("/models/fake"), model=model))


async def shown(window: Workbench) -> None:
    """Open the dock and wait for its first look."""
    window.show_dock(True)
    await until(lambda: window.dock.devices and not window.memory._showing)


def test_that_the_bar_adds_up_to_the_whole_card() -> None:
    statistics = engine_statistics(kv_usage=0.25)
    (bar,) = device_bars(ON_A_GPU, on_gpu(), statistics)
    assert bar.ledger is not None
    parts = {segment.part: segment.bytes / GIB for segment in bar.ledger.segments}
    assert parts == {
        Part.WEIGHTS: 8,
        Part.KV_USED: 1,
        Part.KV_UNUSED: 3,
        Part.OURS: 1,
        Part.PROCESS: 3,
        Part.DRIVER: 1,
        Part.RESERVED: 1,
        Part.FREE: 6,
    }
    assert sum(parts.values()) == 24
    assert bar.ledger.consistent


def test_that_a_model_on_the_cpu_is_in_the_ram_and_not_on_the_gpu() -> None:
    model = replace(loaded_model(), workers=(WORKER,))
    ram = RamSample(32 * GIB, 12 * GIB, (OurProcess(70, "python", 14 * GIB),))
    card, memory = device_bars(replace(ON_A_GPU, ram=ram), model, None)
    assert card.ledger is not None
    assert memory.ledger is not None
    assert card.ledger.bytes_of(Part.WEIGHTS) == 0
    assert memory.gpu is None
    assert memory.ledger.bytes_of(Part.WEIGHTS) == 8 * GIB
    assert sum(segment.bytes for segment in memory.ledger.segments) == 32 * GIB


def test_that_each_gpu_has_the_weights_of_its_own_worker() -> None:
    other = replace(WORKER, pid=71, weight_bytes=7 * GIB)
    second = replace(CARD, index=1, processes=(GpuProcess(71, "python", 12 * GIB),))
    sample = replace(ON_A_GPU, gpus=(CARD, second))
    bars = device_bars(sample, replace(on_gpu(), workers=(WORKER, other)), None)
    weights = [bar.ledger.bytes_of(Part.WEIGHTS) for bar in bars if bar.ledger]
    assert weights == [8 * GIB, 7 * GIB]


async def test_that_the_dock_shows_where_the_memory_is(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    core.engine.figures = engine_statistics(
        kv_usage=0.25,
        kv_tokens_used=4096,
        running=2,
        waiting=1,
        prefix_queries=200,
        prefix_hits=50,
        generation_tokens_per_s=81.25,
        ttft_s=Latency(3, 0.2, 0.2, 0.15, 0.3),
    )
    load(core, on_gpu())
    await shown(window)
    await until(window.dock.engine.isVisible)
    (card,) = window.dock.devices
    legend = {row.name.text(): row.size_text.text() for row in card.rows if row.isVisible()}
    assert legend["Weights"] == "8.00 GiB"
    assert legend["KV cache, used now"] == "1.00 GiB"
    assert legend["blender"] == "3.00 GiB"
    assert card.name.text() == "RTX 4090"
    assert card.facts.text() == "93 % busy · 300 of 450 W · at its power limit"
    assert "Weights 8.0 GiB" in card.bar.accessibleDescription()
    widths = [place.width() for _segment, place in card.bar.parts()]
    assert sum(widths) == pytest.approx(card.bar.width())
    engine = window.dock.engine
    assert engine.tokens.text() == "4,096 of 16,384 tokens · 25 %"
    assert engine.usage.value() == 250
    texts = {name: figure.text() for name, figure in engine.figures.items()}
    assert texts == {
        "block": "16 tokens",
        "running": "2",
        "waiting": "1",
        "preemptions": "0",
        "prefix": "25 %",
        "speed": "81.2 tok/s",
        "ttft": "150 ms",
    }


async def test_that_what_nobody_tells_is_not_reported(ready: Workbench, core: FakeCore) -> None:
    lost = replace(CARD, state=GpuState.LOST, problem="It fell off the bus.", memory=None)
    core.sampled.sample = replace(ON_A_GPU, gpus=(lost,), problem="The driver says little.")
    await shown(ready)
    await until(ready.dock.engine.isVisible)
    card = ready.dock.devices[0]
    assert card.total.text() == "not reported"
    assert card.facts.text() == "It fell off the bus."
    assert ready.dock.problem.text() == "The driver says little."
    assert ready.dock.engine.figures["ttft"].text() == "none yet"
    assert ready.dock.engine.figures["prefix"].text() == "none yet"


async def test_that_without_a_model_it_says_what_to_do(window: Workbench) -> None:
    await shown(window)
    assert window.dock.no_model.isVisible()
    assert not window.dock.engine.isVisible()
    assert window.dock.devices[0].name.text() == "RAM"


async def test_that_stop_ends_that_request_alone(ready: Workbench, core: FakeCore) -> None:
    hold = asyncio.Event()
    core.engine.play(Script(("a", "b"), hold=hold))
    ended: dict[str, object] = {}

    async def ask(name: str) -> None:
        request = GenerationRequest((), request_id=name, owner=Owner(OwnerKind.CHAT, name))
        async for delta in core.engine.generate(request):
            ended[name] = delta.finish_reason

    asked = [
        asyncio.run_coroutine_threadsafe(ask(name), core.loop) for name in ("one", "two", "three")
    ]
    await shown(ready)
    await until(lambda: len(ready.dock.requests.rows) == 3)
    rows = dict(ready.dock.requests.rows)
    assert rows["two"].owner.text() == "two"
    assert rows["two"].stop.accessibleName() == "Stop: two"
    rows["two"].stop.click()
    await until(lambda: ended.get("two") == "abort")
    assert not rows["two"].stop.isEnabled()
    await until(lambda: set(ready.dock.requests.rows) == {"one", "three"})
    assert ready.dock.requests.rows["three"] is rows["three"], "a row is kept while it lasts"
    assert [task.done() for task in asked] == [False, True, False]
    core.do(hold.set)
    await until(lambda: all(task.done() for task in asked))


async def test_that_waiting_requests_stand_in_their_order(ready: Workbench) -> None:
    def request(name: str, state: RequestState) -> EngineRequest:
        return EngineRequest(name, Owner(label=name), state, 10, 0, None, None, 1.0)

    first = [
        request("a", RequestState.RUNNING),
        request("b", RequestState.WAITING),
        request("c", RequestState.WAITING),
    ]
    requests = ready.dock.requests
    ready.show_dock(True)
    requests.show_requests(first)
    requests.show_requests([first[1], first[2], request("d", RequestState.PREEMPTED)])
    requests.show_requests([first[2], first[1], request("d", RequestState.PREEMPTED)])
    layout = requests.layout()
    assert layout is not None
    places = {name: layout.indexOf(row) for name, row in requests.rows.items()}
    assert sorted(places, key=lambda name: places[name]) == ["c", "b", "d"]
    assert requests.rows["b"].cache.text().count("not reported") == 2


async def test_that_very_many_requests_come_on_show_in_their_order_over_several_looks(
    ready: Workbench,
) -> None:
    ready.show_dock(True)
    requests = ready.dock.requests
    present = [
        EngineRequest(str(number), Owner(), RequestState.RUNNING, 10, 0, None, None, 1.0)
        for number in range(40)
    ]
    shown = []
    for _ in range(4):
        requests.show_requests(present)
        shown.append(len(requests.rows))
    assert shown == [16, 32, 40, 40]
    layout = requests.layout()
    assert layout is not None
    places = [layout.indexOf(requests.rows[each.id]) for each in present]
    assert places == list(range(2, 42))
    requests.show_requests(present[::-1])
    places = [layout.indexOf(requests.rows[each.id]) for each in present[::-1]]
    assert places == list(range(2, 42))
    before = set(requests.rows.values())
    requests.show_requests([])
    assert all(row.isHidden() for row in before)
    others = [replace(each, id=f"other {each.id}") for each in present]
    requests.show_requests(others)
    assert set(requests.rows.values()) == before, "rows are used again, all at once"
    assert not any(row.isHidden() for row in before)


async def test_that_a_hidden_dock_looks_at_nothing(window: Workbench, core: FakeCore) -> None:
    assert watches(core) == []
    await shown(window)
    assert watches(core) == [1.0]
    window.show_dock(False)
    assert watches(core) == []
    window.show_dock(True)
    window.window().showMinimized()
    await until(lambda: watches(core) == [])
    window.window().showNormal()
    await until(lambda: watches(core) == [1.0])


async def test_that_a_loaded_model_is_watched_slowly_for_alerts(
    ready: Workbench, core: FakeCore
) -> None:
    assert watches(core) == [UNSEEN_S]
    ready.engine.unload()
    await until(lambda: watches(core) == [])


async def test_that_an_alert_is_said(window: Workbench, core: FakeCore) -> None:
    core.settings.update(alerts=AlertSettings(kv_cache=PercentLimit(above=50, clears_at=40)))
    core.engine.figures = engine_statistics(kv_usage=0.9)
    load(core, on_gpu())
    await until(window.toasts.toasts)
    (toast,) = window.toasts.toasts()
    assert "more than 50 % full" in toast.text
    assert "Give the KV cache more memory" in toast.text
    (edit,) = toast.findChildren(QPushButton)
    assert edit.text() == "Edit the load profile"
    edit.click()
    assert window.page == "models"


async def test_that_a_driver_that_hangs_is_said(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    await shown(window)
    hung = replace(
        core.sampled.read(), driver=DriverState.FAILING, problem="It does not answer.", gpus=()
    )
    await until(lambda: not window.memory._showing)
    core.monitor.sampler._latest = replace(hung, at=hung.at + 11)
    window.memory._check.timeout.emit()
    await until(window.dock.problem.isVisible)
    assert window.dock.problem.text() == "It does not answer."


async def test_that_button_and_shortcut_show_and_hide_it(window: Workbench) -> None:
    QTest.mouseClick(window.status.dock, Qt.MouseButton.LeftButton)
    assert window.dock.isVisible()
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_M, keys)
    assert not window.dock.isVisible()
    assert not window.status.dock.isChecked()


async def test_that_it_follows_the_theme(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    await shown(window)
    bar = window.dock.devices[0].bar
    light = bar.grab().toImage().pixelColor(bar.width() - 5, 10)
    window.theme.choose(ThemeChoice.DARK)
    dark = bar.grab().toImage().pixelColor(bar.width() - 5, 10)
    assert (light.name(), dark.name()) == (LIGHT.part_free, DARK.part_free)


async def test_that_it_comes_back_as_it_was_left(
    core: FakeCore, theme: Theme, window: Workbench, tmp_path: Path
) -> None:
    place = MainWindow(tmp_path / "window.json", LIGHT)
    window.columns.dock_changed.connect(place.keep_dock)
    window.window().resize(1400, 800)
    window.show_dock(True)
    window.columns.setSizes([264, 736, 400])
    window.columns.splitterMoved.emit(1000, 2)
    place.close()
    kept = MainWindow(tmp_path / "window.json", LIGHT).dock
    assert kept == geometry.DockPlace(True, window.dock.width())
    assert kept.width == pytest.approx(400, abs=2)
    window.show_dock(False)
    assert place.dock == geometry.DockPlace(False, kept.width)
    window.show_dock(True)
    assert window.dock.width() == pytest.approx(kept.width, abs=2)


@pytest.mark.parametrize(
    ("saved", "width", "place"),
    [
        ({}, 1600, geometry.DockPlace(True)),
        ({}, 1280, geometry.DockPlace(True)),
        ({}, 1279, geometry.DockPlace(False)),
        ({"dock_open": False, "dock": 400}, 1920, geometry.DockPlace(False, 400)),
        ({"dock_open": "yes", "dock": 4}, 1920, geometry.DockPlace(True)),
    ],
)
def test_that_it_is_open_at_first_where_there_is_room(
    saved: dict[str, object], width: int, place: geometry.DockPlace
) -> None:
    assert geometry.dock_place(saved, width) == place


def test_that_a_sparkline_breaks_where_nobody_looked(qapp: QApplication, theme: Theme) -> None:
    line = Sparkline(theme, "part_weights", "Speed")
    assert line.lines() == []
    nan = math.nan
    line.show_values([1.0, *[nan] * 4, 2.0, *[nan] * 20, 4.0, 4.0], 4.0)
    first, second = line.lines()
    assert [len(first), len(second)] == [2, 2]
    assert first[0].x() == 0
    assert second[-1].x() == pytest.approx(line.width())
    assert second[-1].y() == pytest.approx(1), "as high as the top"
    line.show_values([5.0, 10.0])
    assert line.lines()[0][1].y() == pytest.approx(1), "the highest is the top"
    line.deleteLater()


async def test_that_the_dock_draws_the_last_two_minutes(window: Workbench, core: FakeCore) -> None:
    core.sampled.sample = ON_A_GPU
    core.engine.figures = engine_statistics(kv_usage=0.25, generation_tokens_per_s=80.0)
    load(core, on_gpu())
    now = time.monotonic()
    for ago in (90, 30, 29):
        then = replace(ON_A_GPU, at=now - ago)
        core.monitor.history.add(then.at, figures_of(then, asdict(core.engine.figures)))
    await shown(window)
    lines = [window.dock.devices[0].trend, window.dock.engine.usage_trend]
    await until(lambda: all(len(line.lines()) == 3 for line in lines), "two of old, one of now")
    assert len(window.dock.engine.speed_trend.lines()) == 3
    top = window.dock.devices[0].trend.lines()[0][0].y()
    assert top == pytest.approx(1 + 14 * (1 - 17 / 24))
