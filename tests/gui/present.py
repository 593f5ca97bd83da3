"""Widgets that must be there, of the kind asked for."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QWidget

T = TypeVar("T", bound=QObject)


def child(parent: QObject, kind: type[T]) -> T:
    """The first child of this kind."""
    found = parent.findChild(kind)
    assert found is not None, f"no {kind.__name__} in {parent}"
    return found


def focused() -> QWidget:
    """The widget that has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None, "nothing has the focus"
    return widget
