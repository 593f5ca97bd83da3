"""The engine's raw log, to read and copy."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_llm.gui.theme import M, S, Theme
from desktop_llm.gui.widgets import button, label


class LogViewer(QDialog):
    """A window beside the window: not modal, read-only, at the end of the text."""

    def __init__(self, theme: Theme, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Engine log"))
        self.resize(860, 560)
        self.text = QPlainTextEdit(text)
        self.text.setObjectName("log")
        self.text.setReadOnly(True)
        self.text.setFont(theme.mono_font(-1))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Engine log"))
        self.text.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        if not text:
            self.text.setPlaceholderText(self.tr("Nothing has been logged yet."))
        self.copy = button(self.tr("Copy all"), "primary")
        self.copy.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.copy.clicked.connect(self._copy)
        close = button(self.tr("Close"))
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self.close)
        row = QHBoxLayout()
        row.setContentsMargins(M, S, M, M)
        row.addWidget(
            label(self.tr("What the engine's processes printed in the last load"), "small"), 1
        )
        row.addWidget(close)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.text, 1)
        column.addLayout(row)
        self.text.verticalScrollBar().setValue(self.text.verticalScrollBar().maximum())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
        self.copy.setText(self.tr("Copied"))
