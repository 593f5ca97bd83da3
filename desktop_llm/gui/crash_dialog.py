"""The details of a bug, to copy."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_llm.gui.theme import L, S, Theme
from desktop_llm.gui.widgets import button, label


class CrashDialog(QDialog):
    """Not modal: the window stays usable."""

    def __init__(
        self,
        theme: Theme,
        title: str,
        words: str,
        details: str,
        logs: Path,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.resize(720, 440)
        self.details = QPlainTextEdit(details)
        self.details.setReadOnly(True)
        self.details.setFont(theme.mono_font(-1))
        self.details.setAccessibleName(self.tr("Details"))
        copy = button(self.tr("Copy details"), "primary")
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(details))
        folder = button(self.tr("Open log folder"))
        folder.clicked.connect(lambda: QDesktopServices.openUrl(QUrl.fromLocalFile(str(logs))))
        close = button(self.tr("Close"))
        close.clicked.connect(self.close)
        for press in (copy, folder, close):
            press.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addStretch()
        for press in (close, folder, copy):
            row.addWidget(press)
        column = QVBoxLayout(self)
        column.setContentsMargins(L, L, L, L)
        column.setSpacing(S)
        column.addWidget(label(title, "title"))
        column.addWidget(label(words, "muted", wrap=True))
        column.addWidget(self.details, 1)
        column.addLayout(row)
