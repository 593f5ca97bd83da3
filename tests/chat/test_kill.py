"""kill -9 at any moment: at most 2 s of text are lost, and the file stays whole."""

from __future__ import annotations

import asyncio
import itertools
import random
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from desktop_llm.chat import answer
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Message, MessageStatus

APP = Path(__file__).with_name("streaming_app.py")
LOST_AT_MOST_S = 2.0
RUNS = 5


def _start(file: Path, journal: Path, save_every_s: float) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(APP), str(file), str(journal), str(save_every_s)])


def _wait_for_text(app: subprocess.Popen[bytes], journal: Path) -> None:
    for _ in range(3000):
        if journal.exists() and len({line.split()[1] for line in _lines(journal)}) == 2:
            return
        assert app.poll() is None, "the app ended by itself"
        time.sleep(0.01)
    pytest.fail("nothing was streamed")


def _kill(app: subprocess.Popen[bytes]) -> float:
    at = time.monotonic()
    app.kill()
    app.wait()
    return at


def _lines(journal: Path) -> list[str]:
    return [line for line in journal.read_text().splitlines(keepends=True) if line.endswith("\n")]


def _read_by(journal: Path, moment: float) -> dict[str, int]:
    """Characters that each conversation had shown by then."""
    shown: dict[str, int] = {}
    for at, conversation_id, characters in map(str.split, _lines(journal)):
        if float(at) <= moment:
            shown[conversation_id] = int(characters)
    return shown


def _is_whole(file: Path) -> bool:
    with closing(sqlite3.connect(file)) as connection:
        return connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def _reopen(file: Path) -> tuple[int, dict[str, list[Message]]]:
    async def read() -> tuple[int, dict[str, list[Message]]]:
        store = ChatStore(file)
        await store.open()
        assert store.problem is None
        found = {each.id: await store.branch(each.id) for each in await store.conversations()}
        await store.close()
        return store.recovered, found

    return asyncio.run(read())


def _counted(length: int) -> str:
    """The beginning of what the app streams."""
    text = ""
    for number in itertools.count():
        if len(text) >= length:
            return text[:length]
        text += f"{number} "
    raise AssertionError("unreachable: counting has no end")


@pytest.mark.parametrize(("save_every_s", "longest_s"), [(answer.SAVE_EVERY_S, 5.0), (0.005, 1.0)])
def test_that_kills_while_streaming_lose_at_most_two_seconds(
    tmp_path: Path, save_every_s: float, longest_s: float
) -> None:
    """The short interval is not the app's: it makes kills that land within a write likely."""
    file = tmp_path / "conversations.sqlite3"
    chance = random.Random(save_every_s)
    for run in range(RUNS):
        journal = tmp_path / f"journal-{run}"
        app = _start(file, journal, save_every_s)
        _wait_for_text(app, journal)
        time.sleep(longest_s * (run + chance.random()) / RUNS)
        killed_at = _kill(app)

        assert _is_whole(file)
        recovered, found = _reopen(file)
        assert recovered == 2
        shown = _read_by(journal, killed_at - LOST_AT_MOST_S)
        for conversation_id in _read_by(journal, killed_at):
            question, last = found[conversation_id]
            assert question.content == "Count, please."
            assert last.status is MessageStatus.INTERRUPTED
            assert len(last.content) >= shown.get(conversation_id, 0)
            assert last.content == _counted(len(last.content))
    assert _is_whole(file)
    assert len(found) == 2 * RUNS


def test_that_kills_while_starting_leave_a_file_that_opens(tmp_path: Path) -> None:
    file = tmp_path / "conversations.sqlite3"
    began = time.monotonic()
    app = _start(file, tmp_path / "first", 1)
    _wait_for_text(app, tmp_path / "first")
    start_s = time.monotonic() - began
    _kill(app)
    chance = random.Random(4)
    for run in range(RUNS):
        fresh = tmp_path / f"fresh-{run}" / "conversations.sqlite3"
        app = _start(fresh, tmp_path / f"journal-{run}", 1)
        time.sleep(start_s * chance.uniform(0.6, 1.0))
        _kill(app)
        recovered, found = _reopen(fresh)
        assert _is_whole(fresh)
        assert recovered == sum(len(branch) == 2 for branch in found.values())
