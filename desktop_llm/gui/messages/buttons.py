"""The view's small buttons: an icon, shown when wanted, always within reach of the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QIcon, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolButton, QWidget

from desktop_llm.gui.messages.formats import Formats

_ICON = 16
_SAID_MS = 1600


class QuietButton(QToolButton):
    """An icon button of the message view; `name` is its tooltip and what a screen reader says.

    It keeps its place while it is not `revealed` and is then drawn only with the keyboard's focus
    on it.
    """

    def __init__(self, icon: str, name: str, formats: Formats, parent: QWidget) -> None:
        super().__init__(parent)
        self._icon_name = icon
        self._name = name
        self._said = QTimer(self)
        self._said.setSingleShot(True)
        self._said.setInterval(_SAID_MS)
        self._said.timeout.connect(self._unsay)
        self.revealed = True
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedSize(28, 26)
        self.setToolTip(name)
        self.setAccessibleName(name)
        self.restyle(formats)

    def restyle(self, formats: Formats) -> None:
        """Draw in other colours."""
        self._formats = formats
        self._colors = formats.colors
        self._show_icon(self._icon_name)

    def reveal(self, revealed: bool) -> None:
        """Be drawn, or only be there."""
        if self.revealed != revealed:
            self.revealed = revealed
            self.update()

    def say(self, text: str) -> None:
        """Confirm what was pressed with a tick and `text`, for a moment."""
        self._show_icon("check", self._colors.accent)
        self.setToolTip(text)
        self.setAccessibleName(text)
        self._said.start()

    def _unsay(self) -> None:
        self._show_icon(self._icon_name)
        self.setToolTip(self._name)
        self.setAccessibleName(self._name)

    def _show_icon(self, name: str, color: str = "") -> None:
        colors = self._colors
        color = color or colors.muted
        self.setIcon(self._formats.icons.icon(name, color, colors.faint, _ICON))
        self.update()

    def hideEvent(self, event: QHideEvent) -> None:
        if self._said.isActive():
            self._said.stop()
            self._unsay()

    def paintEvent(self, event: QPaintEvent) -> None:
        focused = self.hasFocus()
        if not (self.revealed or focused or self._said.isActive()):
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        rect = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        if self.isDown() or self.underMouse():
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(self._colors.pressed if self.isDown() else self._colors.hover))
            painter.drawRoundedRect(rect, 6, 6)
        if focused:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(QColor(self._colors.accent), 2))
            painter.drawRoundedRect(rect, 6, 6)
        mode = QIcon.Mode.Normal if self.isEnabled() else QIcon.Mode.Disabled
        place = QRectF(0, 0, _ICON, _ICON)
        place.moveCenter(QRectF(self.rect()).center())
        self.icon().paint(painter, place.toRect(), Qt.AlignmentFlag.AlignCenter, mode)

    def sizeHint(self) -> QSize:
        return QSize(28, 26)
