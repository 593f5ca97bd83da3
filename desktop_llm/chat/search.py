"""Full-text search over titles and messages. Runs on a storage thread."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from desktop_llm.chat import rows
from desktop_llm.chat.query import Query, like, parse
from desktop_llm.chat.types import MATCH_BEGIN, MATCH_END, Conversation, SearchHit

_BEFORE, _AFTER = 20, 60

# Where messages are looked for first, by what is typed, with a score: the lower, the better.
_BY_WORDS = "SELECT rowid AS seq, rank FROM message_index WHERE message_index MATCH :words"
_BY_TRIGRAMS = "SELECT rowid AS seq, rank FROM trigram_index WHERE trigram_index MATCH :unspaced"
_NEWEST = "SELECT seq, -seq FROM messages"

# bm25 is computed before grouping: FTS5's functions do not work inside an aggregate.
_BEST_MESSAGES = """
WITH hits (seq, score) AS MATERIALIZED ({hits})
SELECT m.seq, m.id, m.conversation_id, min(hits.score)
FROM hits JOIN messages AS m ON m.seq = hits.seq
JOIN conversations AS c ON c.id = m.conversation_id
WHERE c.deleted_at IS NULL{also}
GROUP BY m.conversation_id ORDER BY min(hits.score), m.seq DESC LIMIT :limit
"""
_BEST_TITLES = """
SELECT c.id FROM title_index JOIN conversations AS c ON c.seq = title_index.rowid
WHERE title_index MATCH :words AND c.deleted_at IS NULL{also}
ORDER BY title_index.rank, c.updated_at DESC LIMIT :limit
"""
_NEWEST_TITLES = """
SELECT c.id FROM conversations AS c WHERE c.deleted_at IS NULL{also}
ORDER BY c.updated_at DESC LIMIT :limit
"""


class _Best(NamedTuple):
    seq: int
    message_id: str
    conversation_id: str
    score: float


def search(connection: sqlite3.Connection, text: str, limit: int) -> list[SearchHit]:
    """Conversations whose title or any one message has every word of `text`.

    Titles that match come first, then messages by bm25; a conversation comes once.
    """
    query = parse(text)
    if not query:
        return []
    titles = _titles(connection, query, limit)
    best = {each.conversation_id: each for each in _messages(connection, query, limit)}
    found = list(dict.fromkeys([*titles, *best]))[:limit]
    snippets = _snippets(connection, query, [best[each].seq for each in found if each in best])
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


def _messages(connection: sqlite3.Connection, query: Query, limit: int) -> list[_Best]:
    """The best message of each conversation. Texts are read only where no index has the answer."""
    arguments: dict[str, str | int] = {
        "words": query.word_match,
        "unspaced": query.unspaced_match,
        "limit": limit,
    }
    conditions = _contain("m.content", query.literals, arguments)
    if query.words:
        hits = _BY_WORDS
        if query.unspaced:
            conditions.append(f"m.seq IN (SELECT seq FROM ({_BY_TRIGRAMS}))")
    else:
        hits = _BY_TRIGRAMS if query.unspaced else _NEWEST
    statement = _BEST_MESSAGES.format(hits=hits, also=_and(conditions))
    return [_Best(*row) for row in connection.execute(statement, arguments)]


def _titles(connection: sqlite3.Connection, query: Query, limit: int) -> list[str]:
    """Titles are few and short: what is not told by beginnings of words is read for."""
    arguments: dict[str, str | int] = {"words": query.word_match, "limit": limit}
    conditions = _contain("c.title", (*query.unspaced, *query.literals), arguments)
    statement = _BEST_TITLES if query.words else _NEWEST_TITLES
    statement = statement.format(also=_and(conditions))
    return [identifier for (identifier,) in connection.execute(statement, arguments)]


def _contain(column: str, parts: Iterable[str], arguments: dict[str, str | int]) -> list[str]:
    """One condition for each of `parts`, whose value is added to `arguments`."""
    conditions = []
    for number, part in enumerate(parts):
        arguments[f"part{number}"] = like(part)
        conditions.append(f"{column} LIKE :part{number} ESCAPE '\\'")
    return conditions


def _and(conditions: list[str]) -> str:
    return "".join(f" AND {condition}" for condition in conditions)


def _snippets(connection: sqlite3.Connection, query: Query, seqs: list[int]) -> dict[int, str]:
    marks = ", ".join("?" * len(seqs))
    if query.words:
        found = connection.execute(
            "SELECT rowid, snippet(message_index, 0, ?, ?, '…', 12) FROM message_index "
            f"WHERE message_index MATCH ? AND rowid IN ({marks})",
            (MATCH_BEGIN, MATCH_END, query.word_match, *seqs),
        )
        return dict(found.fetchall())
    found = connection.execute(f"SELECT seq, content FROM messages WHERE seq IN ({marks})", seqs)
    parts = (*query.unspaced, *query.literals)
    return {seq: _excerpt(content, parts) for seq, content in found}


def _excerpt(text: str, parts: Iterable[str]) -> str:
    """The text around the first of `parts` in it, with all of them marked."""
    longest_first = sorted(map(re.escape, parts), key=len, reverse=True)
    pattern = re.compile("|".join(longest_first), re.IGNORECASE)
    match = pattern.search(text)
    if match is None:
        return ""
    begin = max(0, match.start() - _BEFORE)
    end = max(match.end(), match.start() + _AFTER)
    marked = pattern.sub(rf"{MATCH_BEGIN}\g<0>{MATCH_END}", text[begin:end])
    return f"{'…' if begin else ''}{marked}{'…' if end < len(text) else ''}"


def _conversations(
    connection: sqlite3.Connection, identifiers: list[str]
) -> dict[str, Conversation]:
    marks = ", ".join("?" * len(identifiers))
    found = connection.execute(
        f"SELECT {rows.CONVERSATION} FROM conversations AS c WHERE c.id IN ({marks})", identifiers
    )
    return {row[0]: rows.conversation(row) for row in found}
