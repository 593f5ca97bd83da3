"""Small controls the pages share: labels by role, icon buttons, cards, segments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.gui.theme import M, Theme


def label(text: str = "", role: str = "", *, wrap: bool = False) -> QLabel:
    """A plain-text label; `role` names its style (muted, small, title, heading, error, chip…)."""
    widget = QLabel(text)
    widget.setTextFormat(Qt.TextFormat.PlainText)
    widget.setProperty("role", role)
    widget.setWordWrap(wrap)
    return widget


def button(text: str, kind: str = "") -> QPushButton:
    """A push button; `kind` is primary, quiet, danger, nav or chip. Reached with Tab, not stolen
    from the text field by a click."""
    widget = QPushButton(text)
    widget.setProperty("kind", kind)
    widget.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    widget.setCursor(Qt.CursorShape.PointingHandCursor)
    return widget


def plain_tooltip(text: str) -> str:
    """`text` as a tooltip that shows it as it is written; Qt takes what looks like HTML for it."""
    return f"<p>{escape(text)}</p>" if text else ""


def plain_caption(text: str) -> str:
    """`text` as a caption of a button or menu that shows its ``&``, which Qt underlines with."""
    return text.replace("&", "&&")


def breakable(text: str, longest: int = 24) -> str:
    """`text` with places to break lines at inside its very long words."""
    return re.sub(rf"\S{{{longest}}}(?=\S)", "\\g<0>\u200b", text)


def restyle(widget: QWidget, **properties: object) -> None:
    """Set style-sheet properties and have the style look at them again."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    widget.style().unpolish(widget)
    widget.style().polish(widget)


def clear_layout(layout: QLayout) -> None:
    """Remove and delete everything in `layout`.

    The widgets keep their parent until Qt deletes them: without one they would be Python's to
    delete, at a time of its choosing.
    """
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            clear_layout(inner)


class IconButton(QToolButton):
    """A tool button with a themed line icon; `name` is its tooltip and accessible name."""

    def __init__(self, theme: Theme, icon: str, name: str, color: str = "muted") -> None:
        super().__init__()
        self._theme = theme
        self._icon_name = icon
        self._color = color
        self.setIconSize(QSize(18, 18))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.describe(name)
        theme.changed.connect(self._draw)
        self._draw()

    def describe(self, name: str, shortcut: str = "") -> None:
        """Name the button for tooltips and screen readers."""
        self.setAccessibleName(name)
        self.setToolTip(f"{name} ({shortcut})" if shortcut else name)

    def show_icon(self, icon: str, color: str | None = None) -> None:
        """Wear another icon."""
        self._icon_name = icon
        self._color = color or self._color
        self._draw()

    def _draw(self) -> None:
        self.setIcon(self._theme.icon(self._icon_name, self._color))


class NavButton(QPushButton):
    """A checkable row of the sidebar: icon and text."""

    def __init__(self, theme: Theme, icon: str, text: str) -> None:
        super().__init__(text)
        self._theme = theme
        self._icon_name = icon
        self.setProperty("kind", "nav")
        self.setCheckable(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setIconSize(QSize(18, 18))
        self.setAccessibleName(text)
        theme.changed.connect(self._draw)
        self.toggled.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        color = "accent" if self.isChecked() else "muted"
        self.setIcon(self._theme.icon(self._icon_name, color))


class ElidedLabel(QLabel):
    """One line that ends in … when it does not fit; the whole text is its tooltip then."""

    def __init__(self, text: str = "", role: str = "") -> None:
        super().__init__(text)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setMinimumWidth(24)

    def paintEvent(self, event: QPaintEvent) -> None:
        whole = self.text()
        shown = self.fontMetrics().elidedText(
            whole, Qt.TextElideMode.ElideRight, self.contentsRect().width()
        )
        self.setToolTip(plain_tooltip(whole) if shown != whole else "")
        painter = QPainter(self)
        painter.setPen(self.palette().color(self.foregroundRole()))
        painter.drawText(self.contentsRect(), int(self.alignment()), shown)


class Card(QFrame):
    """A rounded panel with a vertical layout; `tone` is empty, accent, warning or danger."""

    def __init__(self, tone: str = "", spacing: int = 8) -> None:
        super().__init__()
        self.setObjectName("card")
        self.setProperty("tone", tone)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(M + 4, M, M + 4, M)
        self.body.setSpacing(spacing)

    def set_tone(self, tone: str) -> None:
        """Change what the card's colour says."""
        if self.property("tone") != tone:
            restyle(self, tone=tone)


class Segments(QFrame):
    """A row of choices of which one is on. Tab reaches each (a QButtonGroup would hide some)."""

    chosen = Signal(str)

    def __init__(self, choices: Sequence[tuple[str, str]], name: str) -> None:
        """`choices` are pairs of value and text; `name` is what a screen reader calls the row."""
        super().__init__()
        self.setObjectName("segments")
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(3, 3, 3, 3)
        row.setSpacing(2)
        self._buttons: dict[str, QPushButton] = {}
        for value, text in choices:
            choice = button(text, "segment")
            choice.setCheckable(True)
            choice.setAccessibleName(f"{name}: {text}")
            choice.clicked.connect(lambda _on=False, value=value: self._choose(value))
            self._buttons[value] = choice
            row.addWidget(choice)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)

    @property
    def value(self) -> str:
        """The value that is on, or an empty string."""
        return next((v for v, choice in self._buttons.items() if choice.isChecked()), "")

    def select(self, value: str) -> None:
        """Turn `value` on without telling anyone."""
        for other, choice in self._buttons.items():
            choice.setChecked(other == value)

    def _choose(self, value: str) -> None:
        self.select(value)
        self.chosen.emit(value)


class PassesFocus(QWidget):
    """A part of the window that gives the focus it gets to its first control.

    Not by a focus proxy: with one Qt takes the whole part for a single control, and Tab leaps over
    what stands in it before the proxy.
    """

    def first_control(self) -> QWidget:
        """What the keyboard begins with."""
        raise NotImplementedError

    def setFocus(self, reason: Qt.FocusReason = Qt.FocusReason.OtherFocusReason) -> None:
        self.first_control().setFocus(reason)


def hairline() -> QFrame:
    """A horizontal one-pixel separator."""
    line = QFrame()
    line.setObjectName("hairline")
    line.setFixedHeight(1)
    return line
