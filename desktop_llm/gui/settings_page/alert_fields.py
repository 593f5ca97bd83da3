"""When an alert is raised: one group of fields for each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop_llm.config.alerts import AlertKind, AlertSettings, Condition
from desktop_llm.gui.forms import NumberField, SwitchField
from desktop_llm.gui.numbers import number_text
from desktop_llm.gui.reasons import reason_text
from desktop_llm.gui.theme import XL, S

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_UNITS = {
    AlertKind.KV_CACHE: "%",
    AlertKind.VRAM: "%",
    AlertKind.TTFT: "s",
}


class AlertFields(QWidget):
    """One alert: whether it is raised, and by what. `changed` carries the settings with it.

    All its values are taken together, so that two that depend on each other can be changed one
    after the other; what is refused says so under its field, and nothing changes then.
    """

    changed = Signal(object)

    def __init__(self, kind: AlertKind, settings: AlertSettings) -> None:
        super().__init__()
        self.kind = kind
        self._settings = settings
        self.enabled = SwitchField("enabled", alert_name(kind), _explanation(kind))
        self.enabled.explain()
        self.enabled.edited.connect(self._apply)
        self.fields: dict[str, NumberField] = {
            name: _field(kind, name)
            for name in ("above", "clears_at", "seconds", "calm_seconds")
            if name in type(_default(kind)).model_fields
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(XL)
        grid.setVerticalSpacing(S)
        for place, field in enumerate(self.fields.values()):
            field.edited.connect(self._apply)
            field.control.setAccessibleName(f"{alert_name(kind)}: {field.control.accessibleName()}")
            grid.addWidget(field, place // 2, place % 2)
        for column in (0, 1):
            grid.setColumnStretch(column, 1)
        column_layout = QVBoxLayout(self)
        column_layout.setContentsMargins(0, 0, 0, 0)
        column_layout.setSpacing(S)
        column_layout.addWidget(self.enabled)
        column_layout.addLayout(grid)
        self.show_settings(settings)

    def show_settings(self, settings: AlertSettings) -> None:
        """Show what is in force; a field that says the default is empty."""
        self._settings = settings
        now, usual = settings.condition(self.kind), _default(self.kind)
        self.enabled.show_value(now.enabled)
        for name, field in self.fields.items():
            value = getattr(now, name)
            field.show_number(None if value == getattr(usual, name) else value)
            field.refuse("")
            field.setEnabled(now.enabled)

    def finish(self) -> None:
        """Take what is being typed."""
        if any(field.line.isModified() for field in self.fields.values()):
            self._apply()

    def _apply(self) -> None:
        wanted = self._read()
        if wanted is None:
            return
        try:
            condition = type(_default(self.kind)).model_validate(wanted)
        except ValidationError as error:
            for problem in error.errors():
                self._refuse(problem)
            return
        self.changed.emit(self._settings.model_copy(update={self.kind.value: condition}))

    def _read(self) -> dict[str, object] | None:
        """What the fields say; None where one says no number."""
        wanted: dict[str, object] = {"enabled": self.enabled.value}
        good = True
        for name, field in self.fields.items():
            field.refuse("")
            try:
                value = field.number()
            except ValueError as error:
                field.refuse(str(error))
                good = False
                continue
            wanted[name] = getattr(_default(self.kind), name) if value is None else value
        return wanted if good else None

    def _refuse(self, problem: ErrorDetails) -> None:
        self.fields[str(problem["loc"][0])].refuse(reason_text(problem))


def alert_name(kind: AlertKind) -> str:
    """What an alert is called."""
    translate = QCoreApplication.translate
    return {
        AlertKind.KV_CACHE: translate("AlertFields", "The KV cache is nearly full"),
        AlertKind.VRAM: translate("AlertFields", "VRAM is nearly full"),
        AlertKind.HEAT: translate("AlertFields", "The GPU is slowed down by heat"),
        AlertKind.POWER: translate("AlertFields", "The GPU is slowed down by its power limit"),
        AlertKind.TTFT: translate("AlertFields", "The first token takes long (TTFT)"),
        AlertKind.PREEMPTIONS: translate("AlertFields", "Requests are preempted"),
    }[kind]


def _explanation(kind: AlertKind) -> str:
    translate = QCoreApplication.translate
    return {
        AlertKind.KV_CACHE: translate("AlertFields", "Further requests will have to wait."),
        AlertKind.VRAM: translate(
            "AlertFields", "What the driver keeps for itself counts as used."
        ),
        AlertKind.HEAT: translate("AlertFields", "As the card tells it."),
        AlertKind.POWER: translate(
            "AlertFields", "As the card tells it; usual under full load, so only what lasts counts."
        ),
        AlertKind.TTFT: translate("AlertFields", "From a request's arrival to its first token."),
        AlertKind.PREEMPTIONS: translate(
            "AlertFields", "Put back for lack of room in the KV cache, in the last minute."
        ),
    }[kind]


def _field(kind: AlertKind, name: str) -> NumberField:
    translate = QCoreApplication.translate
    unit = _UNITS.get(kind)
    of_unit = f" ({unit})" if unit else ""
    texts = {
        "above": translate("AlertFields", "Above") + of_unit,
        "clears_at": translate("AlertFields", "Clears at") + of_unit,
        "seconds": translate("AlertFields", "Lasting (s)"),
        "calm_seconds": translate("AlertFields", "Clears after (s)"),
    }
    usual = getattr(_default(kind), name)
    return NumberField(name, texts[name], number_text(usual), whole=isinstance(usual, int))


def _default(kind: AlertKind) -> Condition:
    return AlertSettings().condition(kind)
