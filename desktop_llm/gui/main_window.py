"""The window on the screen, before and after there is anything in it.

It is shown first and filled by `workbench`, so this module imports as little as a window needs.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent, QColor, QIcon, QPainter, QPaintEvent
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from desktop_llm.config.paths import AppPaths, resources
from desktop_llm.gui import geometry
from desktop_llm.gui.palettes import DARK, LIGHT, Colors

_ANSWER_EVERY_S = 0.005


class MainWindow(QMainWindow):
    """Remembers its place. GUI thread; `closed` is emitted once, when a person has closed it.

    `sidebar_width` and `dock` are what these had and shall have again. `may_close` is asked
    before the window closes: where it returns False, it asks the person and calls `close_now` if
    need be.
    """

    closed = Signal()

    def __init__(self, place: Path, colors: Colors) -> None:
        """`place` is the file that remembers where the window was."""
        super().__init__()
        self._file = place
        self.may_close: Callable[[], bool] = lambda: True
        self.setWindowTitle("Desktop LLM")
        self.setMinimumSize(760, 480)
        saved = geometry.read(place)
        self.sidebar_width = geometry.sidebar_width(saved)
        self.setGeometry(geometry.placed(saved.get("rect"), geometry.screens()))
        if saved.get("maximized") is True:
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)
        width = self.width()
        if self.isMaximized() and (there := geometry.screens()):
            width = there[0].width()
        self.dock = geometry.dock_place(saved, width)
        self.setCentralWidget(_Outline(colors, self.sidebar_width, self.dock))

    def fill(self, content: QWidget) -> None:
        """Put `content` in the place of the outline shown so far."""
        self.setWindowIcon(QIcon(str(resources() / "icons" / "app.svg")))
        self.setCentralWidget(content)

    def keep_sidebar_width(self, width: int) -> None:
        """Remember the sidebar's width for the next start."""
        self.sidebar_width = width

    def keep_dock(self, dock: geometry.DockPlace) -> None:
        """Remember the dock for the next start."""
        self.dock = dock

    def close_now(self) -> None:
        """Close without asking: the person was asked, or the system ends the session."""
        self.may_close = lambda: True
        self.close()

    def closeEvent(self, event: QCloseEvent) -> None:
        if not self.may_close():
            event.ignore()
            return
        with suppress(OSError):  # where the window was is not worth keeping it open
            geometry.save(self._file, self, self.sidebar_width, self.dock)
        super().closeEvent(event)
        self.closed.emit()


class _Outline(QWidget):
    """The window's surfaces in its own colours, until they are filled."""

    def __init__(self, colors: Colors, sidebar_width: int, dock: geometry.DockPlace) -> None:
        super().__init__()
        self._colors = colors
        self._dock = dock
        self._sidebar_width = sidebar_width

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(self._colors.page))
        painter.fillRect(0, 0, self._sidebar_width, self.height(), QColor(self._colors.panel))
        painter.fillRect(self._sidebar_width, 0, 1, self.height(), QColor(self._colors.border))
        if self._dock.open:
            left = self.width() - self._dock.width
            painter.fillRect(left, 0, self._dock.width, self.height(), QColor(self._colors.panel))
            painter.fillRect(left - 1, 0, 1, self.height(), QColor(self._colors.border))


def open_main_window(paths: AppPaths) -> MainWindow:
    """Make the QApplication and show the window, as fast as Qt can. The main thread.

    Fill it by `desktop_llm.gui.window_app.run_window`. Raises AppError ``gui.no_display``.
    """
    from desktop_llm.gui.display import require_display

    require_display()
    app = QApplication(["desktop-llm"])
    app.setApplicationName("desktop-llm")
    app.setApplicationDisplayName("Desktop LLM")
    app.setDesktopFileName("desktop-llm")
    app.setQuitOnLastWindowClosed(False)
    window = MainWindow(paths.config / "window.json", _likely_colors(app, paths.settings))
    window.show()
    app.processEvents()
    return window


def answer_during(work: Callable[[], None]) -> None:
    """Run `work` on a thread while the window is drawn, moved and closed. The main thread.

    For what is long and touches nothing of Qt: the imports before the event loop begins. What it
    raises is raised here.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again below
            raised.append(error)

    thread = threading.Thread(target=run, name="opening", daemon=True)
    thread.start()
    while thread.is_alive():
        QApplication.processEvents()
        thread.join(_ANSWER_EVERY_S)
    if raised:
        raise raised[0]


def _likely_colors(app: QApplication, settings: Path) -> Colors:
    """The colours `theme` will choose, without importing what validates the settings."""
    choice = "system"
    with suppress(OSError, ValueError, AttributeError):
        choice = str(json.loads(settings.read_text("utf-8")).get("theme", choice))
    dark = app.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return DARK if choice == "dark" or (choice == "system" and dark) else LIGHT
