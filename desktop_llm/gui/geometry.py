"""Remembers where the window was, and never puts it where no screen is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow, QSplitter

from desktop_llm.core.files import write_atomic

DEFAULT_WIDTH, DEFAULT_HEIGHT = 1180, 780
_VISIBLE = 80


def restore(path: Path, window: QMainWindow, splitter: QSplitter) -> None:
    """Place `window` as it was when `save` was called, or in the middle of the screen."""
    saved = _read(path)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    rect = placed(saved.get("rect"), screens)
    window.setGeometry(rect)
    sidebar = saved.get("sidebar")
    if isinstance(sidebar, int) and 200 <= sidebar <= 480:
        splitter.setSizes([sidebar, max(1, rect.width() - sidebar)])
    if saved.get("maximized") is True:
        window.setWindowState(window.windowState() | window.windowState().WindowMaximized)


def save(path: Path, window: QMainWindow, splitter: QSplitter) -> None:
    """Write where `window` is. Raises OSError."""
    rect = window.normalGeometry() if window.isMaximized() else window.geometry()
    state = {
        "rect": [rect.x(), rect.y(), rect.width(), rect.height()],
        "maximized": window.isMaximized(),
        "sidebar": splitter.sizes()[0],
    }
    write_atomic(path, json.dumps(state).encode())


def placed(saved: Any, screens: list[QRect]) -> QRect:
    """The saved rectangle if enough of it is on a screen to be grabbed, else one in the middle."""
    screen = screens[0] if screens else QRect(0, 0, DEFAULT_WIDTH, DEFAULT_HEIGHT)
    if isinstance(saved, list) and len(saved) == 4 and all(type(n) is int for n in saved):
        rect = QRect(*saved)
        shared = [rect.intersected(available) for available in screens]
        if (
            rect.width() >= 400
            and rect.height() >= 300
            and any(
                part.width() >= _VISIBLE
                and part.height() >= _VISIBLE
                and rect.top() >= available.top() - 8
                for part, available in zip(shared, screens, strict=True)
            )
        ):
            return rect
    width = min(DEFAULT_WIDTH, screen.width() - 40)
    height = min(DEFAULT_HEIGHT, screen.height() - 60)
    return QRect(
        screen.x() + (screen.width() - width) // 2,
        screen.y() + (screen.height() - height) // 2,
        width,
        height,
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        saved = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return saved if isinstance(saved, dict) else {}
