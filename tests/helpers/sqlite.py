"""Reach under a store: make SQLite itself refuse writes, and watch its statements."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from desktop_llm.chat.store import ChatStore

T = TypeVar("T")


@contextmanager
def full_disk(store: ChatStore) -> Iterator[None]:
    """The file cannot grow: SQLITE_FULL, as from ENOSPC."""
    pages = _pragma(store, "page_count")
    _pragma(store, f"max_page_count = {pages}")
    try:
        yield
    finally:
        _pragma(store, "max_page_count = 1073741823")


@contextmanager
def read_only(store: ChatStore) -> Iterator[None]:
    """Every write is SQLITE_READONLY."""
    _pragma(store, "query_only = ON")
    try:
        yield
    finally:
        _pragma(store, "query_only = OFF")


@contextmanager
def traced(store: ChatStore, statement: Callable[[str], None]) -> Iterator[None]:
    """Call `statement` with each one run, on the storage thread."""
    _run(store, lambda connection: connection.set_trace_callback(statement))
    try:
        yield
    finally:
        _run(store, lambda connection: connection.set_trace_callback(None))


def explained(store: ChatStore, statement: str) -> list[str]:
    """The lines of SQLite's query plan."""
    rows = _run(store, lambda c: c.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall())
    return [str(row[3]) for row in rows]


def _pragma(store: ChatStore, text: str) -> int:
    row = _run(store, lambda connection: connection.execute(f"PRAGMA {text}").fetchone())
    return int(row[0]) if row else 0


def _run(store: ChatStore, work: Callable[[sqlite3.Connection], T]) -> T:
    database = store._database
    assert database._connection is not None
    return database._executor.submit(work, database._connection).result(5)
