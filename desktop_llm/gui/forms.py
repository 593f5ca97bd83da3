"""Fields of a form: a label, a control, a word of help, and room for the reason of a refusal."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.gui.numbers import number_text, read_number
from desktop_llm.gui.theme import XS, S
from desktop_llm.gui.widgets import label, restyle

_ROW_HEIGHT = 30


class Field(QWidget):
    """One row of a form. `edited` is emitted when a person has finished changing the value.

    Values are what the form writes and reads: text for text-like controls, str for choices, bool
    for switches.
    """

    edited = Signal()

    def __init__(self, name: str, text: str, control: QWidget, help_text: str, wide: bool) -> None:
        super().__init__()
        self.name = name
        self.control = control
        caption = label(text)
        caption.setBuddy(control)
        control.setAccessibleName(text)
        control.setAccessibleDescription(help_text)
        control.setToolTip(help_text)
        self.help = label(help_text, "small", wrap=True)
        self.help.hide()
        self._explained = False
        self.problem = label("", "error", wrap=True)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        if wide:
            column.addWidget(caption)
            column.addWidget(control)
        else:
            row = QHBoxLayout()
            row.setSpacing(S)
            row.addWidget(caption, 1)
            row.addWidget(control)
            row.addStrut(_ROW_HEIGHT)
            column.addLayout(row)
        column.addWidget(self.help)
        column.addWidget(self.problem)

    def explain(self) -> None:
        """Show the help under the control, not only as its tooltip."""
        self._explained = True
        self.help.setVisible(bool(self.help.text()))

    def read(self) -> str | bool:
        """What the control says now."""
        raise NotImplementedError

    def write(self, value: str | bool) -> None:
        """Make the control say what `read` has given."""
        raise NotImplementedError

    def say(self, words: str) -> None:
        """Show a quiet word under the control."""
        restyle(self.problem, role="small")
        self.problem.setText(words)
        self.problem.show()

    def refuse(self, reason: str) -> None:
        """Show why the value is not taken; an empty reason clears it."""
        restyle(self.problem, role="error")
        self.problem.setText(reason)
        self.problem.setVisible(bool(reason))
        self.help.setVisible(self._explained and not reason and bool(self.help.text()))
        if bool(self.control.property("bad")) != bool(reason):
            restyle(self.control, bad=bool(reason))


class TextField(Field):
    """A line of text or a number. Empty means the default, named by the placeholder."""

    def __init__(
        self, name: str, text: str, placeholder: str, help_text: str = "", width: int = 132
    ) -> None:
        self.line = QLineEdit()
        self.line.setPlaceholderText(placeholder)
        self.line.setFixedWidth(width)
        self.line.setClearButtonEnabled(False)
        super().__init__(name, text, self.line, help_text, wide=False)
        self.line.editingFinished.connect(self.edited)

    def set_placeholder(self, text: str) -> None:
        """Name the default."""
        self.line.setPlaceholderText(text)

    @property
    def value(self) -> str:
        return self.line.text().strip()

    def read(self) -> str:
        return self.value

    def write(self, value: str | bool) -> None:
        self.show_value(str(value))

    def show_value(self, value: str) -> None:
        """Show `value` without telling anyone."""
        self.line.setText(value)


class NumberField(TextField):
    """A number as people write it. Empty means the default, named by the placeholder."""

    def __init__(
        self, name: str, text: str, placeholder: str, help_text: str = "", *, whole: bool = True
    ) -> None:
        super().__init__(name, text, placeholder, help_text, 150)
        self._whole = whole

    def number(self) -> int | float | None:
        """What is written; None for nothing. Raises ValueError with a sentence."""
        return read_number(self.value, whole=self._whole) if self.value else None

    def show_number(self, number: float | None) -> None:
        """Show `number` without telling anyone; None is an empty field."""
        self.show_value("" if number is None else number_text(number))


class LinesField(Field):
    """Several lines of text. Changes count when the field is left."""

    def __init__(
        self, name: str, text: str, placeholder: str, help_text: str = "", height: int = 72
    ) -> None:
        self.box = _LeavingBox()
        self.box.setPlaceholderText(placeholder)
        self.box.setTabChangesFocus(True)
        self.box.setFixedHeight(height)
        super().__init__(name, text, self.box, help_text, wide=True)
        self.box.left.connect(self.edited)

    @property
    def value(self) -> str:
        return self.box.toPlainText()

    def read(self) -> str:
        return self.value

    def write(self, value: str | bool) -> None:
        self.show_value(str(value))

    def show_value(self, value: str) -> None:
        """Show `value` without telling anyone."""
        if value != self.value:
            self.box.setPlainText(value)


class SwitchField(Field):
    """A yes or no."""

    def __init__(self, name: str, text: str, help_text: str = "") -> None:
        self.box = QCheckBox()
        super().__init__(name, text, self.box, help_text, wide=False)
        self.box.clicked.connect(self.edited)

    @property
    def value(self) -> bool:
        return self.box.isChecked()

    def read(self) -> bool:
        return self.value

    def write(self, value: str | bool) -> None:
        self.show_value(bool(value))

    def show_value(self, value: bool) -> None:
        """Show `value` without telling anyone."""
        self.box.setChecked(value)


class ChoiceField(Field):
    """One of a few."""

    def __init__(
        self,
        name: str,
        text: str,
        choices: Sequence[tuple[str, str]],
        help_text: str = "",
        width: int = 132,
    ) -> None:
        """`choices` are pairs of value and text."""
        self.combo = QComboBox()
        self.combo.setFixedWidth(width)
        for value, words in choices:
            self.combo.addItem(words, value)
        super().__init__(name, text, self.combo, help_text, wide=False)
        self.combo.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.combo.activated.connect(self.edited)

    @property
    def value(self) -> str:
        return str(self.combo.currentData())

    def read(self) -> str:
        return self.value

    def write(self, value: str | bool) -> None:
        self.show_value(str(value))

    def show_value(self, value: str) -> None:
        """Show `value` without telling anyone."""
        self.combo.setCurrentIndex(max(0, self.combo.findData(value)))


class _LeavingBox(QPlainTextEdit):
    """Says when the focus leaves after a change."""

    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._before = ""

    def focusInEvent(self, event: QFocusEvent) -> None:
        self._before = self.toPlainText()
        super().focusInEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if self.toPlainText() != self._before:
            self._before = self.toPlainText()
            self.left.emit()
