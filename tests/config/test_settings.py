"""The person's settings, through damage and bad values."""

from __future__ import annotations

import json
import os
import stat
import threading
from pathlib import Path

import pytest

from desktop_llm.config.settings import OverBudget, Settings, SettingsStore, Theme
from desktop_llm.core.errors import AppError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "config" / "settings.json"


def test_that_without_a_file_the_defaults_hold_and_nothing_is_written(path: Path) -> None:
    store = SettingsStore(path)
    assert store.current == Settings()
    assert store.problem is None
    assert not path.parent.exists()


def test_that_a_change_is_saved_and_published(path: Path) -> None:
    store = SettingsStore(path)
    seen: list[Settings] = []
    store.changed.subscribe(seen.append)
    updated = store.update(theme="dark", over_budget=OverBudget.DROP_OLDEST, model_folders=["/m"])
    assert seen == [updated] == [store.current]
    store.flush()
    assert SettingsStore(path).current == updated
    assert updated.theme is Theme.DARK
    assert updated.model_folders == ("/m",)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "change",
    [
        {"theme": "purple"},
        {"answer_reserve_tokens": 1},
        {"drain_seconds": -1},
        {"drain_seconds": "soon"},
        {"schema_version": 2},
    ],
)
def test_that_a_bad_value_changes_nothing(path: Path, change: dict[str, object]) -> None:
    store = SettingsStore(path)
    store.update(theme="light")
    store.flush()
    before = path.read_bytes()
    store.changed.subscribe(lambda _: pytest.fail("nothing changed"))
    with pytest.raises(AppError) as caught:
        store.update(**change)
    assert caught.value.code == "settings.invalid"
    assert next(iter(change)) in caught.value.detail
    store.flush()
    assert path.read_bytes() == before
    assert store.current.theme is Theme.LIGHT


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"{",
        b"\x00" * 200,
        b"[]",
        b'{"theme": 3}',
        b"\xff\xfe",
        b'{"schema_version": 9}',
    ],
)
def test_that_a_damaged_file_is_kept_aside_and_said(path: Path, damage: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(damage)
    store = SettingsStore(path)
    assert store.current == Settings()
    assert store.problem is not None
    assert store.problem.code == "settings.unreadable"
    assert path.with_suffix(".json.broken").read_bytes() == damage
    store.update(theme="dark")
    store.flush()
    assert SettingsStore(path).current.theme is Theme.DARK


def test_that_what_a_later_version_adds_is_no_damage(path: Path) -> None:
    path.parent.mkdir()
    path.write_text(json.dumps({"theme": "dark", "telepathy": True}))
    store = SettingsStore(path)
    assert store.problem is None
    assert store.current.theme is Theme.DARK


def test_that_a_change_that_cannot_be_saved_holds_and_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SettingsStore(path)
    store.update(theme="light")
    store.flush()
    failures: list[AppError] = []
    store.failed.subscribe(failures.append)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        store.update(theme="dark")
        store.flush()
    (failure,) = failures
    assert failure.code == "settings.unwritable"
    assert "No space left on device" in failure.message
    assert str(path) in failure.message
    assert failure.hint
    assert store.current.theme is Theme.DARK
    assert SettingsStore(path).current.theme is Theme.LIGHT
    store.update(load_at_start=False)
    store.flush()
    assert SettingsStore(path).current == store.current, "the next change saves both"


def test_that_a_slow_disk_holds_nobody_up_and_the_newest_change_is_what_is_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = SettingsStore(path)
    disk, written = threading.Event(), []
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        disk.wait(10)
        written.append(descriptor)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    for reserve in range(100, 200):
        store.update(answer_reserve_tokens=reserve)
    assert not written
    disk.set()
    store.flush()
    assert SettingsStore(path).current.answer_reserve_tokens == 199
    assert len(written) <= 4, "two files and their folder, not a hundred"
