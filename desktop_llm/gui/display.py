"""Whether a window can open, asked before Qt is: Qt itself ends the process when it cannot."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
from pathlib import Path

from desktop_llm.core.errors import AppError

# The Debian and Ubuntu packages of what Qt's xcb plugin loads; others name them alike.
_PACKAGES = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 "
    "libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libegl1"
)


def require_display() -> None:
    """Raise AppError ``gui.no_display`` if Qt would fail to open a window. Imports no Qt.

    Only X11 can be asked ahead; under Wayland, or with ``QT_QPA_PLATFORM`` set, Qt is trusted.
    """
    if os.environ.get("QT_QPA_PLATFORM") or os.environ.get("WAYLAND_DISPLAY"):
        return
    plugin = _xcb_plugin()
    if plugin is None:
        return
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        raise AppError(
            "gui.no_display",
            f"A library that windows need is missing: {str(error).split(':')[0]}.",
            f"On Debian or Ubuntu: sudo apt install {_PACKAGES}",
            detail=str(error),
        ) from error
    if not _display_answers():
        raise AppError(
            "gui.no_display",
            f"The display {os.environ.get('DISPLAY', '')} does not answer.",
            "Start the app from within the desktop session, or check DISPLAY and XAUTHORITY.",
        )


def _xcb_plugin() -> Path | None:
    package = importlib.util.find_spec("PySide6")
    if package is None or not package.submodule_search_locations:
        return None
    plugin = Path(package.submodule_search_locations[0], "Qt/plugins/platforms/libqxcb.so")
    return plugin if plugin.is_file() else None


def _display_answers() -> bool:
    xcb = ctypes.CDLL(ctypes.util.find_library("xcb") or "libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answers
