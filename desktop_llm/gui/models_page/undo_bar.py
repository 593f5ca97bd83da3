"""Says that a click has changed the load profile, and takes it back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_llm.gui.theme import M
from desktop_llm.gui.widgets import button, label


class UndoBar(QWidget):
    """Hidden while there is nothing to take back. GUI thread."""

    asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.said = label(self.tr("The load profile was changed."), "muted", wrap=True)
        self.press = button(self.tr("Undo the change"))
        self.press.clicked.connect(self.asked)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        row.addWidget(self.said, 1)
        row.addWidget(self.press)
        self.hide()
