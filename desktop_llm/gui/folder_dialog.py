"""Asks for a folder of models, without blocking the window behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QFileDialog, QWidget


def ask_for_models_folder(parent: QWidget, then: Callable[[Path], object]) -> None:
    """Open the dialog over `parent`; `then` gets the folder if one is chosen. GUI thread."""
    title = QCoreApplication.translate("FolderDialog", "Add a folder of models")
    dialog = QFileDialog(parent, title)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setFileMode(QFileDialog.FileMode.Directory)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly)
    dialog.fileSelected.connect(lambda name: then(Path(name)))
    dialog.open()
