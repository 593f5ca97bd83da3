"""Controls of the quantize page: a card to choose, a group of them, a fold, a small table."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.gui.theme import XL, XS, L, M, S, Theme
from desktop_llm.gui.widgets import breakable, button, clear_layout, label

WIDEST = 860


def wrappable(text: str) -> str:
    """`text` to show in wrapping lines and to copy from: what breaks by itself is left as it is."""
    return re.sub(r"[^\s/-]{40}(?=[^\s/-])", "\\g<0>\u200b", text)


class StepPage(QScrollArea):
    """One step: a heading, a line of what to do, and a column to fill (`body`)."""

    def __init__(self, title: str, words: str = "") -> None:
        super().__init__()
        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(WIDEST)
        self.body = QVBoxLayout(content)
        self.body.setContentsMargins(XL, L + S, XL, XL)
        self.body.setSpacing(M)
        self.heading = label(title, "heading", wrap=True)
        self.body.addWidget(self.heading)
        self.words = label(words, "muted", wrap=True)
        self.body.addWidget(self.words)
        self.words.setVisible(bool(words))
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


class OptionCard(QPushButton):
    """A choice with a title and a line of when to choose it. A click never turns it off."""

    def __init__(self, title: str, words: str) -> None:
        super().__init__()
        self.setProperty("kind", "option")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self._words = words
        self._refusal = label("", "warning", wrap=True)
        self._refusal.hide()
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(M + 2, S + 2, M + 2, S + 2)
        column.setSpacing(2)
        for part in (label(title, "section"), label(words, "small", wrap=True), self._refusal):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            column.addWidget(part)

    def refuse(self, reason: str) -> None:
        """Show why it cannot be chosen; an empty reason makes it a choice again."""
        self.setEnabled(not reason)
        self._refusal.setText(breakable(reason))
        self._refusal.setVisible(bool(reason))
        self.setAccessibleDescription(f"{self._words} {reason}".strip())

    def nextCheckState(self) -> None:
        self.setChecked(True)

    def sizeHint(self) -> QSize:
        return self._column.sizeHint()

    def minimumSizeHint(self) -> QSize:
        return self._column.minimumSize()


class OptionGroup(QWidget):
    """Cards under each other of which one is on; Tab reaches each. `chosen` carries the value."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str, str]], name: str) -> None:
        """`choices` are value, title and words."""
        super().__init__()
        self.setAccessibleName(name)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        self.cards: dict[str, OptionCard] = {}
        for value, title, words in choices:
            card = OptionCard(title, words)
            card.clicked.connect(lambda _on=False, value=value: self._choose(value))
            self.cards[value] = card
            column.addWidget(card)

    def put_under(self, value: str, details: QWidget) -> None:
        """Place `details` under the card of `value`."""
        self._column.insertWidget(self._column.indexOf(self.cards[value]) + 1, details)

    @property
    def value(self) -> str:
        """The value that is on, or an empty string."""
        return next((value for value, card in self.cards.items() if card.isChecked()), "")

    def select(self, value: str) -> None:
        """Turn `value` on without telling anyone."""
        for other, card in self.cards.items():
            card.setChecked(other == value)

    def _choose(self, value: str) -> None:
        self.select(value)
        self.chosen.emit(value)


class FoldingRow(QWidget):
    """A row of parts that stand under each other where there is no room beside each other."""

    def __init__(self, parts: Sequence[QWidget], spacing: int, *, stretch: bool) -> None:
        """With `stretch` the parts share the width, else they are as wide as they need."""
        super().__init__()
        self._parts = list(parts)
        self._spacing = spacing
        self._stretch = stretch
        self._box = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(spacing)
        for part in parts:
            self._box.addWidget(part, int(stretch))
        if not stretch:
            self._box.addStretch()

    def minimumSizeHint(self) -> QSize:
        width = max(part.minimumSizeHint().width() for part in self._parts)
        return QSize(width, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fold()

    def fold(self) -> None:
        """Stand as there is room now; called too when a part has changed its text or has gone."""
        shown = [part for part in self._parts if not part.isHidden()]
        widths = [part.minimumSizeHint().width() for part in shown]
        if self._stretch:
            needed = max(widths, default=0) * len(shown)
        else:
            needed = sum(part.sizeHint().width() for part in shown)
        beside = needed + self._spacing * max(len(shown) - 1, 0) <= self.width()
        direction = QBoxLayout.Direction.LeftToRight if beside else QBoxLayout.Direction.TopToBottom
        if direction is not self._box.direction():
            self._box.setDirection(direction)


class Fold(QWidget):
    """A heading that shows and hides what is under it (`body`). `opened` carries which."""

    opened = Signal(bool)

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__()
        self._theme = theme
        self.head = button(title, "fold")
        self.head.setCheckable(True)
        self.head.toggled.connect(self._toggle)
        self._inside = QWidget()
        self._inside.hide()
        self.body = QVBoxLayout(self._inside)
        self.body.setContentsMargins(0, 0, 0, 0)
        self.body.setSpacing(M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addWidget(self.head, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self._inside)
        theme.changed.connect(self._draw)
        self._draw()

    @property
    def is_open(self) -> bool:
        return self.head.isChecked()

    def set_open(self, is_open: bool) -> None:
        """Show or hide what is inside."""
        self.head.setChecked(is_open)

    def _toggle(self, is_open: bool) -> None:
        self._inside.setVisible(is_open)
        self._draw()
        self.opened.emit(is_open)

    def _draw(self) -> None:
        self.head.setIcon(self._theme.icon("chevron-down" if self.is_open else "chevron-right"))


class Rows(QWidget):
    """Names and values, to read and to copy from."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(XL)
        self._grid.setVerticalSpacing(XS)
        self._grid.setColumnStretch(1, 1)
        self.shown: tuple[tuple[str, str], ...] = ()

    def show_rows(self, rows: Iterable[tuple[str, str]]) -> None:
        """Replace what is shown."""
        rows = tuple(rows)
        if rows == self.shown:
            return
        self.shown = rows
        clear_layout(self._grid)
        for place, (name, value) in enumerate(rows):
            self._grid.addWidget(label(name, "muted"), place, 0, Qt.AlignmentFlag.AlignTop)
            words = label(wrappable(value), wrap=True)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(words, place, 1)
