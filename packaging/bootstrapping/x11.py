"""What Qt needs of the system to open a window under X11, and no wheel brings."""

from __future__ import annotations

import ctypes
import os

from bootstrapping.system import install_command

# The library that Qt loads, and its package on Debian and on Fedora.
_LIBRARIES = {
    "libxcb-cursor.so.0": ("libxcb-cursor0", "xcb-util-cursor"),
    "libxcb-icccm.so.4": ("libxcb-icccm4", "xcb-util-wm"),
    "libxcb-image.so.0": ("libxcb-image0", "xcb-util-image"),
    "libxcb-keysyms.so.1": ("libxcb-keysyms1", "xcb-util-keysyms"),
    "libxcb-render-util.so.0": ("libxcb-render-util0", "xcb-util-renderutil"),
    "libxcb-shape.so.0": ("libxcb-shape0", "libxcb"),
    "libxcb-xkb.so.1": ("libxcb-xkb1", "libxcb"),
    "libxkbcommon-x11.so.0": ("libxkbcommon-x11-0", "libxkbcommon-x11"),
    "libEGL.so.1": ("libegl1", "libglvnd-egl"),
    "libGL.so.1": ("libgl1", "libglvnd-glx"),
    "libfontconfig.so.1": ("libfontconfig1", "fontconfig"),
    "libdbus-1.so.3": ("libdbus-1-3", "dbus-libs"),
}


def _is_missing(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return True
    return False


def warning() -> str | None:
    """A sentence about what an X11 window would miss; None if nothing, or there is no X11."""
    shown = bool(os.environ.get("DISPLAY"))
    if not shown or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("QT_QPA_PLATFORM"):
        return None
    missing = [library for library in _LIBRARIES if _is_missing(library)]
    if not missing:
        return None
    debian, fedora = (
        " ".join(dict.fromkeys(_LIBRARIES[library][column] for library in missing))
        for column in (0, 1)
    )
    return (
        f"The window will need {', '.join(missing)}, and the chat opens in the terminal without. "
        f"To install: {install_command(debian, fedora)}"
    )
