"""The thresholds of the alerts on the settings page."""

from __future__ import annotations

import pytest

from desktop_llm.config.alerts import AlertKind, Condition, CountLimit, PercentLimit
from desktop_llm.gui.forms import NumberField
from desktop_llm.gui.settings_page.alert_fields import AlertFields
from desktop_llm.gui.settings_page.page import SettingsPage
from desktop_llm.gui.workbench import Workbench
from tests.helpers.fake_core import FakeCore


def fields_of(window: Workbench, kind: AlertKind) -> AlertFields:
    page = window.show_page("settings")
    assert isinstance(page, SettingsPage)
    return next(alert for alert in page.alerts if alert.kind is kind)


def write(field: NumberField, text: str) -> None:
    field.line.setText(text)
    field.line.setModified(True)
    field.line.editingFinished.emit()


async def test_that_every_alert_has_its_fields(window: Workbench) -> None:
    kv = fields_of(window, AlertKind.KV_CACHE)
    heat = fields_of(window, AlertKind.HEAT)
    assert list(kv.fields) == ["above", "clears_at", "seconds", "calm_seconds"]
    assert list(heat.fields) == ["seconds", "calm_seconds"]
    assert kv.fields["above"].line.placeholderText() == "85"
    assert kv.fields["above"].control.accessibleName() == "The KV cache is nearly full: Above (%)"


async def test_that_a_threshold_holds_at_once(window: Workbench, core: FakeCore) -> None:
    kv = fields_of(window, AlertKind.KV_CACHE)
    write(kv.fields["clears_at"], "30")
    write(kv.fields["above"], "50")
    write(kv.fields["seconds"], "0")
    wanted = PercentLimit(above=50, clears_at=30, seconds=0)
    assert core.settings.current.alerts.kv_cache == wanted
    assert core.monitor.alerts._settings.kv_cache == wanted
    assert core.settings.current.alerts.vram == PercentLimit(above=97, clears_at=95, seconds=10)


async def test_that_two_values_that_belong_together_can_be_changed_in_any_order(
    window: Workbench, core: FakeCore
) -> None:
    kv = fields_of(window, AlertKind.KV_CACHE)
    before = core.settings.current.alerts
    write(kv.fields["above"], "50")
    assert core.settings.current.alerts == before
    assert kv.fields["clears_at"].problem.text() == ("Must be at most what raises the alert (50).")
    assert kv.fields["above"].value == "50", "what was typed stays"
    write(kv.fields["clears_at"], "40")
    assert core.settings.current.alerts.kv_cache.above == 50
    assert not kv.fields["clears_at"].problem.text()


@pytest.mark.parametrize(
    ("kind", "name", "text", "reason"),
    [
        (AlertKind.KV_CACHE, "above", "110", "Must be at most 100."),
        (AlertKind.TTFT, "above", "0", "Must be more than 0."),
        (AlertKind.PREEMPTIONS, "above", "2.5", "A whole number is needed here."),
        (AlertKind.VRAM, "seconds", "soon", "This is not a number."),
        (AlertKind.HEAT, "seconds", "-1", "Must be at least 0."),
    ],
)
async def test_that_a_value_out_of_range_is_refused_under_its_field(
    window: Workbench, core: FakeCore, kind: AlertKind, name: str, text: str, reason: str
) -> None:
    before = core.settings.current.alerts
    alert = fields_of(window, kind)
    write(alert.fields[name], text)
    assert alert.fields[name].problem.text() == reason
    assert core.settings.current.alerts == before
    write(alert.fields[name], "")
    assert not alert.fields[name].problem.text()


async def test_that_an_alert_can_be_switched_off(window: Workbench, core: FakeCore) -> None:
    power = fields_of(window, AlertKind.POWER)
    power.enabled.box.click()
    assert core.settings.current.alerts.power == Condition(
        enabled=False, seconds=300, calm_seconds=60
    )
    assert not power.fields["seconds"].isEnabled()
    power.enabled.box.click()
    assert core.settings.current.alerts.power.enabled


async def test_that_leaving_the_page_takes_what_is_being_typed(
    window: Workbench, core: FakeCore
) -> None:
    preempted = fields_of(window, AlertKind.PREEMPTIONS)
    preempted.fields["above"].line.setText("9")
    preempted.fields["above"].line.setModified(True)
    window.show_page("chat")
    assert core.settings.current.alerts.preemptions == CountLimit(above=9, clears_at=0)
