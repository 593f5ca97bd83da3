"""Whether a window can open, asked before Qt is: Qt itself ends the process when it cannot."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib.util
import os
import socket
from pathlib import Path

from desktop_llm.core.errors import AppError

# What holds the libraries that Qt's xcb plugin loads.
_DEBIAN = (
    "libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-render-util0 "
    "libxcb-shape0 libxcb-xkb1 libxkbcommon-x11-0 libegl1 libgl1"
)
_FEDORA = (
    "xcb-util-cursor xcb-util-wm xcb-util-image xcb-util-keysyms xcb-util-renderutil "
    "libxkbcommon-x11 libglvnd-egl libglvnd-glx"
)


def require_display() -> None:
    """Raise AppError ``gui.no_display`` if Qt would fail to open a window. Imports no Qt.

    With ``QT_QPA_PLATFORM`` set, Qt is trusted. Takes a stale ``WAYLAND_DISPLAY`` out of the
    process environment where X11 answers, for Qt would try it first.
    """
    if os.environ.get("QT_QPA_PLATFORM"):
        return
    wayland = os.environ.get("WAYLAND_DISPLAY", "")
    x11 = os.environ.get("DISPLAY", "")
    if wayland and _wayland_answers(wayland):
        missing = _missing_library("qwayland")
        if missing is None:
            return
        if not x11:
            raise _lacks(missing)
    elif not x11:
        raise _no_answer(wayland)
    if missing := _missing_library("qxcb"):
        raise _lacks(missing)
    if not _display_answers():
        raise _no_answer(x11)
    os.environ.pop("WAYLAND_DISPLAY", None)


def _lacks(missing: str) -> AppError:
    return AppError(
        "gui.no_display",
        f"A library that windows need is missing: {missing.split(':', maxsplit=1)[0]}.",
        f"On Debian or Ubuntu: sudo apt install {_DEBIAN}; on Fedora: sudo dnf install {_FEDORA}.",
        detail=missing,
    )


def _no_answer(display: str) -> AppError:
    return AppError(
        "gui.no_display",
        f"The display {display} does not answer.",
        "Start the app from within the desktop session to get the window.",
    )


def _missing_library(plugin: str) -> str | None:
    """What the loader says to Qt's plugin for a kind of display; None if it loads."""
    package = importlib.util.find_spec("PySide6")
    if package is None or not package.submodule_search_locations:
        return None  # importing it will say so
    file = Path(package.submodule_search_locations[0], f"Qt/plugins/platforms/lib{plugin}.so")
    if not file.is_file():
        return None
    try:
        ctypes.CDLL(str(file))
    except OSError as error:
        return str(error)
    return None


def _wayland_answers(name: str) -> bool:
    socket_file = Path(os.environ.get("XDG_RUNTIME_DIR", ""), name)
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(socket_file))
        except OSError:
            return False
    return True


def _display_answers() -> bool:
    xcb = ctypes.CDLL(ctypes.util.find_library("xcb") or "libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    answers = xcb.xcb_connection_has_error(connection) == 0
    xcb.xcb_disconnect(connection)
    return answers
