"""The answers of both models to the same prompts, side by side."""

from __future__ import annotations

from itertools import zip_longest

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_llm.gui.quantize_page.cards import wrappable
from desktop_llm.gui.theme import M, S
from desktop_llm.gui.widgets import Card, clear_layout, label
from desktop_llm.quantize.types import JobResult


class Answers(QWidget):
    """GUI thread. Plain text: what a model wrote is never taken for markup."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(M)
        self._grid.setVerticalSpacing(S)
        self._grid.setColumnStretch(0, 1)
        self._grid.setColumnStretch(1, 1)

    def show_result(self, result: JobResult) -> None:
        """Replace what is shown."""
        clear_layout(self._grid)
        before = result.before.answers if result.before else ()
        after = result.after.answers if result.after else ()
        rows = list(zip_longest(result.prompts, before, after, fillvalue=""))
        self._grid.addWidget(label(self.tr("Original"), "small"), 0, 0)
        self._grid.addWidget(label(self.tr("Quantized"), "small"), 0, 1)
        for place, (prompt, *answers) in enumerate(rows):
            row = 1 + 2 * place
            title = label(wrappable(prompt), "section", wrap=True)
            self._grid.addWidget(title, row, 0, 1, 2)
            for column, (answer, whose) in enumerate(
                zip(answers, (self.tr("Original"), self.tr("Quantized")), strict=True)
            ):
                self._grid.addWidget(_answer(answer, f"{whose}: {prompt}"), row + 1, column)


def _answer(text: str, name: str) -> Card:
    card = Card()
    words = label(wrappable(text.strip()), wrap=True)
    words.setAlignment(Qt.AlignmentFlag.AlignTop)
    words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    words.setAccessibleName(name)
    words.setAccessibleDescription(text)
    card.body.addWidget(words, 1)
    return card
