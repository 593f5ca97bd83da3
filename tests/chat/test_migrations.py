"""Stored old files, brought to this version.

`fixtures/conversations-v<N>.sqlite3` is a file as version N wrote it. A new step adds its own.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from desktop_llm.chat import migrate
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import MessageStatus
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(params=range(1, migrate.LATEST), ids="v{}".format)
def version(request: pytest.FixtureRequest) -> int:
    number: int = request.param
    return number


@pytest.fixture
def old(file: Path, version: int) -> Path:
    file.parent.mkdir()
    shutil.copy(FIXTURES / f"conversations-v{version}.sqlite3", file)
    return file


def _version(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return migrate.version_of(connection)


def _mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


def test_that_every_version_before_this_one_has_a_stored_file() -> None:
    for version in range(1, migrate.LATEST):
        assert _version(FIXTURES / f"conversations-v{version}.sqlite3") == version


async def test_that_an_old_file_comes_through_whole(old: Path, version: int) -> None:
    store = ChatStore(old)
    await store.open()
    first, second, *others = await store.conversations()
    assert [each.id for each in others] == ["c4"] * (version > 1)
    assert (first.id, first.title, first.system_prompt) == (
        "c1",
        "How does the KV cache grow?",
        "Be brief.",
    )
    assert first.sampling == SamplingSettings(temperature=0.2)
    assert (first.created_at, first.updated_at) == (1000.0, 2000.0)
    _, answer = await store.branch("c1")
    assert answer.content == "One block per sixteen tokens."
    assert (answer.sibling_index, answer.sibling_count) == (2, 3)
    assert answer.metrics is not None
    assert answer.metrics.ttft_ms == 40.5
    failed = await store.message("m3")
    assert failed.error is not None
    assert failed.error.code == "engine.died"
    assert await store.versions("m4") == ["m2", "m3", "m4"]

    assert (second.id, store.recovered) == ("c3", 1)
    assert (await store.branch("c3"))[1].content == "Once upon a time"
    assert (await store.branch("c3"))[1].status is MessageStatus.INTERRUPTED
    await store.close()
    assert _version(old) == migrate.LATEST


async def test_that_old_texts_are_searched_and_stay_in_step(old: Path) -> None:
    store = ChatStore(old)
    await store.open()
    assert [h.conversation.id for h in await store.search("sixteen")] == ["c1"]
    assert [h.conversation.id for h in await store.search("grow")] == ["c1"]
    assert [h.conversation.id for h in await store.search("upon time")] == ["c3"]
    await store.rename("c1", "Renamed")
    assert [h.conversation.title for h in await store.search("renam")] == ["Renamed"]
    await store.close()
    with closing(sqlite3.connect(old)) as connection:
        for index in ("title_index", "message_index", "trigram_index"):
            connection.execute(f"INSERT INTO {index} ({index}, rank) VALUES ('integrity-check', 1)")


async def test_that_old_texts_in_any_script_are_searched(file: Path) -> None:
    file.parent.mkdir()
    shutil.copy(FIXTURES / "conversations-v2.sqlite3", file)
    store = ChatStore(file)
    await store.open()
    for typed in ("世界", "量化模型", "문장입", "🙂"):
        assert [h.message_id for h in await store.search(typed)] != [""], typed
    await store.close()


async def test_that_apps_that_start_together_migrate_once(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second reads the version before the first has written it."""
    file.parent.mkdir()
    shutil.copy(FIXTURES / "conversations-v2.sqlite3", file)
    with closing(sqlite3.connect(file, isolation_level=None)) as late:
        with closing(sqlite3.connect(file, isolation_level=None)) as first:
            migrate.migrate(first, file)
        read = iter([2])
        now = migrate.version_of
        monkeypatch.setattr(migrate, "version_of", lambda c: next(read, None) or now(c))
        migrate.migrate(late, file)
    assert _version(file) == migrate.LATEST
    assert _version(file.with_name(f"{file.name}.v2.backup")) == 2


async def test_that_a_whole_copy_is_made_first(old: Path, version: int) -> None:
    with closing(sqlite3.connect(old)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(
            "INSERT INTO conversations VALUES (9,'c9','In the log','','{}',NULL,1,1,NULL)"
        )
        connection.commit()
        store = ChatStore(old)
        await store.open()
        await store.close()
    backup = old.with_name(f"{old.name}.v{version}.backup")
    assert _version(backup) == version
    with closing(sqlite3.connect(backup)) as connection:
        titles = {title for (title,) in connection.execute("SELECT title FROM conversations")}
    assert titles >= {"How does the KV cache grow?", "Thrown away", "Cut short", "In the log"}
    assert _mode(backup) == 0o600


async def test_that_a_new_file_needs_no_copy(file: Path) -> None:
    store = ChatStore(file)
    await store.open()
    await store.close()
    assert _version(file) == migrate.LATEST
    assert not list(file.parent.glob("*.backup"))
    assert _mode(file) == 0o600


async def test_that_a_file_from_a_newer_app_is_refused_untouched(file: Path) -> None:
    file.parent.mkdir()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE of_tomorrow (x)")
        connection.execute(f"PRAGMA user_version = {migrate.LATEST + 1}")
    store = ChatStore(file)
    with pytest.raises(AppError) as caught:
        await store.open()
    assert caught.value.code == "chat.store_newer"
    assert "newer version" in str(caught.value)
    with pytest.raises(AppError) as again:
        await store.conversations()
    assert again.value.code == "chat.store_newer"
    await store.close()
    assert _version(file) == migrate.LATEST + 1


async def test_that_a_failed_copy_changes_nothing(old: Path, version: int) -> None:
    (old.parent / f"{old.name}.v{version}.backup").mkdir()
    store = ChatStore(old)
    with pytest.raises(AppError) as caught:
        await store.open()
    assert caught.value.code == "chat.migration_failed"
    assert "could not be copied" in caught.value.message
    await store.close()
    assert _version(old) == version


async def test_that_a_failed_step_changes_nothing(
    old: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = (*migrate.STEPS[:-1], "CREATE TABLE half (x);\nCREATE TABLE half (x);\n")
    monkeypatch.setattr(migrate, "STEPS", broken)
    store = ChatStore(old)
    with pytest.raises(AppError) as caught:
        await store.open()
    assert caught.value.code == "chat.migration_failed"
    await store.close()
    assert _version(old) == version
    with closing(sqlite3.connect(old)) as connection:
        tables = connection.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'half'")
        assert tables.fetchone() == (0,)
