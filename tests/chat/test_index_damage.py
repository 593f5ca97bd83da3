"""Damaged full-text indexes: they are made anew, and no conversation is lost or refused."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Role
from tests.helpers.conversations import add_long_conversation

INDEXES = ("title_index", "message_index", "trigram_index")
HARMS = (
    "DELETE FROM {index}_data WHERE id = 1",
    "DELETE FROM {index}_data WHERE id = 10",
    "DELETE FROM {index}_data WHERE id > 10",
    "UPDATE {index}_data SET block = zeroblob(40)",
    "UPDATE {index}_data SET block = zeroblob(40) WHERE id = 10",
    "UPDATE {index}_data SET block = x'ffffffffffff' WHERE id >= 10",
    "UPDATE {index}_data SET block = x'' WHERE id = 1",
    "DELETE FROM {index}_docsize",
    "DELETE FROM {index}_config",
    "UPDATE {index}_config SET v = 99",
    "DROP TABLE {index}_data",
    "DROP TABLE {index}_idx",
    "DROP TABLE {index}_docsize",
    "DROP TABLE {index}_config",
)


async def _make(file: Path) -> str:
    store = ChatStore(file)
    await store.open()
    made = await store.create("Kernels, first")
    await store.import_branch(made.id, [(Role.USER, "a needle"), (Role.ASSISTANT, "量化模型")])
    await add_long_conversation(store, 300)
    await store.close()
    return made.id


def _spoil(file: Path, harm: str, *indexes: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for index in indexes:
            connection.execute(harm.format(index=index))


def _assert_whole(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for index in INDEXES:
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")


async def _found(store: ChatStore, words: str) -> list[str]:
    return [hit.conversation.id for hit in await store.search(words)]


async def _use(store: ChatStore, kept: str) -> None:
    """Send, answer, rename, delete and search as a person would."""
    head = (await store.get(kept)).head_id
    question, answer = await store.begin_turn(kept, head, "What of the haystack? 推理引擎")
    await store.finish_answer(answer)
    assert [each.id for each in await store.branch(kept)][-2:] == [question.id, answer.id]
    await store.rename(kept, "Kernels, renamed")
    await store.delete((await store.create("gone")).id)
    for words in ("needle", "haystack", "量化模", "推理引", "renamed"):
        assert await _found(store, words) == [kept], words
    assert len(await store.conversations()) == 2


@pytest.mark.parametrize("index", INDEXES)
@pytest.mark.parametrize("harm", HARMS)
async def test_that_sending_goes_on_with_a_damaged_index(file: Path, harm: str, index: str) -> None:
    kept = await _make(file)
    _spoil(file, harm, index)
    store = ChatStore(file)
    await store.open()
    assert store.problem is None
    await _use(store, kept)
    await store.close()

    again = ChatStore(file)  # purges what was deleted, from the indexes too
    await again.open()
    assert again.problem is None
    await _use(again, kept)
    await again.close()
    assert not list(file.parent.glob("*.broken-*"))


@pytest.mark.parametrize(
    "harm", ["DROP TABLE {index}_data", "DELETE FROM {index}_data", "DELETE FROM {index}_config"]
)
async def test_that_searching_mends_what_it_needs(file: Path, harm: str) -> None:
    kept = await _make(file)
    _spoil(file, harm, *INDEXES)
    store = ChatStore(file)
    await store.open()
    assert await _found(store, "needle") == [kept]
    assert await _found(store, "kern") == [kept]
    assert await _found(store, "量化模") == [kept]
    await store.close()
    _assert_whole(file)


async def test_that_an_index_damaged_while_two_apps_run_is_mended_for_both(file: Path) -> None:
    kept = await _make(file)
    first, second = ChatStore(file), ChatStore(file)
    await first.open()
    await second.open()
    assert await _found(second, "needle") == await _found(first, "needle") == [kept]
    _spoil(file, "DROP TABLE {index}_data", *INDEXES)
    await _use(first, kept)
    assert await _found(second, "haystack") == [kept]
    await second.rename(kept, "Twice")
    assert await _found(first, "twice") == [kept]
    await second.close()
    await first.close()
    _assert_whole(file)


def _swap_two_rows(file: Path, table: str) -> None:
    """In the page itself, so that the table's keys are out of order."""
    with closing(sqlite3.connect(file)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)
        ).fetchone()
    data = bytearray(file.read_bytes())
    at = (page - 1) * 4096 + 8
    data[at : at + 4] = data[at + 2 : at + 4] + data[at : at + 2]
    file.write_bytes(data)
    with closing(sqlite3.connect(file)) as connection:
        assert "out of order" in connection.execute("PRAGMA quick_check").fetchone()[0]


async def test_that_an_index_that_the_first_check_refuses_is_mended(file: Path) -> None:
    kept = await _make(file)
    _swap_two_rows(file, "title_index_docsize")
    store = ChatStore(file)
    await store.open()
    assert store.problem is None
    await _use(store, kept)
    await store.close()
    _assert_whole(file)


async def test_that_a_damaged_index_does_not_save_a_file_damaged_elsewhere(file: Path) -> None:
    await _make(file)
    _spoil(file, "DROP TABLE {index}_data", *INDEXES)
    _swap_two_rows(file, "conversations")
    data = file.read_bytes()  # noqa: ASYNC240
    store = ChatStore(file)
    await store.open()
    assert store.problem is not None
    (aside,) = file.parent.glob("*.broken-*")
    assert aside.read_bytes() == data
    await store.close()
