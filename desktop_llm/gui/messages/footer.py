"""What stands under a message: its buttons, its versions, what the answer took."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.gui.messages.buttons import QuietButton
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.wording import dropped_text, footer_text
from desktop_llm.gui.widgets import plain_tooltip

ROW = 28
_DROPPED = 20
_LEFT = 7
_GAP = 8


class Footer(QWidget):
    """A row of fixed height, so that nothing moves when buttons and figures appear in it.

    `version_asked` carries -1 or +1. The row of a question lies at the right, as the question.
    """

    copy_asked = Signal()
    regenerate_asked = Signal()
    edit_asked = Signal()
    version_asked = Signal(int)

    def __init__(self, role: Role, formats: Formats, parent: QWidget) -> None:
        super().__init__(parent)
        self._right = role is Role.USER
        self._text = self._shown = self._dropped = self._versions = ""
        self._text_place = self._versions_place = QRect()
        self._formats = formats
        self.copy = QuietButton("copy", self.tr("Copy message"), formats, self)
        self.copy.clicked.connect(self.copy_asked)
        if self._right:
            self.act = QuietButton("edit", self.tr("Edit and resend"), formats, self)
            self.act.clicked.connect(self.edit_asked)
        else:
            self.act = QuietButton("refresh", self.tr("Regenerate this answer"), formats, self)
            self.act.clicked.connect(self.regenerate_asked)
        self.back = QuietButton("chevron-left", self.tr("Previous version"), formats, self)
        self.back.clicked.connect(lambda: self.version_asked.emit(-1))
        self.forth = QuietButton("chevron-right", self.tr("Next version"), formats, self)
        self.forth.clicked.connect(lambda: self.version_asked.emit(1))
        self.buttons = [self.copy, self.act, self.back, self.forth]

    def show_message(self, message: Message) -> None:
        """Show what is known of `message`."""
        streaming = message.status is MessageStatus.STREAMING
        self._text = "" if self._right or streaming else footer_text(message)
        self._dropped = dropped_text(message)
        self.setToolTip(plain_tooltip(self._text))
        self.setAccessibleName(" ".join(filter(None, (self._text, self._dropped))))
        several = message.sibling_count > 1
        self._versions = f"{message.sibling_index + 1}/{message.sibling_count}" if several else ""
        place = self.tr("Version {index} of {count}").format(
            index=message.sibling_index + 1, count=message.sibling_count
        )
        for button in (self.back, self.forth):
            button.setVisible(several)
            button.setAccessibleDescription(place)
        self.back.setEnabled(message.sibling_index > 0)
        self.forth.setEnabled(message.sibling_index + 1 < message.sibling_count)
        self.copy.setVisible(bool(message.content) and not streaming)
        self.act.setVisible(not streaming)
        self._arrange()

    def row_height(self) -> int:
        """The height it takes: one row, and one more where turns were left out."""
        return ROW + (_DROPPED if self._dropped else 0)

    def reveal(self, revealed: bool) -> None:
        """Draw the buttons, or leave them to the keyboard. Versions are always drawn."""
        self.copy.reveal(revealed)
        self.act.reveal(revealed)

    def restyle(self, formats: Formats) -> None:
        """Draw in other colours."""
        self._formats = formats
        for button in self.buttons:
            button.restyle(formats)
        self.update()

    def _arrange(self) -> None:
        """An answer's figures come first, then its buttons; a question has its buttons only."""
        metrics = QFontMetrics(self._font())
        buttons = [button for button in (self.copy, self.act) if not button.isHidden()]
        versions = metrics.horizontalAdvance(self._versions)
        wide = sum(button.width() for button in buttons)
        wide += 2 * self.back.width() + versions if self._versions else 0
        room = max(0, self.width() - wide - _LEFT - _GAP)
        self._shown = metrics.elidedText(self._text, Qt.TextElideMode.ElideRight, room)
        text = metrics.horizontalAdvance(self._shown)
        x = self.width() - wide if self._right else _LEFT + text + _GAP if text else 0
        self._text_place = QRect(_LEFT, 0, text + 1, ROW)
        for button in buttons:
            button.move(x, (ROW - button.height()) // 2)
            x += button.width()
        if self._versions:
            self.back.move(x, (ROW - self.back.height()) // 2)
            x += self.back.width()
            self._versions_place = QRect(x, 0, versions, ROW)
            self.forth.move(x + versions, (ROW - self.forth.height()) // 2)
        self.update()

    def _font(self) -> QFont:
        font = QFont(self.font())
        font.setPixelSize(self._formats.base_px - 3)
        return font

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setFont(self._font())
        colors = self._formats.colors
        painter.setPen(QColor(colors.muted))
        centre = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(self._versions_place, Qt.AlignmentFlag.AlignCenter, self._versions)
        painter.drawText(self._text_place, centre, self._shown)
        painter.setPen(QColor(colors.warning))
        painter.drawText(QRect(_LEFT, ROW - 3, self.width(), _DROPPED), centre, self._dropped)
