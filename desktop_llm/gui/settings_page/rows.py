"""A titled group of settings."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_llm.gui.theme import M, S
from desktop_llm.gui.widgets import Card, hairline, label


class Section(QWidget):
    """A heading and a card with one row for each of `rows`, separated by hairlines."""

    def __init__(self, title: str, *rows: QWidget) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(label(title, "section"))
        card = Card(spacing=M)
        for position, row in enumerate(rows):
            if position:
                card.body.addWidget(hairline())
            card.body.addWidget(row)
        column.addWidget(card)
