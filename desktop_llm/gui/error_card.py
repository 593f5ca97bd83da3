"""An expected failure, shown where it matters: what happened, what to do, and the button."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.gui.fixes import fix_text
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, clear_layout, label


class ErrorCard(Card):
    """Hidden until it has an error to show. `fix_asked` carries fix and value."""

    fix_asked = Signal(str, str)
    dismissed = Signal()

    def __init__(self, *, with_log: bool = False, dismissable: bool = False) -> None:
        super().__init__("danger", spacing=4)
        self._with_log = with_log
        self._dismissable = dismissable
        self.message = label("", "section", wrap=True)
        self.hint = label("", "muted", wrap=True)
        self._buttons = QHBoxLayout()
        self._buttons.setContentsMargins(0, S // 2, 0, 0)
        self._buttons.setSpacing(S)
        self.body.addWidget(self.message)
        self.body.addWidget(self.hint)
        self.body.addLayout(self._buttons)
        self.error: AppError | None = None
        self.hide()

    def show_error(self, error: AppError | None) -> None:
        """Show `error`, or nothing."""
        if error is self.error:
            return
        self.error = error
        self.setVisible(error is not None)
        if error is None:
            return
        self.setAccessibleName(error.message)
        self.setAccessibleDescription(error.hint)
        self.message.setText(error.message)
        self.hint.setText(error.hint)
        self.hint.setVisible(bool(error.hint))
        clear_layout(self._buttons)
        if text := fix_text(error):
            self._add(text, error.fix, error.fix_value)
        if self._with_log and error.fix is not Fix.SHOW_LOG:
            self._add(self.tr("Show log"), Fix.SHOW_LOG, "")
        if self._dismissable:
            dismiss = button(self.tr("Dismiss"), "quiet")
            dismiss.clicked.connect(self._dismiss)
            self._buttons.addWidget(dismiss)
        self._buttons.addStretch()

    def _add(self, text: str, fix: Fix, value: str) -> None:
        press = button(text)
        press.clicked.connect(lambda: self.fix_asked.emit(str(fix), value))
        self._buttons.addWidget(press)

    def _dismiss(self) -> None:
        self.show_error(None)
        self.dismissed.emit()
