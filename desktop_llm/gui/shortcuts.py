"""Every shortcut of the window, in one table; F1 shows it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QGridLayout,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.gui.theme import XL, L, S
from desktop_llm.gui.widgets import button, label

_CONTEXT = "Shortcuts"

# Action, keys, what it does. Those without an action live in the control that has the focus.
TABLE: tuple[tuple[str, str, Any], ...] = (
    ("", "Enter", QT_TRANSLATE_NOOP("Shortcuts", "Send the message")),
    ("", "Shift+Enter", QT_TRANSLATE_NOOP("Shortcuts", "Start a new line")),
    ("", "Esc", QT_TRANSLATE_NOOP("Shortcuts", "Stop the answer, or leave editing")),
    ("new_chat", "Ctrl+N", QT_TRANSLATE_NOOP("Shortcuts", "New chat")),
    ("search", "Ctrl+F", QT_TRANSLATE_NOOP("Shortcuts", "Search conversations")),
    ("rename", "F2", QT_TRANSLATE_NOOP("Shortcuts", "Rename the conversation")),
    ("", "Del", QT_TRANSLATE_NOOP("Shortcuts", "Delete the conversation (in the list)")),
    ("undo_delete", "Ctrl+Z", QT_TRANSLATE_NOOP("Shortcuts", "Undo the deletion")),
    ("focus_composer", "Ctrl+L", QT_TRANSLATE_NOOP("Shortcuts", "Write a message")),
    ("regenerate", "Ctrl+R", QT_TRANSLATE_NOOP("Shortcuts", "Regenerate the last answer")),
    ("copy_answer", "Ctrl+Shift+C", QT_TRANSLATE_NOOP("Shortcuts", "Copy the last answer")),
    ("settings_sheet", "Ctrl+I", QT_TRANSLATE_NOOP("Shortcuts", "Conversation settings")),
    ("choose_model", "Ctrl+M", QT_TRANSLATE_NOOP("Shortcuts", "Choose a model")),
    ("memory_dock", "Ctrl+Shift+M", QT_TRANSLATE_NOOP("Shortcuts", "Memory and KV cache")),
    ("page_chat", "Ctrl+1", QT_TRANSLATE_NOOP("Shortcuts", "Chat page")),
    ("page_models", "Ctrl+2", QT_TRANSLATE_NOOP("Shortcuts", "Models page")),
    ("page_quantize", "Ctrl+3", QT_TRANSLATE_NOOP("Shortcuts", "Quantize page")),
    ("page_server", "Ctrl+4", QT_TRANSLATE_NOOP("Shortcuts", "Server page")),
    ("page_monitor", "Ctrl+5", QT_TRANSLATE_NOOP("Shortcuts", "Monitor page")),
    ("page_settings", "Ctrl+6", QT_TRANSLATE_NOOP("Shortcuts", "Settings page")),
    ("shortcuts", "F1", QT_TRANSLATE_NOOP("Shortcuts", "Keyboard shortcuts")),
    ("quit", "Ctrl+Q", QT_TRANSLATE_NOOP("Shortcuts", "Quit")),
)


def install(window: QWidget, actions: Mapping[str, Callable[[], object]]) -> None:
    """Bind the table to `window`. Raises KeyError for an action nobody provides."""
    for name, keys, _text in TABLE:
        if name:
            shortcut = QShortcut(QKeySequence(keys), window)
            shortcut.setContext(Qt.ShortcutContext.WindowShortcut)
            shortcut.setAutoRepeat(False)
            shortcut.activated.connect(actions[name])
    UndoPassedOn(window)


class UndoPassedOn(QObject):
    """Leaves Ctrl+Z to the window when the text field with the focus has nothing to undo.

    Qt's fields take the key either way, before shortcuts are looked at. GUI thread.
    """

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        app.focusChanged.connect(self._watch)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
            return False
        if not event.matches(QKeySequence.StandardKey.Undo) or _can_undo(watched):
            return False
        event.ignore()
        return True

    def _watch(self, _old: QWidget | None, now: QWidget | None) -> None:
        if isinstance(now, QLineEdit | QPlainTextEdit | QTextEdit):
            now.installEventFilter(self)  # once, however often


def _can_undo(field: QObject) -> bool:
    if isinstance(field, QLineEdit):
        return field.isUndoAvailable()
    return isinstance(field, QPlainTextEdit | QTextEdit) and field.document().isUndoAvailable()


class ShortcutsDialog(QDialog):
    """The table, to read."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(QCoreApplication.translate(_CONTEXT, "Keyboard shortcuts"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(XL)
        grid.setVerticalSpacing(S)
        for row, (_name, keys, text) in enumerate(TABLE):
            shown = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
            grid.addWidget(label(QCoreApplication.translate(_CONTEXT, text)), row, 0)
            grid.addWidget(label(shown, "chip"), row, 1, Qt.AlignmentFlag.AlignRight)
        close = button(QCoreApplication.translate(_CONTEXT, "Close"), "primary")
        close.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        close.clicked.connect(self.close)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(L)
        column.addLayout(grid)
        column.addWidget(close, 0, Qt.AlignmentFlag.AlignRight)
