"""What was used and what it cost, in rows and sentences."""

from __future__ import annotations

import math
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from desktop_llm.config.cost import CostSettings
from desktop_llm.core.cost import Cost, CostFigure, CostStep, energy_cost
from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.gui.memory_dock.words import not_reported
from desktop_llm.telemetry.usage import Usage

_JOULES_PER_WH = 3600

translate = QCoreApplication.translate


@dataclass(frozen=True)
class Energy:
    """Joules, and in words where they are from. `assumed`: from the watts a person gave."""

    joules: float
    source: str
    assumed: bool = False


def energy_of(usage: Usage, settings: CostSettings) -> Energy | None:
    """The energy to reckon with; None where no GPU told any and nobody said what is drawn."""
    if usage.counted or usage.integrated:
        if not usage.integrated:
            source = translate("MonitorPage", "by the GPU's own energy counter")
        elif not usage.counted:
            source = translate("MonitorPage", "the GPU's power, integrated over time")
        else:
            source = translate(
                "MonitorPage", "by energy counters, and of GPUs without one integrated power"
            )
        return Energy(usage.counted + usage.integrated, source)
    if settings.watts is None:
        return None
    source = translate("MonitorPage", "assumed: {watts} W × {time}").format(
        watts=_figure(settings.watts), time=format_seconds(usage.seconds)
    )
    return Energy(settings.watts * usage.seconds, source, assumed=True)


def cost_of(usage: Usage, energy: Energy, settings: CostSettings) -> Cost:
    """The whole arithmetic."""
    return energy_cost(
        energy.joules,
        usage.tokens,
        price_per_kwh=settings.price_per_kwh,
        cloud_price_per_million=settings.cloud_price_per_million,
        hardware_price=settings.hardware_price,
    )


def usage_rows(usage: Usage, energy: Energy | None) -> list[tuple[str, str]]:
    """What was counted, as names and values."""
    return [
        (translate("MonitorPage", "Time with a model loaded"), format_seconds(usage.seconds)),
        (translate("MonitorPage", "Tokens made"), format_count(usage.tokens)),
        (translate("MonitorPage", "Prompt tokens read"), format_count(usage.prompt_tokens)),
        (
            translate("MonitorPage", "Energy"),
            not_reported() if energy is None else _energy_text(energy.joules),
        ),
        (translate("MonitorPage", "Where from"), "–" if energy is None else energy.source),
    ]


def step_row(step: CostStep, currency: str) -> tuple[str, str, str]:
    """A line of the arithmetic: what it works out, the working, the result."""
    name = {
        CostFigure.ENERGY: translate("MonitorPage", "Energy in kWh"),
        CostFigure.ENERGY_COST: translate("MonitorPage", "Price of the energy"),
        CostFigure.PER_MILLION: translate("MonitorPage", "A million tokens here"),
        CostFigure.SAVED_PER_MILLION: translate("MonitorPage", "Saved by a million tokens"),
        CostFigure.BREAK_EVEN: translate("MonitorPage", "The hardware is paid for after"),
    }[step.figure]
    return name, step.working, _result(step, currency)


def verdict(cost: Cost, settings: CostSettings) -> str:
    """The outcome in a sentence."""
    if cost.per_million is None:
        return translate("MonitorPage", "No tokens have been made yet: chat, and look again.")
    here = money(cost.per_million, settings.currency)
    if settings.cloud_price_per_million is None:
        return translate("MonitorPage", "A million tokens cost {here} in energy.").format(here=here)
    return translate(
        "MonitorPage", "A million tokens cost {here} in energy here, {there} in the cloud."
    ).format(here=here, there=money(settings.cloud_price_per_million, settings.currency))


def money(value: float, currency: str) -> str:
    """An amount with its currency; of small ones the first digits that count."""
    return f"{_figure(value)} {currency}"


def _result(step: CostStep, currency: str) -> str:
    if step.value is None:
        if step.figure is CostFigure.BREAK_EVEN:
            return translate("MonitorPage", "never: nothing is saved")
        return translate("MonitorPage", "no tokens yet")
    if step.figure is CostFigure.ENERGY:
        return f"{_figure(step.value)} kWh"
    if step.figure is CostFigure.BREAK_EVEN:
        return translate("MonitorPage", "{tokens} tokens").format(
            tokens=format_count(round(step.value))
        )
    return money(step.value, currency)


def _energy_text(joules: float) -> str:
    watt_hours = joules / _JOULES_PER_WH
    if watt_hours >= 1000:
        return f"{watt_hours / 1000:,.2f} kWh"
    return f"{watt_hours:,.1f} Wh"


def _figure(value: float) -> str:
    if value == 0 or abs(value) >= 1:
        text = f"{value:,.2f}"
        return text.removesuffix(".00")
    return f"{value:.{min(12, 1 - math.floor(math.log10(abs(value))))}f}"
