"""The card under an answer that was stopped, interrupted, failed or held up."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_llm.chat.types import Message, MessageError, MessageStatus
from desktop_llm.core.errors import Fix
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.messages.wording import can_be_helped, notice_text


class Notice(QFrame):
    """Says what happened and offers what helps; under it, what is known of the cause.

    Hidden for an answer that ended by itself and was not held up.
    """

    fix_asked = Signal(str, str)
    retry_asked = Signal()
    help_asked = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messageNotice")
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(14, 9, 10, 9)
        self._row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(2)
        self._text = _label("messageNoticeText")
        self._hint = _label("messageNoticeHint")
        words.addWidget(self._text)
        words.addWidget(self._hint)
        self._more = QHBoxLayout()
        self._more.setContentsMargins(0, 4, 0, 0)
        self._more.setSpacing(8)
        self._more.addStretch(1)
        words.addLayout(self._more)
        self._row.addLayout(words, 1)
        self.buttons: list[QPushButton] = []
        self.hide()

    def show_message(self, message: Message) -> None:
        """Show how `message` ended, or hide."""
        text, hint = notice_text(message)
        for button in self.buttons:
            button.hide()
            button.deleteLater()
        self.buttons = []
        self.setVisible(bool(text))
        if not text:
            return
        self.setProperty("tone", "danger" if message.status is MessageStatus.FAILED else "quiet")
        self._text.setText(text)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.setAccessibleName(text)
        self.setAccessibleDescription(hint)
        error = message.error if message.status is MessageStatus.FAILED else None
        if error is not None and (label := fix_label(error.fix, error.fix_value)):
            fix, value = error.fix, error.fix_value
            self._add(self._row, label, lambda: self.fix_asked.emit(fix, value))
        if can_be_helped(message):
            self._add(self._row, self.tr("What helps"), self.help_asked.emit)
        if message.status is not MessageStatus.COMPLETE:
            self._add(self._row, self.tr("Try again"), self.retry_asked.emit)
        if error is not None:
            self._offer_cause(error)
        for widget in (self, self._text, self._hint):
            self.style().unpolish(widget)
            self.style().polish(widget)

    def _offer_cause(self, error: MessageError) -> None:
        if error.code.startswith("engine.") and error.fix != Fix.SHOW_LOG:
            show_log = fix_label(Fix.SHOW_LOG, "")
            self._add(self._more, show_log, lambda: self.fix_asked.emit(Fix.SHOW_LOG, ""))
        if error.detail:
            details = f"{error.code}\n{error.message}\n\n{error.detail}\n"
            copy = self._add(self._more, self.tr("Copy details"), lambda: self._copy(details, copy))

    def _copy(self, text: str, button: QPushButton) -> None:
        QGuiApplication.clipboard().setText(text)
        button.setText(self.tr("Copied"))

    def _add(self, row: QHBoxLayout, text: str, act: Callable[[], object]) -> QPushButton:
        button = QPushButton(text, self)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setCursor(Qt.CursorShape.PointingHandCursor)
        button.clicked.connect(act)
        before_stretch = row.count() - 1 if row is self._more else -1
        row.insertWidget(before_stretch, button, 0, Qt.AlignmentFlag.AlignVCenter)
        button.show()  # now: its height counts when the message is laid out
        self.buttons.append(button)
        return button


def _label(name: str) -> QLabel:
    label = QLabel()
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
