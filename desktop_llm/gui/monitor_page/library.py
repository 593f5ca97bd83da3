"""pyqtgraph and numpy, imported when a chart is first shown and in pieces.

Together they take a quarter of a second. So numpy comes in on a thread, and the window is drawn
between the Qt modules, which are imported on the GUI thread alone: PySide6 deadlocks where two
threads first use its types at the same time.
"""

from __future__ import annotations

import asyncio
import importlib
import sys

from desktop_llm.gui.tasks import Background

_QT_MODULES = ("QtSvg", "QtTest", "QtOpenGL", "QtOpenGLWidgets")


async def load_charts(background: Background) -> None:
    """Import what the charts are drawn with. GUI thread."""
    if "pyqtgraph" in sys.modules:
        return
    await background.run(_import_without_qt)
    for name in _QT_MODULES:
        importlib.import_module(f"PySide6.{name}")
        await asyncio.sleep(0)
    importlib.import_module("pyqtgraph")


def _import_without_qt() -> None:
    """Any thread."""
    for name in ("multiprocessing", "numpy", "xml.etree.ElementTree"):
        importlib.import_module(name)
