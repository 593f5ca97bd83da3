"""What the port has answered, line by line: bounded, and still while nobody sees it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from desktop_llm.gui.port_control import MOST_LINES, LogLine
from desktop_llm.gui.server_page.words import log_line
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import Card, button

_AGAIN_MS = 500
_HEIGHT = 200


class PortLog(Card):
    """GUI thread. It looks twice a second while it is seen, and adds all that is new at once.

    It stays at its end unless a person scrolls up.
    """

    def __init__(self, theme: Theme, lines: Callable[[], Sequence[LogLine]]) -> None:
        super().__init__()
        self._lines = lines
        self._last = 0
        self._theme = theme
        self.text = QPlainTextEdit()
        self.text.setObjectName("log")
        self.text.setReadOnly(True)
        self.text.setMaximumBlockCount(MOST_LINES)
        self.text.setUndoRedoEnabled(False)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFixedHeight(_HEIGHT)
        self.text.setAccessibleName(self.tr("Log of the port"))
        self.text.setPlaceholderText(
            self.tr("Each request is noted here when it has ended, without what was asked.")
        )
        self.copy = button(self.tr("Copy all"))
        self.copy.clicked.connect(self._copy)
        self.clear = button(self.tr("Clear"))
        self.clear.setAccessibleName(self.tr("Clear the log"))
        self.clear.clicked.connect(self._clear)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addWidget(self.clear)
        row.addStretch()
        self.body.addWidget(self.text)
        self.body.addLayout(row)
        self.timer = QTimer(self)
        self.timer.setInterval(_AGAIN_MS)
        self.timer.timeout.connect(self.look)
        theme.changed.connect(self._dress)
        self._dress()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._dress()
        self.look()
        self.timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.timer.stop()

    def look(self) -> None:
        """Add what has come."""
        new = [line for line in self._lines() if line.number > self._last]
        if not new:
            return
        self._last = new[-1].number
        bar = self.text.verticalScrollBar()
        at_end, place = bar.value() >= bar.maximum(), bar.value()
        self.text.appendPlainText("\n".join(map(_text, new)))
        bar.setValue(bar.maximum() if at_end else place)
        self.copy.setText(self.tr("Copy all"))

    def _clear(self) -> None:
        self.text.clear()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText(self.tr("Copied"))

    def _dress(self) -> None:
        self.text.setFont(self._theme.mono_font(-1))


def _text(line: LogLine) -> str:
    clock = datetime.fromtimestamp(line.at).astimezone().strftime("%H:%M:%S")
    return log_line(clock, line.request)
