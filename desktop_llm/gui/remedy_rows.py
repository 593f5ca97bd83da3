"""Ways out of an error: what each is, with its button."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.errors import Remedy
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import XS, M
from desktop_llm.gui.widgets import button, clear_layout, label


class RemedyRows(QWidget):
    """Hidden while there are none. `fix_asked` carries fix and value. GUI thread."""

    fix_asked = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(XS)
        self.hide()

    def show_remedies(self, remedies: Sequence[Remedy]) -> None:
        """Show these, each in its row."""
        clear_layout(self._column)
        if remedies:
            self._column.addWidget(label(self.tr("Any one of these helps:"), "muted"))
        for remedy in remedies:
            self._column.addWidget(self._row(remedy))
        self.setVisible(bool(remedies))

    def _row(self, remedy: Remedy) -> QWidget:
        text = translated(remedy.text)
        press = button(fix_label(remedy.fix, remedy.value), "quiet")
        press.setAccessibleName(f"{press.text()}: {text}")
        press.clicked.connect(lambda: self.fix_asked.emit(str(remedy.fix), remedy.value))
        row = QWidget()
        line = QHBoxLayout(row)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(M)
        line.addWidget(label(text, wrap=True), 1)
        line.addWidget(press)
        return row
