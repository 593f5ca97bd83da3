"""An expected failure, shown where it matters: what happened, what to do, and the button."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.flow import FlowLayout
from desktop_llm.gui.memory_rows import MemoryRows, kv_rows, ledger_rows
from desktop_llm.gui.remedy_rows import RemedyRows
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, clear_layout, label


class ErrorCard(Card):
    """Hidden until it has an error to show. `fix_asked` carries fix and value.

    A failure of the engine has its raw log one click away, and a raw cause can be copied. One for
    want of memory shows what was needed, what there was, who held it, and each change that helps.
    """

    fix_asked = Signal(str, str)
    dismissed = Signal()

    def __init__(self, *, dismissable: bool = False) -> None:
        super().__init__("danger", spacing=4)
        self._tone = "danger"
        self._dismissable = dismissable
        self.message = label("", "section", wrap=True)
        self.hint = label("", "muted", wrap=True)
        self.ledger = MemoryRows()
        self.ledger.setContentsMargins(0, S // 2, 0, 0)
        self.remedies = RemedyRows()
        self.remedies.fix_asked.connect(self.fix_asked)
        self._buttons = FlowLayout(S)
        self._buttons.setContentsMargins(0, S // 2, 0, 0)
        self.body.addWidget(self.message)
        self.body.addWidget(self.hint)
        self.body.addWidget(self.ledger)
        self.body.addWidget(self.remedies)
        self.body.addLayout(self._buttons)
        self.error: AppError | None = None
        self.hide()

    def set_tone(self, tone: str) -> None:
        """As a card's; of what only held an answer up it is that of a warning in any case."""
        self._tone = tone
        super().set_tone(tone)

    def show_error(self, error: AppError | None) -> None:
        """Show `error`, or nothing."""
        if error is self.error:
            return
        self.error = error
        if error is None:
            self.hide()
            return
        super().set_tone("warning" if error.code == "kv.preempted" else self._tone)
        message, hint = translated(error.message), translated(error.hint)
        self.setAccessibleName(message)
        self.setAccessibleDescription(hint)
        self.message.setText(message)
        self.hint.setText(hint)
        self.hint.setVisible(bool(hint))
        self.ledger.show_rows([*ledger_rows(error.memory), *kv_rows(error.kv)])
        self.remedies.show_remedies(error.remedies)
        clear_layout(self._buttons)
        if text := fix_label(error.fix, error.fix_value):
            self._add(text, error.fix, error.fix_value)
        if error.code.startswith("engine.") and error.fix is not Fix.SHOW_LOG:
            self._add(fix_label(Fix.SHOW_LOG), Fix.SHOW_LOG, "")
        if error.detail:
            copy = button(self.tr("Copy details"), "quiet")
            copy.clicked.connect(lambda: self._copy(copy, error))
            self._buttons.addWidget(copy)
        if self._dismissable:
            dismiss = button(self.tr("Dismiss"), "quiet")
            dismiss.clicked.connect(self._dismiss)
            self._buttons.addWidget(dismiss)
        self.show()

    def offer(self, text: str, action: Callable[[], object]) -> None:
        """One more button for the error on show: what only the place it is shown in can do."""
        press = button(text)
        press.clicked.connect(lambda _on=False: action())
        self._buttons.put_first(press)

    def _add(self, text: str, fix: Fix, value: str) -> None:
        press = button(text)
        press.clicked.connect(lambda: self.fix_asked.emit(str(fix), value))
        self._buttons.addWidget(press)

    def _copy(self, press: QPushButton, error: AppError) -> None:
        QGuiApplication.clipboard().setText(f"{error}\n{error.code}\n\n{error.detail}")
        press.setText(self.tr("Copied"))

    def _dismiss(self) -> None:
        self.show_error(None)
        self.dismissed.emit()
