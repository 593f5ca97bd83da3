"""Short messages over the page's upper edge, with an optional action. Never modal."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.gui.theme import XS, M, S, Theme
from desktop_llm.gui.widgets import IconButton, breakable, button, label

DEFAULT_MS = 6000
_MOST = 3
_WIDEST, _WRAPPED = 520, 380
_BELOW = 56  # clears the page's header


class Toast(QFrame):
    """One message, until it is `dismissed`. Waits while the pointer or the focus is on it."""

    dismissed = Signal(object)

    def __init__(
        self,
        theme: Theme,
        text: str,
        timeout_ms: int,
        action_text: str = "",
        action: Callable[[], object] | None = None,
    ) -> None:
        super().__init__()
        self.setObjectName("toast")
        self.setAccessibleName(text)
        self.text = text
        self._holders: set[str] = set()
        row = QHBoxLayout(self)
        row.setContentsMargins(M, S, S, S)
        row.setSpacing(M)
        words = label(breakable(text))
        if words.sizeHint().width() > _WIDEST:
            words.setWordWrap(True)
            words.setMinimumWidth(_WRAPPED)
        words.setMaximumWidth(_WIDEST)
        row.addWidget(words, 1)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(timeout_ms)
        self._timer.timeout.connect(self.dismiss)
        if action_text and action is not None:
            act = button(action_text)
            act.clicked.connect(self.dismiss)
            act.clicked.connect(lambda _on=False: action())
            act.installEventFilter(self)
            row.addWidget(act)
        close = IconButton(theme, "close", self.tr("Dismiss"), "border_strong")
        close.setText("×" if close.icon().isNull() else "")
        close.clicked.connect(self.dismiss)
        close.installEventFilter(self)
        row.addWidget(close)
        self._timer.start()

    def dismiss(self) -> None:
        """Go away now."""
        self.hide()
        self._timer.stop()
        self.deleteLater()
        self.dismissed.emit(self)

    def enterEvent(self, event: QEnterEvent) -> None:
        self._hold("pointer", True)

    def leaveEvent(self, event: QEvent) -> None:
        self._hold("pointer", False)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            self._hold("focus", event.type() == QEvent.Type.FocusIn)
        return False

    def _hold(self, holder: str, holds: bool) -> None:
        """Stop the clock while anything holds the toast."""
        if holds:
            self._holders.add(holder)
        else:
            self._holders.discard(holder)
        if self._holders:
            self._timer.stop()
        else:
            self._timer.start()


class Toasts(QWidget):
    """The stack of messages over `area`, a part of its window. GUI thread."""

    def __init__(self, theme: Theme, area: QWidget, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._area = area
        self._host = parent
        self._toasts: list[Toast] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(XS)
        self._column.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        area.installEventFilter(self)
        self.hide()

    def say(
        self,
        text: str,
        action_text: str = "",
        action: Callable[[], object] | None = None,
        timeout_ms: int = DEFAULT_MS,
    ) -> Toast:
        """Say `text`; with an action, offer it until the time is up."""
        for old in self.toasts()[: 1 - _MOST]:
            old.dismiss()
        toast = Toast(self._theme, text, timeout_ms, action_text, action)
        toast.dismissed.connect(self._remove)
        self._toasts.append(toast)
        self._column.addWidget(toast, 0, Qt.AlignmentFlag.AlignHCenter)
        toast.show()  # a layout that is on the screen counts only what is shown
        self._settle()
        announcement = QAccessibleAnnouncementEvent(self, text)
        announcement.setPoliteness(QAccessible.AnnouncementPoliteness.Polite)
        QAccessible.updateAccessibility(announcement)
        return toast

    def take_back(self, toast: Toast) -> None:
        """Stop saying what is no longer so."""
        if toast in self._toasts:
            toast.dismiss()

    def toasts(self) -> list[Toast]:
        """What is being said, oldest first."""
        return list(self._toasts)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._settle()
        return False

    def _remove(self, toast: Toast) -> None:
        self._toasts.remove(toast)
        self._column.removeWidget(toast)
        self._settle()

    def _settle(self) -> None:
        if not self._toasts:
            self.hide()
            return
        size = self.sizeHint()
        corner = self._area.mapTo(self._host, QPoint(0, 0))
        left = corner.x() + (self._area.width() - size.width()) // 2
        left = max(0, min(left, self._host.width() - size.width()))
        self.setGeometry(left, corner.y() + _BELOW, size.width(), size.height())
        self.show()
        self.raise_()
