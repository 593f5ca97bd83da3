"""Where a question is written: a growing field, Send or Stop, and the context meter."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QFocusEvent, QInputMethodEvent, QKeyEvent, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_llm.gui.chat_page.composition import Mode
from desktop_llm.gui.chat_page.meter import ContextMeter
from desktop_llm.gui.theme import XS, S, Theme
from desktop_llm.gui.widgets import ElidedLabel, IconButton, button, restyle

MOST_LINES = 8


class Composer(QFrame):
    """GUI thread. Signals: `send_asked`, `stop_asked`, `cancel_asked` (leave editing, or take a
    waiting message back), `text_changed`."""

    send_asked = Signal()
    stop_asked = Signal()
    cancel_asked = Signal()
    text_changed = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("composer")
        self._mode = Mode.WRITING
        self._streaming = False
        self.field = TextField()
        self.field.setAccessibleName(self.tr("Message"))
        self.field.submitted.connect(self._submit)
        self.field.textChanged.connect(self._changed)
        self.field.installEventFilter(self)
        self.note = ElidedLabel("", "accent")
        self.cancel = button(self.tr("Cancel"), "quiet")
        self.cancel.clicked.connect(self.cancel_asked)
        self.meter = ContextMeter()
        self.action = IconButton(theme, "send", self.tr("Send"), "on_accent")
        self.action.setProperty("kind", "send")
        self.action.clicked.connect(self._pressed)

        self._top = QWidget()
        top = QHBoxLayout(self._top)
        top.setContentsMargins(XS, 0, 0, 0)
        top.addWidget(self.note, 1)
        top.addWidget(self.cancel)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(XS + 2, 0, 0, 0)
        bottom.addWidget(self.meter, 1)
        bottom.addWidget(self.action)
        column = QVBoxLayout(self)
        column.setContentsMargins(S, S, S, S)
        column.setSpacing(XS)
        column.addWidget(self._top)
        column.addWidget(self.field)
        column.addLayout(bottom)
        self.show_composition(Mode.WRITING, "")

    @property
    def mode(self) -> Mode:
        return self._mode

    @property
    def text(self) -> str:
        """What is written."""
        return self.field.toPlainText()

    def set_text(self, text: str) -> None:
        """Replace what is written, the cursor at its end. It can be undone."""
        if text == self.text:
            return
        cursor = self.field.textCursor()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        self.field.moveCursor(QTextCursor.MoveOperation.End)

    def forget_undo(self) -> None:
        """What stood here before belongs to another conversation."""
        self.field.document().clearUndoRedoStacks()

    def type_text(self, text: str) -> None:
        """Write `text` at the cursor, as if it had been typed here."""
        self.focus()
        if not self.field.isReadOnly():
            self.field.textCursor().insertText(text)

    def show_composition(self, mode: Mode, text: str, note: str = "") -> None:
        """Show `text`; a `note` above it says what is being done, with a Cancel beside it."""
        self._mode = mode
        self.note.setText(note)
        self._top.setVisible(mode is not Mode.WRITING)
        self.field.setReadOnly(mode is Mode.QUEUED)
        self.set_text(text)
        self._refresh()

    def set_streaming(self, streaming: bool) -> None:
        """Turn Send into Stop and back."""
        self._streaming = streaming
        self._refresh()

    def focus(self) -> None:
        """Put the cursor into the field."""
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.FocusIn, QEvent.Type.FocusOut}:
            restyle(self, focused=event.type() == QEvent.Type.FocusIn)
        return False

    def _pressed(self) -> None:
        if self._streaming:
            self.stop_asked.emit()
        else:
            self._submit()

    def _submit(self) -> None:
        if self.text.strip() and not self._streaming and self._mode is not Mode.QUEUED:
            self.send_asked.emit()

    def _changed(self) -> None:
        self._refresh()
        self.text_changed.emit()

    def _refresh(self) -> None:
        if self._streaming:
            self.action.show_icon("stop")
            self.action.describe(self.tr("Stop"), "Esc")
            self.action.setEnabled(True)
            placeholder = self.tr("Answering… write the next message meanwhile")
        else:
            self.action.show_icon("send")
            self.action.describe(self.tr("Send"), self.tr("Enter"))
            self.action.setEnabled(bool(self.text.strip()) and self._mode is not Mode.QUEUED)
            placeholder = self.tr("Message — Enter sends, Shift+Enter starts a new line")
        self.field.setPlaceholderText(placeholder)


class TextField(QPlainTextEdit):
    """Plain text that grows with its lines. Enter submits, Shift+Enter breaks the line.

    Enter that ends an input method's composition never submits, and Esc that does is nobody
    else's. Any other Esc is the page's.
    """

    submitted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._composing = False
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.textChanged.connect(self._fit)
        self._fit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
        if enter and not self._composing:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self.insertPlainText("\n")
                self.ensureCursorVisible()
            else:
                self.submitted.emit()
            return
        if event.key() == Qt.Key.Key_Escape:
            event.setAccepted(self._composing)
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._composing = False
        super().focusOutEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the text, up to `MOST_LINES` lines."""
        lines = max(1, min(MOST_LINES, round(self.document().size().height())))
        margins = 2 * self.document().documentMargin() + 6
        height = round(lines * self.fontMetrics().lineSpacing() + margins)
        if height != self.height():
            self.setFixedHeight(height)
        scroll = self.document().size().height() > MOST_LINES
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAsNeeded if scroll else policy.ScrollBarAlwaysOff
        )
