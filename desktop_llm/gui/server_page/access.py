"""Where the port is, and the key to it: to be copied into other programs."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop_llm.gui.flow import FlowLayout
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import Card, button, hairline, label

_SHOWN_CHARACTERS = 4


def masked(key: str) -> str:
    """`key` with its end alone to be read, enough to tell two keys apart."""
    return f"{'•' * 12}{key[-_SHOWN_CHARACTERS:]}" if key else ""


class AccessRows(Card):
    """GUI thread. `renew_asked`: the person wants a new key, and was told what that means."""

    renew_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._key = ""
        self._seen = False
        self.address = _line(self.tr("Base URL"))
        self.copy_address = button(self.tr("Copy"))
        self.copy_address.setAccessibleName(self.tr("Copy the base URL"))
        self.copy_address.clicked.connect(
            lambda: self._copy(self.copy_address, self.address.text())
        )
        self.key = _line(self.tr("API key"))
        self.key.setPlaceholderText(self.tr("Made when the port is first switched on."))
        self.see = button(self.tr("Show"), "quiet")
        self.see.clicked.connect(self._see)
        self.copy_key = button(self.tr("Copy"))
        self.copy_key.setAccessibleName(self.tr("Copy the API key"))
        self.copy_key.clicked.connect(lambda: self._copy(self.copy_key, self._key))
        self.renew = button(self.tr("Renew…"))
        self.renew.setAccessibleName(self.tr("Renew the API key"))
        self.renew.clicked.connect(lambda: self._ask(True))
        self.question = QWidget()
        self.confirm = button(self.tr("Renew the key"), "danger")
        self.confirm.clicked.connect(self._renew)
        self.keep = button(self.tr("Keep it"))
        self.keep.clicked.connect(lambda: self._ask(False))
        self._build()
        self.show_key("")

    def show_address(self, base_url: str) -> None:
        """`base_url` is what clients are given, with ``/v1``."""
        if base_url != self.address.text():
            self.address.setText(base_url)
            self.address.setCursorPosition(0)
            self.copy_address.setText(self.tr("Copy"))

    def show_key(self, key: str) -> None:
        """Show `key` masked, or that there is none yet."""
        if key != self._key:
            self._seen = False
            self.copy_key.setText(self.tr("Copy"))
        self._key = key
        for press in (self.see, self.copy_key, self.renew):
            press.setEnabled(bool(key))
        self._draw()

    def _draw(self) -> None:
        self.key.setText(self._key if self._seen else masked(self._key))
        self.key.setCursorPosition(0)
        self.see.setText(self.tr("Hide") if self._seen else self.tr("Show"))
        self.see.setAccessibleName(
            self.tr("Hide the API key") if self._seen else self.tr("Show the API key")
        )

    def _see(self) -> None:
        self._seen = not self._seen
        self._draw()

    def _ask(self, asking: bool) -> None:
        self.question.setVisible(asking)
        self.renew.setEnabled(not asking)
        (self.keep if asking else self.renew).setFocus()

    def _renew(self) -> None:
        self._ask(False)
        self.renew_asked.emit()

    def _copy(self, press: QPushButton, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        press.setText(self.tr("Copied"))

    def _build(self) -> None:
        words = label(
            self.tr("Programs that use the old key are refused from then on."), "muted", wrap=True
        )
        buttons = FlowLayout(S)
        buttons.addWidget(self.confirm)
        buttons.addWidget(self.keep)
        column = QVBoxLayout(self.question)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(words)
        column.addLayout(buttons)
        self.question.hide()
        self.body.addLayout(_row(self.tr("Base URL"), self.address, self.copy_address))
        self.body.addWidget(hairline())
        key_row = _row(self.tr("API key"), self.key, self.see, self.copy_key, self.renew)
        self.body.addLayout(key_row)
        self.body.addWidget(self.question)


def _line(name: str) -> QLineEdit:
    line = QLineEdit()
    line.setReadOnly(True)
    line.setAccessibleName(name)
    return line


def _row(name: str, line: QLineEdit, *presses: QPushButton) -> QHBoxLayout:
    caption = label(name)
    caption.setMinimumWidth(90)
    caption.setBuddy(line)
    row = QHBoxLayout()
    row.setSpacing(S)
    row.addWidget(caption)
    row.addWidget(line, 1)
    for press in presses:
        row.addWidget(press)
    return row
