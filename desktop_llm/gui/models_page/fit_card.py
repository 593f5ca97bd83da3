"""Whether the model on show fits: the verdict, the sum, what would make it fit."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.errors import AppError, Sentence
from desktop_llm.core.units import format_bytes
from desktop_llm.gui.memory_rows import MemoryRows, holder_rows
from desktop_llm.gui.models_page.fit_sliders import FitSliders
from desktop_llm.gui.models_page.tuning_view import TuningView
from desktop_llm.gui.models_page.undo_bar import UndoBar
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import XL, M, S
from desktop_llm.gui.widgets import Card, button, clear_layout, hairline, label, restyle
from desktop_llm.models.fit_changes import ChangeKind, FitChange
from desktop_llm.models.fit_report import FitReport, Verdict
from desktop_llm.models.fit_sentences import (
    basis_sentence,
    change_sentence,
    part_name,
    verdict_sentence,
)

_TONES = {Verdict.FITS: "", Verdict.FITS_WITH_CHANGE: "warning", Verdict.DOES_NOT_FIT: "danger"}


class FitCard(Card):
    """Hidden until there is something to say. GUI thread.

    `change_asked` carries the FitChange to apply.
    """

    change_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__(spacing=S)
        self.report: FitReport | None = None
        self.verdict = label("", "section", wrap=True)
        self.advice = label("", "muted", wrap=True)
        self.sliders = FitSliders()
        self.sum = MemoryRows()
        self.room = MemoryRows()
        self.basis = label("", "small", wrap=True)
        self.changes_title = label(self.tr("It fits with any one of these:"), "muted")
        self.changes = QVBoxLayout()
        self.changes.setSpacing(0)
        self.undo = UndoBar()
        self.suggest = TuningView()
        self._figures = QWidget()
        self._halves = QHBoxLayout()
        self._build()
        self.hide()

    def show_narrow(self, narrow: bool) -> None:
        """Put who holds the memory under the sum, or beside it."""
        one_below = QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(one_below if narrow else QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(S if narrow else XL)

    def show_report(self, report: FitReport) -> None:
        """Show `report`."""
        self.report = report
        self.advice.hide()
        self._figures.show()
        self._say(translated(verdict_sentence(report)), _TONES[report.verdict])
        self.sliders.show_cost(report.sum.cache_needed)
        rows = [(translated(part_name(row.part)), format_bytes(row.bytes)) for row in report.rows]
        rows.append((self.tr("Together"), format_bytes(report.total)))
        rows.append((self.tr("It can have"), format_bytes(report.available)))
        self.sum.show_rows(rows, totals=2)
        self.room.show_rows(self._room_rows(report))
        self.basis.setText(translated(basis_sentence(report)))
        self._show_changes(report)
        self.show()

    def show_problem(self, error: AppError | None) -> None:
        """Say why nothing can be told of it, or hide for None."""
        self.report = None
        self._figures.hide()
        if error is None:
            self.hide()
            return
        self._say(translated(error.message), "")
        # The hint of this one is for the terminal.
        hint = "" if error.code == "fit.no_memory_reading" else translated(error.hint)
        self.advice.setText(hint)
        self.advice.setVisible(bool(hint))
        self.show()

    def _say(self, verdict: str, tone: str) -> None:
        self.verdict.setText(verdict)
        self.setAccessibleDescription(verdict)
        if self.verdict.property("tone") != tone:
            restyle(self.verdict, tone=tone)

    def _room_rows(self, report: FitReport) -> list[tuple[str, str]]:
        question = report.question
        free = self.tr("{free} of {total}").format(
            free=format_bytes(question.memory.free), total=format_bytes(question.memory.total)
        )
        rows = [(self.tr("RAM free now") if question.cpu else self.tr("VRAM free now"), free)]
        if question.given_back:
            back = format_bytes(question.given_back)
            rows.append((self.tr("Given back by unloading"), back))
        return rows + holder_rows(question.others, question.memory.total)

    def _show_changes(self, report: FitReport) -> None:
        clear_layout(self.changes)
        self.changes_title.setVisible(bool(report.changes))
        for change in report.changes:
            self.changes.addWidget(self._change_row(change, change_sentence(change)))

    def _change_row(self, change: FitChange, words: Sentence) -> QWidget:
        text = translated(words)
        made = change.kind is ChangeKind.FOUR_BITS
        press = button(self.tr("Quantize…") if made else self.tr("Apply"), "quiet")
        press.setAccessibleName(f"{press.text()}: {text}")
        press.clicked.connect(lambda: self.change_asked.emit(change))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(M)
        line.addWidget(label(text, wrap=True), 1)
        line.addWidget(press)
        return row

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Fit"))
        top = Qt.AlignmentFlag.AlignTop
        self._halves.setSpacing(XL)
        self._halves.addWidget(self.sum, 1, top)
        self._halves.addWidget(self.room, 1, top)
        column = QVBoxLayout(self._figures)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(self.sliders)
        column.addWidget(hairline())
        column.addLayout(self._halves)
        column.addWidget(self.basis)
        column.addWidget(self.changes_title)
        column.addLayout(self.changes)
        column.addWidget(self.undo)
        column.addWidget(hairline())
        column.addWidget(self.suggest)
        self.body.addWidget(self.verdict)
        self.body.addWidget(self.advice)
        self.body.addWidget(self._figures)
