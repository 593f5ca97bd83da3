"""Remembers where the window was, and never puts it where no screen is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMainWindow

from desktop_llm.core.files import write_atomic

DEFAULT_WIDTH, DEFAULT_HEIGHT = 1180, 780
SIDEBAR, NARROWEST_SIDEBAR, WIDEST_SIDEBAR = 264, 200, 480
DOCK, NARROWEST_DOCK, WIDEST_DOCK = 320, 280, 520
# The Models page, the widest, is then whole between sidebar and dock.
_ROOM_FOR_THE_DOCK = 1280
_VISIBLE = 80


@dataclass(frozen=True)
class DockPlace:
    """Whether the dock at the right is open, and its width then, in logical pixels."""

    open: bool = False
    width: int = DOCK


def screens() -> list[QRect]:
    """What the desktop leaves free on each screen."""
    return [screen.availableGeometry() for screen in QGuiApplication.screens()]


def sidebar_width(saved: dict[str, Any]) -> int:
    """The saved width of the sidebar, or its usual one."""
    width = saved.get("sidebar")
    if isinstance(width, int) and NARROWEST_SIDEBAR <= width <= WIDEST_SIDEBAR:
        return width
    return SIDEBAR


def dock_place(saved: dict[str, Any], window_width: int) -> DockPlace:
    """The dock as it was left; at first it is open where the window has room for it."""
    is_open, width = saved.get("dock_open"), saved.get("dock")
    if not isinstance(is_open, bool):
        is_open = window_width >= _ROOM_FOR_THE_DOCK
    if not (isinstance(width, int) and NARROWEST_DOCK <= width <= WIDEST_DOCK):
        width = DOCK
    return DockPlace(is_open, width)


def save(path: Path, window: QMainWindow, sidebar: int, dock: DockPlace) -> None:
    """Write where `window` is. Raises OSError."""
    rect = window.normalGeometry() if window.isMaximized() else window.geometry()
    state = {
        "rect": [rect.x(), rect.y(), rect.width(), rect.height()],
        "maximized": window.isMaximized(),
        "sidebar": sidebar,
        "dock": dock.width,
        "dock_open": dock.open,
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


def read(path: Path) -> dict[str, Any]:
    """What `save` has written; empty where that cannot be read."""
    try:
        saved = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return saved if isinstance(saved, dict) else {}
