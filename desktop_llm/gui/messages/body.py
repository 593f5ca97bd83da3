"""The text of one message: a document without scroll bars, selectable, with its code's buttons."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QEvent, QMimeData, QRect, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QTextBrowser, QTextEdit, QWidget

from desktop_llm.gui.messages.buttons import QuietButton
from desktop_llm.gui.messages.formats import Formats
from desktop_llm.gui.messages.lexers import Lexers
from desktop_llm.gui.messages.painting import Backdrop
from desktop_llm.gui.messages.rendering import Rendering
from desktop_llm.gui.messages.selection import selected_text

_LEFT_TO_VIEW = {
    Qt.Key.Key_PageUp,
    Qt.Key.Key_PageDown,
    Qt.Key.Key_Escape,
}
_BY_KEYBOARD = {
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
}


class MessageBody(QTextBrowser):
    """Shows one text and is as high as it. GUI thread.

    `link_activated`: an http or https link was clicked or entered. `caret_moved`: the keyboard
    moved the caret, to this rectangle. `dragged`: the mouse selects, now here. `ring_changed`: it
    has, or no longer has, the keyboard's focus and should look it.
    """

    link_activated = Signal(QUrl)
    caret_moved = Signal(QRect)
    dragged = Signal(object)
    ring_changed = Signal(bool)

    def __init__(self, formats: Formats, lexers: Lexers, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("messageBody")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setTabStopDistance(32)
        self.viewport().setAutoFillBackground(False)
        document = self.document()
        document.setDocumentMargin(0)
        self._formats = formats
        self.rendering = Rendering(document, formats, lexers)
        self._backdrop = Backdrop(document, formats)
        self._copy_buttons: list[QuietButton] = []
        self._placed = 0
        self._caret_rests = False
        self.anchorClicked.connect(self._follow)
        self.cursorPositionChanged.connect(self._tell_caret)

    def restyle(self, formats: Formats) -> None:
        """Show the same text in other colours."""
        self._formats = formats
        self._backdrop.formats = formats
        self.rendering.restyle(formats)
        self._caret_rests = False
        for button in self._copy_buttons:
            button.restyle(formats)
        self.place_buttons(again=True)

    def set_text_width(self, width: int) -> None:
        """Wrap lines at `width` logical pixels."""
        if self.lineWrapColumnOrWidth() != width:
            self.setLineWrapColumnOrWidth(width)
            self.rendering.width_changed()
            self._placed = 0

    def text_height(self) -> int:
        """The height of the text at the width set."""
        return ceil(self.document().size().height())

    def ideal_width(self) -> int:
        """The width of the longest line, unwrapped, up to the width set."""
        return ceil(self.document().idealWidth())

    def place_buttons(self, *, again: bool = False) -> None:
        """Put a Copy button on each code block. Those on finished blocks stay where they are."""
        if not self._caret_rests and not self.document().isEmpty():
            # Writing carries a caret at the beginning along.
            self.moveCursor(QTextCursor.MoveOperation.Start)
            self._caret_rests = True
        code = self.rendering.code
        while len(self._copy_buttons) > len(code):
            button = self._copy_buttons.pop()
            button.hide()
            button.deleteLater()
        while len(self._copy_buttons) < len(code):
            self._copy_buttons.append(self._copy_button(len(self._copy_buttons)))
        if again:
            self._placed = 0
        for index in range(min(self._placed, len(code)), len(code)):
            header = self._backdrop.code_header(code[index].line)
            button = self._copy_buttons[index]
            x = round(header.right()) - button.width() - 3
            button.move(
                x, round(header.top()) + (round(header.height()) - 5 - button.height()) // 2
            )
            button.show()
        while self._placed < len(code) and code[self._placed].closed:
            self._placed += 1

    @property
    def copy_buttons(self) -> list[QuietButton]:
        """The code blocks' buttons, in order."""
        return self._copy_buttons

    def _copy_button(self, index: int) -> QuietButton:
        button = QuietButton("copy", self.tr("Copy code"), self._formats, self.viewport())
        language = self.rendering.code[index].language
        if language:
            button.setAccessibleDescription(self.tr("Code in {language}").format(language=language))
        button.clicked.connect(lambda: self._copy_code(index))
        return button

    def _copy_code(self, index: int) -> None:
        QGuiApplication.clipboard().setText(self.rendering.code[index].text)
        self._copy_buttons[index].say(self.tr("Copied"))

    def _follow(self, url: QUrl) -> None:
        if url.scheme().lower() in ("http", "https"):
            self.link_activated.emit(url)

    def _tell_caret(self) -> None:
        if self.hasFocus():
            self.caret_moved.emit(self.cursorRect())

    # -- Qt ------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        self._backdrop.paint(painter, QRectF(event.rect()))
        painter.end()
        super().paintEvent(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()  # the view scrolls, not the message

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _LEFT_TO_VIEW:
            event.ignore()
            return
        super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() in _BY_KEYBOARD:
            self.ring_changed.emit(True)
            self._tell_caret()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.ring_changed.emit(False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.dragged.emit(event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        self.dragged.emit(None)

    def createMimeDataFromSelection(self) -> QMimeData:
        # Made by Qt: the clipboard may outlive Python, and with it what Python has made.
        data = super().createMimeDataFromSelection()
        data.text()  # fills it with what Qt would copy, which would come back later
        data.clear()
        data.setText(selected_text(self.textCursor()))
        return data

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Nothing is ever fetched for a document."""
        return None

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.FontChange:
            self._placed = 0
