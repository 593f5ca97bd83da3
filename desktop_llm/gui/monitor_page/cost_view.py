"""What tokens cost here in energy, against the cloud and the price of the hardware."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QDateTime, QLocale, Qt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.config.cost import CostSettings
from desktop_llm.config.settings import SettingsStore
from desktop_llm.gui.forms import NumberField, TextField
from desktop_llm.gui.monitor_page.cost_words import (
    cost_of,
    energy_of,
    step_row,
    usage_rows,
    verdict,
)
from desktop_llm.gui.numbers import number_text
from desktop_llm.gui.reasons import reason_text
from desktop_llm.gui.theme import XL, L, M, S
from desktop_llm.gui.widgets import Card, button, clear_layout, label
from desktop_llm.telemetry.usage import Usage, UsageMeter

_WIDEST, _TWO_CARDS = 860, 800


class CostView(QScrollArea):
    """GUI thread; `close_view` must be called at the end. Prices are saved as they are entered."""

    def __init__(self, meter: UsageMeter, settings: SettingsStore) -> None:
        super().__init__()
        self._meter = meter
        self._settings = settings
        self._shown: tuple[Usage, CostSettings] | None = None
        self._before: Usage | None = None
        self.fields = self._make_fields()
        self.used = _Rows()
        self.steps = _Rows()
        self.verdict = label("", "title", wrap=True)
        self.explanation = label("", "muted", wrap=True)
        self.since = label("", "small", wrap=True)
        self.anew = button(self.tr("Begin anew"), "quiet")
        self.anew.clicked.connect(self._begin_anew)
        self.undo = button(self.tr("Undo"), "quiet")
        self.undo.clicked.connect(self._take_back)
        self.undo.hide()
        self._top = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._build()
        self._unsubscribe = settings.changed.subscribe(lambda _settings: self._show_prices())
        self._show_prices()

    def close_view(self) -> None:
        """Stop listening to the settings."""
        self._unsubscribe()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        way = QBoxLayout.Direction
        roomy = self.viewport().width() >= _TWO_CARDS
        self._top.setDirection(way.LeftToRight if roomy else way.TopToBottom)

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page ends what is being typed."""
        if any(field.line.isModified() for field in self.fields.values()):
            self._apply()
        super().hideEvent(event)

    def show_usage(self) -> None:
        """Show what has been counted by now."""
        usage, prices = self._meter.usage, self._settings.current.cost
        if (usage, prices) == self._shown:
            return
        self._shown = usage, prices
        energy = energy_of(usage, prices)
        self.used.show_rows(usage_rows(usage, energy))
        moment = QDateTime.fromSecsSinceEpoch(round(usage.since))
        self.since.setText(
            self.tr("Since {time}, over all starts of the app").format(
                time=QLocale().toString(moment, QLocale.FormatType.ShortFormat)
            )
            if usage.since
            else self.tr("Counted while a model is loaded.")
        )
        self.fields["watts"].setVisible(energy is None or energy.assumed)
        if energy is None:
            self.verdict.setText(self.tr("What this computer draws is not known."))
            self.explanation.setText(
                self.tr(
                    "No GPU here has told its energy while a model was loaded. Say above "
                    "how many watts the computer draws, and the rest is worked out."
                )
            )
            self.steps.show_rows([])
            return
        cost = cost_of(usage, energy, prices)
        self.verdict.setText(verdict(cost, prices))
        self.explanation.setText(
            self.tr(
                "All energy while a model was loaded counts, idle or not, but only that of the "
                "GPU: the rest of the computer tells none."
            )
            if not energy.assumed
            else self.tr("All energy while a model was loaded counts, idle or not.")
        )
        self.steps.show_rows([step_row(step, prices.currency) for step in cost.steps])

    def _make_fields(self) -> dict[str, NumberField | TextField]:
        usual = CostSettings()
        fields: dict[str, NumberField | TextField] = {
            "price_per_kwh": _price(
                "price_per_kwh", self.tr("Price per kWh"), number_text(usual.price_per_kwh)
            ),
            "cloud_price_per_million": _price(
                "cloud_price_per_million", self.tr("Cloud price per million tokens"), ""
            ),
            "hardware_price": _price("hardware_price", self.tr("Price of the hardware"), ""),
            "watts": _price("watts", self.tr("The computer draws (W)"), ""),
            "currency": TextField("currency", self.tr("Currency"), usual.currency, width=150),
        }
        for field in fields.values():
            field.edited.connect(self._apply)
        return fields

    def _apply(self) -> None:
        wanted: dict[str, Any] = {}
        good = True
        for name, field in self.fields.items():
            field.refuse("")
            try:
                value = field.number() if isinstance(field, NumberField) else field.value or None
            except ValueError as error:
                field.refuse(str(error))
                good = False
                continue
            wanted[name] = getattr(CostSettings(), name) if value is None else value
        if not good:
            return
        try:
            prices = CostSettings.model_validate(wanted)
        except ValidationError as error:
            for problem in error.errors():
                self.fields[str(problem["loc"][0])].refuse(reason_text(problem))
            return
        self._settings.update(cost=prices)

    def _show_prices(self) -> None:
        prices, usual = self._settings.current.cost, CostSettings()
        for name, field in self.fields.items():
            value = getattr(prices, name)
            said = None if value == getattr(usual, name) else value
            if isinstance(field, NumberField):
                field.show_number(said)
            else:
                field.show_value(said or "")
            field.refuse("")
        self.show_usage()

    def _begin_anew(self) -> None:
        self._before = self._meter.begin_anew()
        self.undo.show()
        self.show_usage()

    def _take_back(self) -> None:
        if self._before is not None:
            self._meter.take_back(self._before)
        self._before = None
        self.undo.hide()
        self.show_usage()

    def _build(self) -> None:
        prices = Card(spacing=S)
        prices.body.addWidget(label(self.tr("Prices"), "section"))
        for field in self.fields.values():
            prices.body.addWidget(field)
        prices.body.addStretch(1)
        used = Card(spacing=S)
        used.body.addWidget(label(self.tr("Used"), "section"))
        used.body.addWidget(self.used)
        used.body.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.since, 1)
        buttons.addWidget(self.undo)
        buttons.addWidget(self.anew)
        used.body.addLayout(buttons)
        arithmetic = Card(spacing=S)
        arithmetic.body.addWidget(self.verdict)
        arithmetic.body.addWidget(self.explanation)
        arithmetic.body.addSpacing(S)
        arithmetic.body.addWidget(self.steps)
        top = self._top
        top.setSpacing(M)
        top.addWidget(prices, 1)
        top.addWidget(used, 1)
        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(_WIDEST + 2 * XL)
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, 0, XL, XL)
        column.setSpacing(M)
        column.addLayout(top)
        column.addWidget(arithmetic)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Cost"))
        self.setWidget(content)


class _Rows(QWidget):
    """Rows of texts in columns; the first is quiet, the last at the right."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, ...]] = []
        self._cells: list[list[QLabel]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(S - 2)

    def show_rows(self, rows: list[tuple[str, str]] | list[tuple[str, str, str]]) -> None:
        """Show `rows`, each of the same length; texts change in place."""
        self.rows = list(rows)
        if [len(row) for row in rows] != [len(cells) for cells in self._cells]:
            clear_layout(self._grid)
            self._cells = [self._make(place, len(row)) for place, row in enumerate(rows)]
        for cells, row in zip(self._cells, rows, strict=True):
            for cell, text in zip(cells, row, strict=True):
                if cell.text() != text:
                    cell.setText(text)

    def _make(self, place: int, columns: int) -> list[QLabel]:
        cells = []
        for column in range(columns):
            last = column == columns - 1
            cell = label("", "" if last else "small", wrap=True)
            if last:
                cell.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(cell, place, column)
            self._grid.setColumnStretch(column, 1)
            cells.append(cell)
        return cells


def _price(name: str, text: str, placeholder: str) -> NumberField:
    return NumberField(name, text, placeholder, whole=False)
