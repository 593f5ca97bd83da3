"""Full-text search over titles and messages. Runs on the storage thread."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from desktop_llm.chat import rows
from desktop_llm.chat.types import MATCH_BEGIN, MATCH_END, Conversation, SearchHit

# bm25 is computed before grouping: FTS5's functions do not work inside an aggregate.
_BEST_MESSAGES = """
WITH hits (seq, score) AS MATERIALIZED (
    SELECT rowid, rank FROM message_index WHERE message_index MATCH :words
)
SELECT m.seq, m.id, m.conversation_id, min(hits.score)
FROM hits JOIN messages AS m ON m.seq = hits.seq
JOIN conversations AS c ON c.id = m.conversation_id AND c.deleted_at IS NULL
GROUP BY m.conversation_id ORDER BY min(hits.score), m.seq DESC LIMIT :limit
"""
_BEST_TITLES = """
SELECT c.id FROM title_index JOIN conversations AS c ON c.seq = title_index.rowid
WHERE title_index MATCH :words AND c.deleted_at IS NULL
ORDER BY title_index.rank, c.updated_at DESC LIMIT :limit
"""


class _Best(NamedTuple):
    seq: int
    message_id: str
    conversation_id: str
    score: float


def search(connection: sqlite3.Connection, text: str, limit: int) -> list[SearchHit]:
    """Conversations whose title or any one message has every word of `text`, by beginnings.

    Titles that match come first, then messages by bm25; a conversation comes once.
    """
    words = match_expression(text)
    if not words:
        return []
    arguments = {"words": words, "limit": limit}
    titles = [row[0] for row in connection.execute(_BEST_TITLES, arguments)]
    best = {row[2]: _Best(*row) for row in connection.execute(_BEST_MESSAGES, arguments)}
    found = list(dict.fromkeys([*titles, *best]))[:limit]
    snippets = _snippets(connection, words, [best[each].seq for each in found if each in best])
    conversations = _conversations(connection, found)
    hits = []
    for identifier in found:
        message = best.get(identifier)
        hits.append(
            SearchHit(
                conversations[identifier],
                snippets.get(message.seq, "") if message else "",
                message.message_id if message else "",
            )
        )
    return hits


def match_expression(text: str) -> str:
    """What a person typed as an FTS5 query: each word quoted, so no character is syntax."""
    words = rows.clean(text).replace("\0", " ").split()
    quoted = ('"' + word.replace('"', '""') + '"*' for word in words if _is_searchable(word))
    return " ".join(quoted)


def _is_searchable(word: str) -> bool:
    return any(character.isalnum() for character in word)


def _snippets(connection: sqlite3.Connection, words: str, seqs: list[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(seqs))
    found = connection.execute(
        "SELECT rowid, snippet(message_index, 0, ?, ?, '…', 12) FROM message_index "
        f"WHERE message_index MATCH ? AND rowid IN ({marks})",
        (MATCH_BEGIN, MATCH_END, words, *seqs),
    )
    return dict(found.fetchall())


def _conversations(
    connection: sqlite3.Connection, identifiers: list[str]
) -> dict[str, Conversation]:
    marks = ", ".join("?" * len(identifiers))
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations AS c WHERE c.id IN ({marks})", identifiers
    )
    return {row[0]: rows.conversation(row) for row in found}
