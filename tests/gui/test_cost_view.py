"""The monitor page's cost: the arithmetic line by line, the prices, and energy nobody tells."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_llm.config.cost import CostSettings
from desktop_llm.gui.forms import NumberField, TextField
from desktop_llm.gui.monitor_page.cost_view import CostView
from desktop_llm.gui.monitor_page.cost_words import energy_of, money
from desktop_llm.gui.monitor_page.page import COST, MonitorPage
from desktop_llm.gui.workbench import Workbench
from desktop_llm.telemetry.usage import Usage
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore

# A card at 300 W for an hour, 100 tokens a second.
AN_HOUR = Usage(1_790_000_000, 3600, 360_000, 20_000, counted=300 * 3600)


async def shown(window: Workbench, core: FakeCore, usage: Usage) -> CostView:
    """The tab, once the page has looked."""
    core.monitor.usage._usage = usage
    page = window.show_page("monitor")
    assert isinstance(page, MonitorPage)
    page.tabs.select(COST)
    page.tabs.chosen.emit(COST)
    await until(lambda: page.stack.currentWidget() is page.cost)
    return page.cost


def write(view: CostView, name: str, text: str) -> NumberField | TextField:
    field = view.fields[name]
    field.line.setText(text)
    field.line.setModified(True)
    field.line.editingFinished.emit()
    return field


async def test_that_the_arithmetic_is_shown_line_by_line(window: Workbench, core: FakeCore) -> None:
    view = await shown(window, core, AN_HOUR)
    assert view.verdict.text() == "A million tokens cost 0.25 € in energy."
    assert [row[0] for row in view.steps.rows] == [
        "Energy in kWh",
        "Price of the energy",
        "A million tokens here",
    ]
    write(view, "cloud_price_per_million", "0.60")
    write(view, "hardware_price", "1000")
    write(view, "currency", "$")
    assert (
        view.verdict.text() == "A million tokens cost 0.25 $ in energy here, 0.60 $ in the cloud."
    )
    assert view.steps.rows == [
        ("Energy in kWh", "1,080,000 J ÷ 3,600,000 J", "0.30 kWh"),
        ("Price of the energy", "0.3000 kWh × 0.3000", "0.090 $"),
        ("A million tokens here", "0.09000 ÷ 360,000 × 1,000,000", "0.25 $"),
        ("Saved by a million tokens", "0.6000 − 0.2500", "0.35 $"),
        (
            "The hardware is paid for after",
            "1,000 ÷ 0.3500 × 1,000,000",
            "2,857,142,857 tokens",
        ),
    ]
    assert core.settings.current.cost == CostSettings(
        cloud_price_per_million=0.6, hardware_price=1000, currency="$"
    )


async def test_that_what_was_used_is_told_with_its_source(
    window: Workbench, core: FakeCore
) -> None:
    view = await shown(window, core, AN_HOUR)
    assert view.used.rows == [
        ("Time with a model loaded", "1 h 0 min"),
        ("Tokens made", "360,000"),
        ("Prompt tokens read", "20,000"),
        ("Energy", "300.0 Wh"),
        ("Where from", "by the GPU's own energy counter"),
    ]
    assert not view.fields["watts"].isVisible()
    assert "over all starts of the app" in view.since.text()


async def test_that_a_machine_that_tells_no_power_is_asked_for_it(
    window: Workbench, core: FakeCore
) -> None:
    view = await shown(window, core, replace(AN_HOUR, counted=0))
    assert view.verdict.text() == "What this computer draws is not known."
    assert ("Energy", "not reported") in view.used.rows
    assert view.steps.rows == []
    write(view, "watts", "150")
    assert ("Where from", "assumed: 150 W × 1 h 0 min") in view.used.rows
    assert view.verdict.text().startswith("A million tokens cost 0.13 €") or (
        view.verdict.text().startswith("A million tokens cost 0.12 €")
    )


async def test_that_without_tokens_and_without_a_gain_it_says_so(
    window: Workbench, core: FakeCore
) -> None:
    view = await shown(window, core, replace(AN_HOUR, tokens=0))
    assert "No tokens have been made yet" in view.verdict.text()
    assert view.steps.rows[-1][2] == "no tokens yet"
    core.monitor.usage._usage = AN_HOUR
    write(view, "cloud_price_per_million", "0.1")
    write(view, "hardware_price", "1000")
    assert view.steps.rows[-2][2] == "-0.15 €"
    assert view.steps.rows[-1][2] == "never: nothing is saved"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("price_per_kwh", "-1", "Must be at least 0."),
        ("cloud_price_per_million", "cheap", "This is not a number."),
        ("watts", "0", "Must be more than 0."),
    ],
)
async def test_that_a_price_that_is_none_is_refused_under_its_field(
    window: Workbench, core: FakeCore, name: str, text: str, reason: str
) -> None:
    view = await shown(window, core, AN_HOUR)
    field = write(view, name, text)
    assert field.problem.text() == reason
    assert core.settings.current.cost == CostSettings()


async def test_that_counting_anew_can_be_undone(window: Workbench, core: FakeCore) -> None:
    view = await shown(window, core, AN_HOUR)
    view.anew.click()
    assert ("Tokens made", "0") in view.used.rows
    assert view.undo.isVisible()
    view.undo.click()
    assert ("Tokens made", "360,000") in view.used.rows
    assert not view.undo.isVisible()


def test_that_energy_says_whether_it_was_counted_or_integrated() -> None:
    prices = CostSettings(watts=100)
    sources = [
        energy_of(usage, prices)
        for usage in (
            Usage(seconds=10, counted=5),
            Usage(seconds=10, integrated=5),
            Usage(seconds=10, counted=5, integrated=5),
            Usage(seconds=10),
        )
    ]
    assert [energy.joules for energy in sources if energy] == [5, 5, 10, 1000]
    assert len({energy.source for energy in sources if energy}) == 4
    assert [energy.assumed for energy in sources if energy] == [False, False, False, True]


def test_that_small_amounts_keep_the_digits_that_count() -> None:
    texts = [money(value, "€") for value in (0, 0.00042, 0.6, 12.5, 1800, -0.15)]
    assert texts == ["0 €", "0.00042 €", "0.60 €", "12.50 €", "1,800 €", "-0.15 €"]


def overhang(view: CostView) -> int:
    """By how many pixels the content is wider than what can be seen of it."""
    content = view.widget()
    assert content is not None
    return max(0, content.width() - view.viewport().width())


async def test_that_nothing_is_cut_in_a_narrow_window(window: Workbench, core: FakeCore) -> None:
    view = await shown(window, core, AN_HOUR)
    for width in (760, 1400):
        window.window().resize(width, 700)
        await until(lambda width=width: window.window().width() == width)  # type: ignore[misc]
        await until(lambda: not overhang(view))
