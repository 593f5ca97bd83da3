"""The folders models are looked for in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.gui.folder_dialog import ask_for_models_folder
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import ElidedLabel, button, clear_layout


class FolderList(QWidget):
    """The app's own folder, always there, and those a person has added. `changed` carries them."""

    changed = Signal(object)

    def __init__(self, own: Path) -> None:
        super().__init__()
        self._own = own
        self._folders: tuple[str, ...] | None = None
        self._rows = QVBoxLayout()
        self._rows.setSpacing(S)
        self.add = button(self.tr("Add folder…"))
        self.add.clicked.connect(self._ask)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        column.addLayout(self._rows)
        column.addWidget(self.add, 0, Qt.AlignmentFlag.AlignLeft)

    def show_folders(self, folders: Sequence[str]) -> None:
        """List `folders` under the app's own."""
        if tuple(folders) == self._folders:
            return
        self._folders = tuple(folders)
        clear_layout(self._rows)
        self._rows.addWidget(ElidedLabel(str(self._own)))
        for folder in folders:
            row = QHBoxLayout()
            row.addWidget(ElidedLabel(folder), 1)
            remove = button(self.tr("Remove"), "quiet")
            remove.setAccessibleName(self.tr("Remove {folder}").format(folder=folder))
            remove.clicked.connect(lambda _on=False, folder=folder: self.remove(folder))
            row.addWidget(remove)
            self._rows.addLayout(row)

    def add_folder(self, folder: str) -> None:
        """Ask for one folder more."""
        folders = self._folders or ()
        if folder not in folders:
            self.changed.emit((*folders, folder))

    def remove(self, folder: str) -> None:
        """Ask for one folder less; nothing on the disk is touched."""
        self.changed.emit(tuple(other for other in self._folders or () if other != folder))

    def _ask(self) -> None:
        ask_for_models_folder(self, lambda folder: self.add_folder(str(folder)))
