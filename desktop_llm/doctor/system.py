"""The process's surroundings: how children start, locale, network, display."""

from __future__ import annotations

import locale
import sys

from desktop_llm.doctor.children import run_python
from desktop_llm.doctor.findings import Finding, Surroundings, failed, noted, passed

_QT_PROBE = "from PySide6.QtGui import QGuiApplication; print(QGuiApplication([]).platformName())"
_QT_SECONDS = 60
_XCB_PACKAGES = (
    "libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 "
    "libxcb-render-util0 libxcb-shape0 libegl1"
)


def spawn(surroundings: Surroundings) -> Finding:
    """Forked children would inherit the locks of our threads, and Qt's."""
    method = surroundings.environment.get("VLLM_WORKER_MULTIPROC_METHOD", "fork")
    if method != "spawn":
        return failed(
            f"vLLM would start its processes by {method} (VLLM_WORKER_MULTIPROC_METHOD).",
            "Unset that variable; the app sets it to spawn itself.",
        )
    return passed("vLLM starts its processes by spawn.")


def privacy(surroundings: Surroundings) -> Finding:
    """Nothing may leave the machine: no usage statistics, no look-ups of local models' names."""
    wanted = {"VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"}
    off = [name for name, value in wanted.items() if surroundings.environment.get(name) != value]
    if off:
        return noted(
            f"Libraries may reach the network: {' and '.join(off)} is not 1.",
            "Unset it; the app sets it to 1 itself.",
        )
    return passed("The libraries are told to stay off the network.")


def text_encoding(_: Surroundings) -> Finding:
    """Paths and texts are UTF-8; another locale cannot show them."""
    encoding = locale.getpreferredencoding(do_setlocale=False)
    if sys.getfilesystemencoding().lower() != "utf-8" or encoding.lower() not in {"utf-8", "utf8"}:
        return noted(
            f"The locale's encoding is {encoding}, not UTF-8.",
            "Set LANG=C.UTF-8 (or your language's UTF-8 locale) to see every character.",
        )
    return passed("The locale is UTF-8.")


def qt_offscreen(surroundings: Surroundings) -> Finding:
    """Qt itself works, whatever the display."""
    environment = {**surroundings.environment, "QT_QPA_PLATFORM": "offscreen"}
    result = run_python(["-c", _QT_PROBE], _QT_SECONDS, environment)
    if result.code == 0:
        return passed("Qt starts.")
    return failed(
        f"Qt does not start: {result.last_line}.",
        "On Debian and Ubuntu: apt install libegl1 libxkbcommon0 libfontconfig1 libdbus-1-3",
    )


def qt_display(surroundings: Surroundings) -> Finding:
    """A window can open on this display."""
    environment = surroundings.environment
    if not any(environment.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")):
        return noted(
            "There is no display, so the app runs in the terminal.",
            "Start it from a desktop session to get the window.",
        )
    result = run_python(["-c", _QT_PROBE], _QT_SECONDS, environment)
    if result.code == 0:
        return passed(f"A window can open (Qt platform {result.stdout.strip()}).")
    if "could not connect to display" in result.stderr:
        return failed(
            f"The display {environment.get('DISPLAY', '')} does not answer.",
            "Check DISPLAY, and that this user may use it (xhost, or su instead of sudo).",
        )
    return failed(
        f"Qt cannot open a window here: {result.last_line}.",
        f"On Debian and Ubuntu: apt install {_XCB_PACKAGES}",
    )
