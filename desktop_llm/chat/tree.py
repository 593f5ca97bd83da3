"""The tree of messages in SQL: paths, versions, running answers. Runs on the storage thread."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace

from desktop_llm.chat import rows
from desktop_llm.chat.failures import not_found
from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.core.identifiers import new_id

# Walks parents by the unique index on id; siblings are counted on messages_by_parent alone.
_PATH = f"""
WITH RECURSIVE path (seq, parent_id, depth) AS (
    SELECT seq, parent_id, 0 FROM messages WHERE id = ?
    UNION ALL
    SELECT m.seq, m.parent_id, path.depth + 1
    FROM path JOIN messages AS m ON m.id = path.parent_id
)
SELECT {rows.MESSAGE},
    (SELECT count(*) FROM messages AS s WHERE s.conversation_id = m.conversation_id
        AND s.parent_id IS m.parent_id AND s.seq < m.seq),
    (SELECT count(*) FROM messages AS s WHERE s.conversation_id = m.conversation_id
        AND s.parent_id IS m.parent_id)
FROM path JOIN messages AS m ON m.seq = path.seq
ORDER BY path.depth DESC
"""

# Children are born after their parents, so the youngest of a subtree is a leaf.
_LATEST_BELOW = """
WITH RECURSIVE below (id, seq) AS (
    SELECT id, seq FROM messages WHERE id = :id
    UNION ALL
    SELECT m.id, m.seq FROM below
    JOIN messages AS m ON m.conversation_id = :conversation AND m.parent_id = below.id
)
SELECT id FROM below ORDER BY seq DESC LIMIT 1
"""


def path(connection: sqlite3.Connection, message_id: str) -> list[Message]:
    """From the first message to `message_id`; empty when it is not there."""
    found = connection.execute(_PATH, (message_id,)).fetchall()
    messages = [rows.message(row[:-2], row[-2], row[-1]) for row in found]
    return [_with_partials(connection, message) for message in messages]


def get(connection: sqlite3.Connection, message_id: str) -> Message:
    """One message, without its place among its siblings. Raises AppError ``chat.not_found``."""
    row = connection.execute(
        f"SELECT {rows.MESSAGE} FROM messages AS m WHERE m.id = ?", (message_id,)
    ).fetchone()
    if row is None:
        raise not_found("message")
    return rows.message(row)


def new(
    connection: sqlite3.Connection,
    conversation_id: str,
    parent_id: str | None,
    role: Role,
    content: str,
    status: MessageStatus = MessageStatus.COMPLETE,
    model_name: str = "",
) -> Message:
    """A message with its place among its siblings, to be given to `append`.

    Raises AppError ``chat.not_found`` for the parent.
    """
    if parent_id is not None and get(connection, parent_id).conversation_id != conversation_id:
        raise not_found("message")
    siblings = _count_siblings(connection, conversation_id, parent_id)
    return Message(
        id=new_id(),
        conversation_id=conversation_id,
        parent_id=parent_id,
        role=role,
        content=rows.clean(content),
        status=status,
        created_at=time.time(),
        model_name=model_name,
        sibling_index=siblings,
        sibling_count=siblings + 1,
    )


def answer_to(question: Message, model_name: str) -> Message:
    """The first answer to a question that is just being asked: empty, STREAMING."""
    return Message(
        id=new_id(),
        conversation_id=question.conversation_id,
        parent_id=question.id,
        role=Role.ASSISTANT,
        content="",
        status=MessageStatus.STREAMING,
        created_at=time.time(),
        model_name=model_name,
    )


def append(connection: sqlite3.Connection, messages: Sequence[Message]) -> None:
    """Write new messages of one conversation, each the parent of the next; the last is the head.

    Raises AppError ``chat.not_found`` for the conversation.
    """
    head = messages[-1]
    show(connection, head.conversation_id, head.id, updated_at=head.created_at)
    insert(connection, messages)


def insert(connection: sqlite3.Connection, messages: Iterable[Message]) -> None:
    """Write new messages as they are, in order."""
    connection.executemany(
        "INSERT INTO messages (id, conversation_id, parent_id, role, content, status, created_at, "
        "model_name, metrics, error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                message.id,
                message.conversation_id,
                message.parent_id,
                message.role,
                rows.clean(message.content),
                message.status,
                message.created_at,
                message.model_name,
                rows.facts_text(message.metrics),
                rows.facts_text(message.error),
            )
            for message in messages
        ),
    )


def show(
    connection: sqlite3.Connection,
    conversation_id: str,
    head_id: str,
    updated_at: float | None = None,
) -> None:
    """Make `head_id` the head. Raises AppError ``chat.not_found`` for the conversation."""
    changed = connection.execute(
        "UPDATE conversations SET head_id = ?, updated_at = coalesce(?, updated_at) WHERE id = ?",
        (head_id, updated_at, conversation_id),
    ).rowcount
    if not changed:
        raise not_found("conversation")


def select_version(connection: sqlite3.Connection, message_id: str) -> Message:
    """Show the branch through `message_id`, down to its latest leaf; returns that leaf."""
    conversation_id = get(connection, message_id).conversation_id
    (leaf,) = connection.execute(
        _LATEST_BELOW, {"id": message_id, "conversation": conversation_id}
    ).fetchone()
    show(connection, conversation_id, leaf)
    return get(connection, leaf)


def versions(connection: sqlite3.Connection, message_id: str) -> list[str]:
    """The ids of `message_id` and its siblings, oldest first."""
    message = get(connection, message_id)
    found = connection.execute(
        "SELECT id FROM messages WHERE conversation_id = ? AND parent_id IS ? ORDER BY seq",
        (message.conversation_id, message.parent_id),
    )
    return [identifier for (identifier,) in found]


def save_partial(connection: sqlite3.Connection, answer_id: str, position: int, text: str) -> None:
    """Keep `text`, which begins at character `position` of the running answer."""
    get(connection, answer_id)
    connection.execute(
        "INSERT OR REPLACE INTO partials (message_id, position, text) VALUES (?, ?, ?)",
        (answer_id, position, rows.clean(text)),
    )


def finish(connection: sqlite3.Connection, answer: Message) -> None:
    """Write how `answer` ended, whole, in place of its partials. AppError ``chat.not_found``."""
    changed = connection.execute(
        "UPDATE messages SET content = ?, status = ?, metrics = ?, error = ? WHERE id = ?",
        (
            rows.clean(answer.content),
            answer.status,
            rows.facts_text(answer.metrics),
            rows.facts_text(answer.error),
            answer.id,
        ),
    ).rowcount
    if not changed:
        raise not_found("message")
    connection.execute("DELETE FROM partials WHERE message_id = ?", (answer.id,))
    connection.execute(
        "UPDATE conversations SET updated_at = ? WHERE id = ?",
        (time.time(), answer.conversation_id),
    )


def recover(connection: sqlite3.Connection) -> int:
    """Mark what an ended app left streaming as interrupted, with the text saved so far."""
    leftovers = connection.execute(
        f"SELECT {rows.MESSAGE} FROM messages AS m WHERE m.status = ? "
        "OR m.id IN (SELECT message_id FROM partials)",
        (MessageStatus.STREAMING,),
    ).fetchall()
    for row in leftovers:
        answer = rows.message(row)
        content = answer.content + _partials(connection, answer.id)
        connection.execute(
            "UPDATE messages SET content = ?, status = ? WHERE id = ?",
            (content, MessageStatus.INTERRUPTED, answer.id),
        )
    connection.execute("DELETE FROM partials")
    return len(leftovers)


def _with_partials(connection: sqlite3.Connection, message: Message) -> Message:
    if message.status is not MessageStatus.STREAMING:
        return message
    return replace(message, content=message.content + _partials(connection, message.id))


def _partials(connection: sqlite3.Connection, message_id: str) -> str:
    found = connection.execute(
        "SELECT text FROM partials WHERE message_id = ? ORDER BY position", (message_id,)
    )
    return "".join(text for (text,) in found)


def _count_siblings(
    connection: sqlite3.Connection, conversation_id: str, parent_id: str | None
) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM messages WHERE conversation_id = ? AND parent_id IS ?",
        (conversation_id, parent_id),
    ).fetchone()
    return int(count)
