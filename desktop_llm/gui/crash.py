"""What happens when the app itself has a bug: said once, with the details, never swallowed."""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler
from PySide6.QtWidgets import QDialog, QWidget

from desktop_llm.config.paths import AppPaths
from desktop_llm.gui.theme import Theme

log = logging.getLogger(__name__)

# Qt says these on healthy machines: a missing portal, a theme without an icon.
_HARMLESS = ("qt.qpa.theme", "qt.qpa.services", "qt.text.font", "qt.accessibility")


class CrashHandler(QObject):
    """Catches what nobody caught: exceptions of any thread and any task. Qt's messages are logged.

    Each different traceback opens one dialog; the same one again is only logged. A hard crash is
    written by faulthandler to `fault_file`, and offered at the next start.
    """

    _caught = Signal(str)

    def __init__(self, paths: AppPaths, theme: Theme, window: QWidget | None = None) -> None:
        """Dialogs belong to `window`."""
        super().__init__()
        self._logs = paths.logs
        self._theme = theme
        self._seen: set[str] = set()
        self._old_hook = sys.excepthook
        self._old_thread_hook = threading.excepthook
        self._fault: IO[str] | None = None
        self._fault_before = False
        self._last = ""
        self._dialogs: list[QDialog] = []
        self._window = window
        self._caught.connect(self._show)

    @property
    def fault_file(self) -> Path:
        """Where a hard crash leaves its stacks."""
        return self._logs / "crash.txt"

    def install(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to catch. GUI thread."""
        sys.excepthook = self._exception
        threading.excepthook = self._thread_exception
        loop.set_exception_handler(self._loop_exception)
        qInstallMessageHandler(self._qt_message)
        self._open_fault_file()

    def uninstall(self) -> None:
        """Stop catching; a normal end leaves no crash file."""
        sys.excepthook = self._old_hook
        threading.excepthook = self._old_thread_hook
        qInstallMessageHandler(None)
        if self._fault is not None:
            faulthandler.disable()
            if self._fault_before:
                faulthandler.enable()
            self._fault.close()
            self._fault = None
            self.fault_file.unlink(missing_ok=True)

    def offer_last(self) -> None:
        """If the app crashed hard the last time, say so and show what it left."""
        if self._last.strip():
            self._dialog(
                self.tr("The app ended unexpectedly the last time"),
                self.tr("Your conversations are safe. This is what it left behind:"),
                self._last,
            )

    def caught(self, text: str) -> None:
        """Report a traceback. Any thread."""
        log.error("%s", text)
        self._caught.emit(text)

    def _open_fault_file(self) -> None:
        try:
            self._logs.mkdir(parents=True, exist_ok=True)
            if self.fault_file.is_file():
                self._last = self.fault_file.read_text("utf-8", "replace")[-20_000:]
            self._fault = self.fault_file.open("w", encoding="utf-8")
            self._fault_before = faulthandler.is_enabled()
            faulthandler.enable(self._fault)
        except OSError as error:
            log.warning("Hard crashes will not be recorded: %s", error)

    def _exception(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return  # the signal has closed the window already
        self.caught("".join(traceback.format_exception(kind, error, trace)))

    def _thread_exception(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._exception(args.exc_type, args.exc_value, args.exc_traceback)

    def _loop_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            log.error("%s", context.get("message"))
        elif not isinstance(error, asyncio.CancelledError):
            self._exception(type(error), error, error.__traceback__)

    def _qt_message(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        category = context.category or "qt"
        if kind is QtMsgType.QtFatalMsg:
            log.critical("%s: %s", category, message)
        elif kind is QtMsgType.QtCriticalMsg and not category.startswith(_HARMLESS):
            log.error("%s: %s", category, message)
        else:
            log.debug("%s: %s", category, message)

    def _show(self, text: str) -> None:
        if text in self._seen:
            return
        self._seen.add(text)
        self._dialog(
            self.tr("Something went wrong in the app"),
            self.tr(
                "This is a bug. You can go on working; if something looks odd, start the app "
                "again. The details help to fix it:"
            ),
            text,
        )

    def _dialog(self, title: str, words: str, details: str) -> None:
        from desktop_llm.gui.crash_dialog import CrashDialog

        dialog = CrashDialog(self._theme, title, words, details, self._logs, self._window)
        self._dialogs.append(dialog)
        dialog.finished.connect(lambda: self._dialogs.remove(dialog))
        dialog.show()
