"""What the chat page shows before the first message."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_llm.gui.theme import XL, L, S, Theme
from desktop_llm.gui.widgets import button, label

# Asked in English whatever the window's language: the guide knows no other.
SUGGESTIONS = (
    "What can you do?",
    "How do I load my own model?",
    "What is the KV cache?",
    "Which keyboard shortcuts are there?",
)


class EmptyState(QWidget):
    """A line of greeting, and suggestions where the model is known to answer them.

    `suggested` carries the text of the suggestion that was pressed. `put_card` places the
    first-run card under the greeting.
    """

    suggested = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.heading = label(self.tr("What would you like to ask?"), "heading")
        self.heading.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.line = label("", "muted", wrap=True)
        self.line.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._chips = QWidget()
        chips = QVBoxLayout(self._chips)
        chips.setContentsMargins(0, L, 0, 0)
        chips.setSpacing(S)
        for text in SUGGESTIONS:
            chip = button(text, "chip")
            chip.clicked.connect(lambda _on=False, text=text: self.suggested.emit(text))
            chips.addWidget(chip, 0, Qt.AlignmentFlag.AlignHCenter)
        self._card: QWidget | None = None
        self._suggests = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(XL, XL, XL, XL)
        self._column.setSpacing(S)
        self._column.addStretch(2)
        self._column.addWidget(self.heading)
        self._column.addWidget(self.line)
        self._column.addWidget(self._chips)
        self._column.addStretch(3)
        self.show_suggestions(False)

    def show_line(self, text: str) -> None:
        """Say under the greeting who will answer."""
        self.line.setText(text)

    def show_suggestions(self, shown: bool) -> None:
        """Offer the suggestions or not."""
        self._suggests = shown
        self._chips.setVisible(shown and self._card is None)

    def put_card(self, card: QWidget | None) -> None:
        """Show `card` in the place of everything else, or (None) take it away."""
        if self._card is not None:
            self._card.hide()
            self._card.deleteLater()
        self._card = card
        for widget in (self.heading, self.line):
            widget.setVisible(card is None)
        self.show_suggestions(self._suggests)
        if card is not None:
            self._column.insertWidget(1, card, 0, Qt.AlignmentFlag.AlignHCenter)
