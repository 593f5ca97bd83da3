"""The sidebar's upper part: New chat, search, and the list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from functools import partial

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.chat.store import ChatStore
from desktop_llm.core.errors import AppError
from desktop_llm.gui.conversations.controls import ConversationList, SearchField
from desktop_llm.gui.conversations.model import ConversationModel
from desktop_llm.gui.tasks import Debounce, Tasks
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.toasts import Toast, Toasts
from desktop_llm.gui.widgets import NavButton, breakable, label

PAGE = 200
UNDO_MS = 8000


class ConversationPanel(QWidget):
    """Shows and changes the list; tells which conversation a person wants to see. GUI thread.

    Signals: `opened` (id), `hit_opened` (a SearchHit with a message), `new_chat_asked`, `deleted`
    (id), `restored` (id), `writing_wanted` (what was typed into the list, meant for the composer).
    """

    opened = Signal(str)
    hit_opened = Signal(object)
    new_chat_asked = Signal()
    deleted = Signal(str)
    restored = Signal(str)
    writing_wanted = Signal(str)

    def __init__(
        self,
        store: ChatStore,
        delete: Callable[[str], Awaitable[None]],
        theme: Theme,
        tasks: Tasks,
        toasts: Toasts,
    ) -> None:
        """`delete` stops what runs in a conversation and hides it."""
        super().__init__()
        self._store = store
        self._delete_whole = delete
        self._tasks = tasks
        self._toasts = toasts
        self._deleted: dict[str, Toast] = {}
        self._open_id = ""
        self._unlisted = ""
        self._words = ""
        self._limit = PAGE
        self._stale = False
        self.model = ConversationModel()
        self.model.setParent(self)
        self.model.rename_asked.connect(self._rename)
        self.model.more_wanted.connect(self._more)

        self.new_chat = NavButton(theme, "new", self.tr("New chat"))
        self.new_chat.setObjectName("newChat")
        self.new_chat.setCheckable(False)
        self.new_chat.setToolTip("Ctrl+N")
        self.new_chat.clicked.connect(self.new_chat_asked)
        self.search = SearchField(theme)
        self.search.textChanged.connect(self._search_changed)
        self.search.list_wanted.connect(self.focus_list)
        self.search.left.connect(lambda: self.writing_wanted.emit(""))
        self.list = ConversationList(self.model, theme)
        self.list.chosen.connect(self._open)
        self.list.delete_asked.connect(self.delete)
        self.list.writing_wanted.connect(self.writing_wanted)
        self.list.menu_asked.connect(self._show_menu)
        self.list.itemDelegate().closeEditor.connect(self._editor_closed)
        self.empty = label("", "muted", wrap=True)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop)
        self.empty.setContentsMargins(S * 2, S * 3, S * 2, 0)

        column = QVBoxLayout(self)
        column.setContentsMargins(0, S, 0, 0)
        column.setSpacing(S)
        for widget in (self.new_chat, self.search):
            row = QHBoxLayout()
            row.setContentsMargins(S, 0, S, 0)
            row.addWidget(widget)
            column.addLayout(row)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        self._searching = Debounce(self, 150, self.reload)
        self._reloading = Debounce(self, 30, self.reload)

    # What others tell it

    def refresh(self) -> None:
        """Read the list again soon; several calls are one."""
        self._reloading.poke()

    def reload(self) -> None:
        """Read the list again now."""
        self._tasks.start(self.load())

    async def load(self) -> None:
        """Read the list, or the hits of the search, and show them."""
        words = self.search.text().strip()
        if words:
            show = partial(self.model.show_hits, await self._store.search(words))
            more = False
        else:
            conversations = await self._store.conversations(limit=self._limit)
            today = datetime.now().astimezone().date()
            show = partial(self.model.show_conversations, conversations, today)
            more = len(conversations) >= self._limit
        if self.list.is_editing():
            self._stale = True
        elif words == self.search.text().strip():  # or else another reading is on its way
            self._show(words, show, more)

    def _show(self, words: str, show: Callable[[], None], more: bool) -> None:
        if words != self._words:
            self._words = words
            self.model.clear()
        self.model.has_more = more
        with self.list.holding_still():
            show()
        self._say_if_empty(words)
        if self._unlisted and not self.list.hasFocus() and self.list.select(self._unlisted):
            self._unlisted = ""

    def set_open(self, conversation_id: str) -> None:
        """Mark the conversation on show and make it current; empty for a new chat."""
        self._open_id = conversation_id
        self.model.set_open(conversation_id)
        self._unlisted = "" if self.list.select(conversation_id) else conversation_id

    def set_streaming(self, conversation_ids: Iterable[str]) -> None:
        """Mark the conversations being answered."""
        self.model.set_streaming(conversation_ids)

    def focus_search(self) -> None:
        """Put the cursor into the search field, its text selected."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def focus_list(self) -> None:
        """Put the focus on the list."""
        self.list.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if not self.list.currentIndex().isValid() and not self.list.select(self._open_id):
            self.list.select_first()

    # What a person does

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.search.text():  # pressed in the hits
            self.search.clear()
            self.focus_search()
        else:
            super().keyPressEvent(event)

    def rename_current(self) -> None:
        """Edit the title of the row with the focus, or else of the open conversation."""
        current = self.model.conversation(self.list.currentIndex())
        self._edit(current.id if current and self.list.hasFocus() else self._open_id)

    def _edit(self, conversation_id: str) -> None:
        if self.list.select(conversation_id):
            self.list.scrollTo(self.list.currentIndex())
            self.list.edit(self.list.currentIndex())

    def delete(self, conversation_id: str) -> None:
        """Delete a conversation; a toast offers to undo it."""
        self._tasks.start(self._delete(conversation_id))

    def undo_delete(self) -> None:
        """Bring back the conversation deleted last."""
        if self._deleted:
            self._undo(next(reversed(self._deleted)))

    async def _delete(self, conversation_id: str) -> None:
        title = self.model.index_of(conversation_id).data() or ""
        await self._delete_whole(conversation_id)
        in_list = self.list.hasFocus()
        self.deleted.emit(conversation_id)
        if in_list:  # a new chat in place of the open one has taken the focus
            self.list.setFocus(Qt.FocusReason.OtherFocusReason)
        self._deleted[conversation_id] = self._toasts.say(
            self.tr("“{title}” was deleted.").format(title=shorten(title)),
            self.tr("Undo"),
            lambda: self._undo(conversation_id),
            UNDO_MS,
        )
        await self.load()

    def _undo(self, conversation_id: str) -> None:
        if (toast := self._deleted.pop(conversation_id, None)) is not None:
            self._tasks.start(self._restore(conversation_id, toast))

    async def _restore(self, conversation_id: str, toast: Toast) -> None:
        try:
            await self._store.restore(conversation_id)
        except AppError:
            self._deleted[conversation_id] = toast
            raise
        self._toasts.take_back(toast)
        await self.load()
        self.list.select(conversation_id)
        self.restored.emit(conversation_id)

    def _rename(self, conversation_id: str, title: str) -> None:
        self._tasks.start(self._renamed(conversation_id, title))

    async def _renamed(self, conversation_id: str, title: str) -> None:
        await self._store.rename(conversation_id, title)
        await self.load()

    def _open(self, index: QModelIndex) -> None:
        hit = self.model.hit(index)
        if hit is not None and hit.message_id:
            self.hit_opened.emit(hit)
        elif (conversation := self.model.conversation(index)) is not None:
            self.opened.emit(conversation.id)

    def _editor_closed(self) -> None:
        if self._stale:
            self._stale = False
            self.refresh()

    def _search_changed(self) -> None:
        self._searching.poke()

    def _more(self) -> None:
        self._limit += PAGE
        self.refresh()

    def _show_menu(self, index: QModelIndex, where: QPoint) -> None:
        conversation = self.model.conversation(index)
        if conversation is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        # By id: rows move while the menu is open.
        where_now = partial(self.model.index_of, conversation.id)
        menu.addAction(self.tr("Open"), lambda: self._open(where_now()))
        rename = menu.addAction(self.tr("Rename"), lambda: self._edit(conversation.id))
        rename.setShortcut(QKeySequence(Qt.Key.Key_F2))
        menu.addSeparator()
        delete = menu.addAction(self.tr("Delete"), lambda: self.delete(conversation.id))
        delete.setShortcut(QKeySequence(Qt.Key.Key_Delete))
        menu.popup(where)

    def _say_if_empty(self, words: str) -> None:
        nothing = self.model.rowCount() == 0
        if words:
            self.empty.setText(
                self.tr("No conversation contains “{words}”. Press Esc to see all.").format(
                    words=breakable(shorten(words), 12)
                )
            )
        else:
            self.empty.setText(self.tr("No conversations yet. Ask something, and it is kept here."))
        if nothing and self.list.hasFocus():
            (self.search if words else self.new_chat).setFocus(Qt.FocusReason.OtherFocusReason)
        self.empty.setVisible(nothing)
        self.list.setVisible(not nothing)


def shorten(text: str, limit: int = 40) -> str:
    """`text` cut to `limit` characters, with … where it was."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"
