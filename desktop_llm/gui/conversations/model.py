"""Conversations as a Qt list model: date groups while browsing, hits while searching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from desktop_llm.chat.types import Conversation, SearchHit
from desktop_llm.gui.widgets import plain_tooltip

AnyIndex = QModelIndex | QPersistentModelIndex

ID_ROLE = Qt.ItemDataRole.UserRole + 1
SNIPPET_ROLE = Qt.ItemDataRole.UserRole + 2
STREAMING_ROLE = Qt.ItemDataRole.UserRole + 3
OPEN_ROLE = Qt.ItemDataRole.UserRole + 4
HEADER_ROLE = Qt.ItemDataRole.UserRole + 5

_TEXT_ROLES = [
    Qt.ItemDataRole.DisplayRole,
    Qt.ItemDataRole.EditRole,
    Qt.ItemDataRole.ToolTipRole,
    Qt.ItemDataRole.AccessibleTextRole,
    SNIPPET_ROLE,
]
_MARK_ROLES = [STREAMING_ROLE, OPEN_ROLE, Qt.ItemDataRole.AccessibleTextRole]


@dataclass(frozen=True)
class Row:
    """A date heading (`conversation` is None) or a conversation, with what a search found in it."""

    text: str
    conversation: Conversation | None = None
    hit: SearchHit | None = None

    @property
    def id(self) -> str:
        return self.conversation.id if self.conversation else ""

    @property
    def key(self) -> str:
        """What makes it the same row in another reading."""
        return self.id or self.text


class ConversationModel(QAbstractListModel):
    """GUI thread. `rename_asked` carries id and title; `more_wanted` asks for the next page."""

    rename_asked = Signal(str, str)
    more_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._rows: list[Row] = []
        self._streaming: frozenset[str] = frozenset()
        self._open_id = ""
        self.has_more = False

    def show_conversations(self, conversations: Sequence[Conversation], today: date) -> None:
        """List `conversations` (newest first) under headings of date."""
        rows: list[Row] = []
        heading = ""
        for conversation in conversations:
            group = date_group(conversation.updated_at, today)
            if group != heading:
                heading = group
                rows.append(Row(group))
            rows.append(Row(self.title_of(conversation), conversation))
        self._update(rows)

    def show_hits(self, hits: Sequence[SearchHit]) -> None:
        """List what a search found, best first."""
        self._update([Row(self.title_of(h.conversation), h.conversation, h) for h in hits])

    def clear(self) -> None:
        """List nothing: what comes next is another list."""
        self.beginResetModel()
        self._rows = []
        self.endResetModel()

    def set_streaming(self, conversation_ids: Iterable[str]) -> None:
        """Mark the conversations that are being answered."""
        streaming = frozenset(conversation_ids)
        self._mark(self._streaming ^ streaming, lambda: setattr(self, "_streaming", streaming))

    def set_open(self, conversation_id: str) -> None:
        """Mark the conversation on show."""
        touched = {self._open_id, conversation_id}
        self._mark(touched, lambda: setattr(self, "_open_id", conversation_id))

    def conversation(self, index: AnyIndex) -> Conversation | None:
        """The conversation at `index`; None on a heading."""
        return self._rows[index.row()].conversation if index.isValid() else None

    def hit(self, index: AnyIndex) -> SearchHit | None:
        """What a search found in the conversation at `index`."""
        return self._rows[index.row()].hit if index.isValid() else None

    def index_of(self, conversation_id: str) -> QModelIndex:
        """Where a conversation stands; an invalid index if it is not listed."""
        for position, row in enumerate(self._rows):
            if row.conversation and row.id == conversation_id:
                return self.index(position)
        return QModelIndex()

    def ids(self) -> list[str]:
        """The listed conversations, in order."""
        return [row.id for row in self._rows if row.conversation]

    @staticmethod
    def title_of(conversation: Conversation) -> str:
        """The title, or what stands in for one."""
        return conversation.title or QCoreApplication.translate("ConversationModel", "New chat")

    # Qt's side

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()].conversation is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEditable

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.EditRole:
                return row.text
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(row.text) if row.conversation else None
            case Qt.ItemDataRole.AccessibleTextRole:
                return self._spoken(row)
            case _ if role == ID_ROLE:
                return row.id
            case _ if role == SNIPPET_ROLE:
                return row.hit.snippet if row.hit else ""
            case _ if role == STREAMING_ROLE:
                return row.id in self._streaming if row.conversation else False
            case _ if role == OPEN_ROLE:
                return bool(row.conversation) and row.id == self._open_id
            case _ if role == HEADER_ROLE:
                return row.conversation is None
        return None

    def setData(self, index: AnyIndex, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._rows[index.row()]
        title = " ".join(str(value).split())
        if role != Qt.ItemDataRole.EditRole or not row.conversation or not title:
            return False
        if title != row.text:
            self._rows[index.row()] = replace(row, text=title)
            self.dataChanged.emit(index, index, _TEXT_ROLES)
            self.rename_asked.emit(row.id, title)
        return True

    def canFetchMore(self, parent: AnyIndex) -> bool:
        return self.has_more and not parent.isValid()

    def fetchMore(self, parent: AnyIndex) -> None:
        self.has_more = False
        self.more_wanted.emit()

    def _update(self, rows: list[Row]) -> None:
        """Turn the rows into `rows` by inserting, removing and changing, so that views keep theirs.

        From the end upwards: what is above a step has its old position still.
        """
        before, after = [row.key for row in self._rows], [row.key for row in rows]
        steps = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
        for step, old, old_end, new, new_end in reversed(steps):
            if step == "equal":
                self._change(old, rows[new:new_end])
            else:
                self._remove(old, old_end)
                self._insert(old, rows[new:new_end])

    def _change(self, first: int, rows: list[Row]) -> None:
        last = first + len(rows) - 1
        if self._rows[first : last + 1] != rows:
            self._rows[first : last + 1] = rows
            self.dataChanged.emit(self.index(first), self.index(last), _TEXT_ROLES)

    def _remove(self, first: int, end: int) -> None:
        if first < end:
            self.beginRemoveRows(QModelIndex(), first, end - 1)
            del self._rows[first:end]
            self.endRemoveRows()

    def _insert(self, first: int, rows: list[Row]) -> None:
        if rows:
            self.beginInsertRows(QModelIndex(), first, first + len(rows) - 1)
            self._rows[first:first] = rows
            self.endInsertRows()

    def _mark(self, conversation_ids: Iterable[str], change: Any) -> None:
        change()
        for conversation_id in conversation_ids:
            index = self.index_of(conversation_id)
            if index.isValid():
                self.dataChanged.emit(index, index, _MARK_ROLES)

    def _spoken(self, row: Row) -> str:
        if row.id and row.id in self._streaming:
            return self.tr("{title}, being answered").format(title=row.text)
        return row.text


def date_group(timestamp: float, today: date) -> str:
    """The heading a conversation last touched at `timestamp` (seconds since the epoch) is under."""
    day = datetime.fromtimestamp(timestamp).astimezone().date()
    translate = QCoreApplication.translate
    if day >= today:
        return translate("ConversationModel", "Today")
    if day == today - timedelta(days=1):
        return translate("ConversationModel", "Yesterday")
    if day > today - timedelta(days=7):
        return translate("ConversationModel", "Previous 7 days")
    if day > today - timedelta(days=30):
        return translate("ConversationModel", "Previous 30 days")
    month = QLocale().standaloneMonthName(day.month)
    return month if day.year == today.year else f"{month} {day.year}"
