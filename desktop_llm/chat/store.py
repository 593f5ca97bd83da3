"""Conversations on disk."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from desktop_llm.chat import rows, tree
from desktop_llm.chat.database import Database
from desktop_llm.chat.failures import not_found
from desktop_llm.chat.search import search
from desktop_llm.chat.types import (
    ChatChange,
    ChatChanged,
    Conversation,
    Message,
    MessageStatus,
    Role,
    SearchHit,
)
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.core.identifiers import new_id

T = TypeVar("T")

_LIVE = f"SELECT {rows.CONVERSATION} FROM conversations AS c WHERE c.deleted_at IS NULL"


class ChatStore:
    """All conversations of one file.

    Every coroutine may be awaited on any asyncio loop and never blocks it: the work runs on the
    storage thread, in the order it was asked for. All raise AppError (``chat.not_found``,
    ``chat.disk_full``, ``chat.read_only``, … see `failures`); a write that raises changed nothing.
    `changed` is emitted on the storage thread, after the change is on the disk.
    """

    def __init__(self, path: Path) -> None:
        self._database = Database(path)
        self.changed: Event[ChatChanged] = Event()
        self.recovered = 0

    @property
    def problem(self) -> AppError | None:
        """Said once the store is open: a damaged file was set aside and a new one begun."""
        return self._database.problem

    async def open(self) -> None:
        """Open, check and migrate the file, then tidy up after earlier runs.

        Answers left streaming become INTERRUPTED (`recovered` says how many), and conversations
        deleted in an earlier run are gone for good. Neither is done while another running app has
        the file open: its answers are still streaming and its deletions may still be undone.
        Raises AppError ``chat.store_newer``, ``chat.migration_failed``, ``chat.read_only``, ….
        """
        self.recovered = await self._database.open(_tidy) or 0

    async def close(self) -> None:
        """Finish what was asked for and close the file; later calls raise AppError."""
        await self._database.close()

    # Conversations

    async def conversations(self, limit: int = 200, offset: int = 0) -> list[Conversation]:
        """The most recently used first."""

        def work(connection: sqlite3.Connection) -> list[Conversation]:
            found = connection.execute(
                f"{_LIVE} ORDER BY c.updated_at DESC, c.seq DESC LIMIT ? OFFSET ?", (limit, offset)
            )
            return [rows.conversation(row) for row in found]

        return await self._database.read(work)

    async def get(self, conversation_id: str) -> Conversation:
        return await self._database.read(lambda connection: _get(connection, conversation_id))

    async def create(
        self, title: str = "", system_prompt: str = "", sampling: SamplingSettings | None = None
    ) -> Conversation:
        """A new, empty conversation. With no title it gets one from its first question."""
        now = time.time()
        conversation = Conversation(
            new_id(),
            rows.clean(title),
            rows.clean(system_prompt),
            sampling or SamplingSettings(),
            created_at=now,
            updated_at=now,
        )

        def work(connection: sqlite3.Connection) -> None:
            connection.execute(
                "INSERT INTO conversations (id, title, system_prompt, sampling, created_at, "
                "updated_at) VALUES (?, ?, ?, ?, ?, ?)",
                (
                    conversation.id,
                    conversation.title,
                    conversation.system_prompt,
                    rows.sampling_text(conversation.sampling),
                    now,
                    now,
                ),
            )

        await self._write(work)
        return conversation

    async def update(
        self,
        conversation_id: str,
        *,
        title: str | None = None,
        system_prompt: str | None = None,
        sampling: SamplingSettings | None = None,
    ) -> Conversation:
        """Change what is given; the place in the list stays. Returns the changed conversation."""

        def work(connection: sqlite3.Connection) -> Conversation:
            connection.execute(
                "UPDATE conversations SET title = coalesce(?, title), system_prompt = "
                "coalesce(?, system_prompt), sampling = coalesce(?, sampling) WHERE id = ?",
                (
                    None if title is None else rows.clean(title),
                    None if system_prompt is None else rows.clean(system_prompt),
                    None if sampling is None else rows.sampling_text(sampling),
                    conversation_id,
                ),
            )
            return _get(connection, conversation_id)

        return await self._write(work)

    async def rename(self, conversation_id: str, title: str) -> Conversation:
        return await self.update(conversation_id, title=title)

    async def delete(self, conversation_id: str) -> None:
        """Hide it at once, everywhere. It can be restored until the app is started again."""
        await self._set_deleted(conversation_id, time.time())

    async def restore(self, conversation_id: str) -> None:
        """Undo `delete`."""
        await self._set_deleted(conversation_id, None)

    async def search(self, text: str, limit: int = 50) -> list[SearchHit]:
        """Conversations whose title or a message has every word of `text`, best first.

        Words match by their beginnings, whatever their case and accents; no character of what was
        typed is query syntax. Versions that are not on show are searched as well. What is written
        meanwhile does not wait for it and may not be found yet.
        """
        return await self._database.read_long(lambda connection: search(connection, text, limit))

    # Messages

    async def branch(self, conversation_id: str) -> list[Message]:
        """The messages on show, first to last, each with its place among its versions."""
        _, messages = await self.with_branch(conversation_id)
        return messages

    async def with_branch(self, conversation_id: str) -> tuple[Conversation, list[Message]]:
        """A conversation and its branch, in one reading."""

        def work(connection: sqlite3.Connection) -> tuple[Conversation, list[Message]]:
            conversation = _get(connection, conversation_id)
            head_id = conversation.head_id
            return conversation, [] if head_id is None else tree.path(connection, head_id)

        return await self._database.read(work)

    async def path_to(self, message_id: str) -> list[Message]:
        """The messages that lead to `message_id`, itself last."""

        def work(connection: sqlite3.Connection) -> list[Message]:
            tree.get(connection, message_id)
            return tree.path(connection, message_id)

        return await self._database.read(work)

    async def message(self, message_id: str) -> Message:
        """One message; its place among its siblings is not filled in."""
        return await self._database.read(lambda connection: tree.get(connection, message_id))

    async def versions(self, message_id: str) -> list[str]:
        """The ids of a message and its siblings, oldest first: what ‹ 1/2 › steps through."""
        return await self._database.read(lambda connection: tree.versions(connection, message_id))

    async def select_version(self, message_id: str) -> Conversation:
        """Show the branch through this message, down to its latest leaf."""

        def work(connection: sqlite3.Connection) -> Conversation:
            leaf = tree.select_version(connection, message_id)
            return _get(connection, leaf.conversation_id)

        def shown(conversation: Conversation) -> None:
            self.changed.emit(ChatChanged(ChatChange.MESSAGES, conversation.id))

        return await self._database.write(work, then=shown)

    async def add_user(self, conversation_id: str, parent_id: str | None, text: str) -> Message:
        """A question after `parent_id` (None: the first), now the head."""

        def work(connection: sqlite3.Connection) -> Message:
            question = tree.new(connection, conversation_id, parent_id, Role.USER, text)
            tree.append(connection, [question])
            return question

        return await self._write(work, conversation_id)

    async def begin_answer(
        self, conversation_id: str, parent_id: str, model_name: str = ""
    ) -> Message:
        """An empty STREAMING answer to the question `parent_id`, now the head."""

        def work(connection: sqlite3.Connection) -> Message:
            answer = tree.new(
                connection,
                conversation_id,
                parent_id,
                Role.ASSISTANT,
                "",
                MessageStatus.STREAMING,
                model_name,
            )
            tree.append(connection, [answer])
            return answer

        return await self._write(work, conversation_id)

    async def begin_turn(
        self,
        conversation_id: str,
        parent_id: str | None,
        text: str,
        *,
        model_name: str = "",
        title: str = "",
    ) -> tuple[Message, Message]:
        """A question and its empty STREAMING answer in one commit.

        `title` is taken if the conversation has none.
        """

        def work(connection: sqlite3.Connection) -> tuple[Message, Message]:
            question = tree.new(connection, conversation_id, parent_id, Role.USER, text)
            answer = tree.answer_to(question, model_name)
            tree.append(connection, [question, answer])
            if title:
                connection.execute(
                    "UPDATE conversations SET title = ? WHERE id = ? AND title = ''",
                    (rows.clean(title), conversation_id),
                )
            return question, answer

        return await self._write(work, conversation_id)

    async def save_partial(self, answer_id: str, position: int, text: str) -> None:
        """Keep the next piece of a running answer: `text` begins at character `position`.

        Costs what is new, not what there is. Emits nothing; saving the same piece again is fine.
        """
        await self._database.write(
            lambda connection: tree.save_partial(connection, answer_id, position, text)
        )

    async def finish_answer(self, answer: Message) -> None:
        """Write an ended answer whole: content, status, metrics, error."""

        def work(connection: sqlite3.Connection) -> None:
            tree.finish(connection, answer)

        await self._write(work, answer.conversation_id)

    async def answer_lengths(self, limit: int = 2000) -> list[tuple[int, int]]:
        """(prompt tokens, answer tokens) of past answers, the latest first.

        Those that were cut short or failed are left out: they do not tell how long answers are.
        """

        def work(connection: sqlite3.Connection) -> list[tuple[int, int]]:
            found = connection.execute(
                "SELECT m.metrics, m.id FROM messages AS m JOIN conversations AS c "
                "ON c.id = m.conversation_id WHERE c.deleted_at IS NULL AND m.role = ? "
                "AND m.status = ? AND m.metrics IS NOT NULL ORDER BY m.seq DESC LIMIT ?",
                (Role.ASSISTANT, MessageStatus.COMPLETE, limit),
            )
            told = (rows.metrics(text, f"The metrics of message {name}") for text, name in found)
            return [
                (each.prompt_tokens, each.completion_tokens)
                for each in told
                if each is not None and each.prompt_tokens > 0 and each.completion_tokens > 0
            ]

        return await self._database.read_long(work)

    async def import_branch(
        self, conversation_id: str, turns: Sequence[tuple[Role, str]]
    ) -> list[Message]:
        """Append finished messages after the head, in one commit."""

        def work(connection: sqlite3.Connection) -> list[Message]:
            parent_id = _get(connection, conversation_id).head_id
            messages: list[Message] = []
            for role, text in turns:
                messages.append(_finished(conversation_id, parent_id, role, text))
                parent_id = messages[-1].id
            tree.insert(connection, messages)
            if parent_id is not None:
                tree.show(connection, conversation_id, parent_id, updated_at=time.time())
            return messages

        return await self._write(work, conversation_id)

    async def _set_deleted(self, conversation_id: str, at: float | None) -> None:
        def work(connection: sqlite3.Connection) -> None:
            changed = connection.execute(
                "UPDATE conversations SET deleted_at = ? WHERE id = ?", (at, conversation_id)
            ).rowcount
            if not changed:
                raise not_found("conversation")

        await self._write(work)

    async def _write(
        self, work: Callable[[sqlite3.Connection], T], messages_of: str | None = None
    ) -> T:
        """Every write may change the list (its titles, its order); `messages_of` a branch too."""

        def publish(_: T) -> None:
            if messages_of is not None:
                self.changed.emit(ChatChanged(ChatChange.MESSAGES, messages_of))
            self.changed.emit(ChatChanged(ChatChange.CONVERSATIONS))

        return await self._database.write(work, then=publish)


def _get(connection: sqlite3.Connection, conversation_id: str) -> Conversation:
    row = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations AS c WHERE c.id = ?", (conversation_id,)
    ).fetchone()
    if row is None:
        raise not_found("conversation")
    return rows.conversation(row)


def _finished(conversation_id: str, parent_id: str | None, role: Role, text: str) -> Message:
    return Message(
        new_id(), conversation_id, parent_id, role, text, MessageStatus.COMPLETE, time.time()
    )


def _tidy(connection: sqlite3.Connection) -> int:
    """Returns how many answers had been left streaming."""
    recovered = tree.recover(connection)
    connection.execute("DELETE FROM conversations WHERE deleted_at IS NOT NULL")
    return recovered
