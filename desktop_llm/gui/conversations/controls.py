"""The list of conversations and the search field, as controls."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QModelIndex, QPoint, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QIcon, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QLineEdit, QListView

from desktop_llm.gui.conversations.delegate import ConversationDelegate
from desktop_llm.gui.conversations.model import ConversationModel
from desktop_llm.gui.theme import Theme


class ConversationList(QListView):
    """The view: a click opens, Enter opens and goes to the composer, as does typing.

    F2 renames, Delete deletes, Backspace does nothing. `writing_wanted` carries what was typed.
    """

    chosen = Signal(QModelIndex)
    delete_asked = Signal(str)
    writing_wanted = Signal(str)
    menu_asked = Signal(QModelIndex, QPoint)

    def __init__(self, model: ConversationModel, theme: Theme) -> None:
        super().__init__()
        self._model = model
        self.setModel(model)
        self.setItemDelegate(ConversationDelegate(theme, self))
        self.setAccessibleName(self.tr("Conversations"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.clicked.connect(self.chosen)
        theme.changed.connect(self.viewport().update)
        delete = QShortcut(QKeySequence(Qt.Key.Key_Delete), self)
        delete.setContext(Qt.ShortcutContext.WidgetShortcut)
        delete.setAutoRepeat(False)
        delete.activated.connect(self._ask_delete)

    def is_editing(self) -> bool:
        """Whether a title is being edited."""
        return self.state() == QAbstractItemView.State.EditingState

    def select(self, conversation_id: str) -> bool:
        """Make a conversation the current row, without opening it; False if it is not listed."""
        index = self._model.index_of(conversation_id)
        if index.isValid():
            self.setCurrentIndex(index)
        return index.isValid()

    def select_first(self) -> None:
        """Make the first conversation the current row."""
        if ids := self._model.ids():
            self.select(ids[0])

    @contextmanager
    def holding_still(self) -> Iterator[None]:
        """Rows may come, go and move: the current conversation stays current, nothing scrolls.

        If it goes, Qt makes the one after it current, or else the one before.
        """
        current = self._model.conversation(self.currentIndex())
        self.setAutoScroll(False)
        try:
            yield
            if current is not None:
                self.select(current.id)
        finally:
            self.setAutoScroll(True)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not self.is_editing():
            self.chosen.emit(self.currentIndex())
            self.writing_wanted.emit("")
        elif plain and event.text().isprintable() and event.text().strip():
            self.writing_wanted.emit(event.text())
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(240, 200)

    def _ask_delete(self) -> None:
        if (conversation := self._model.conversation(self.currentIndex())) is not None:
            self.delete_asked.emit(conversation.id)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        view = self.viewport()
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            index = self.currentIndex()
            self.menu_asked.emit(index, view.mapToGlobal(self.visualRect(index).center()))
        else:
            where = event.globalPos()
            self.menu_asked.emit(self.indexAt(view.mapFromGlobal(where)), where)


class SearchField(QLineEdit):
    """Search as you type. Esc clears, or leaves the empty field; Down goes to what was found."""

    list_wanted = Signal()
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setObjectName("search")
        self.setPlaceholderText(self.tr("Search conversations"))
        self.setAccessibleName(self.tr("Search conversations"))
        self._theme = theme
        self._clear = self.addAction(QIcon(), QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setToolTip(self.tr("Clear the search"))
        self._clear.triggered.connect(self.clear)
        self._clear.setVisible(False)
        self.textChanged.connect(lambda text: self._clear.setVisible(bool(text)))
        theme.changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        self._clear.setIcon(self._theme.icon("close"))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
        elif event.key() in {Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.list_wanted.emit()
        else:
            super().keyPressEvent(event)
