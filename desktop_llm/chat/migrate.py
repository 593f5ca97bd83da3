"""Brings a conversations file to this app's version, one numbered step at a time."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from importlib import resources
from pathlib import Path

from desktop_llm.core.errors import AppError


def _read_steps() -> tuple[str, ...]:
    folder = resources.files("desktop_llm.chat") / "migrations"
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".sql")), key=_name)
    for number, file in enumerate(files, start=1):
        assert file.name.startswith(f"{number:04d}_"), f"step {number} is missing before {file}"
    return tuple(file.read_text("utf-8") for file in files)


def _name(file: resources.abc.Traversable) -> str:
    return file.name


STEPS = _read_steps()
LATEST = len(STEPS)


def version_of(connection: sqlite3.Connection) -> int:
    """The number of steps the file has behind it; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: Path, upto: int = LATEST) -> None:
    """Apply the missing steps, each in one transaction, after a whole copy of an older file.

    The copy is ``<file>.v<version>.backup``. Raises AppError ``chat.store_newer`` for a file from
    a newer app, ``chat.migration_failed`` where the copy or a step fails (the file then stays at
    the last step that succeeded), sqlite3.DatabaseError for a damaged file.
    """
    version = version_of(connection)
    if version > LATEST:
        raise AppError(
            "chat.store_newer",
            f"The conversations in {path} were written by a newer version of this app.",
            "Update the app to read them; they have not been touched.",
            detail=f"file version {version}, this app knows {LATEST}",
        )
    if 0 < version < upto:
        _back_up(connection, path, path.with_name(f"{path.name}.v{version}.backup"))
    for number, step in _missing(version, upto):
        _apply(connection, path, number, step)


def _missing(version: int, upto: int) -> Iterator[tuple[int, str]]:
    return ((number, STEPS[number - 1]) for number in range(version + 1, upto + 1))


def _back_up(connection: sqlite3.Connection, path: Path, backup: Path) -> None:
    """Copy through SQLite, so that what still sits in the write-ahead log is in the copy too."""
    temporary = backup.with_name(f"{backup.name}.part")
    try:
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(temporary)) as copy:
            connection.backup(copy)
        temporary.chmod(0o600)
        temporary.replace(backup)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise AppError(
            "chat.migration_failed",
            f"The conversations in {path} could not be copied before updating them.",
            "Free some disk space or check the folder's permissions, then start the app again; "
            "nothing has been changed.",
            detail=str(error),
        ) from error


def _apply(connection: sqlite3.Connection, path: Path, number: int, step: str) -> None:
    try:
        connection.executescript(f"BEGIN IMMEDIATE; {step}; PRAGMA user_version = {number}; COMMIT")
    except sqlite3.OperationalError as error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise AppError(
            "chat.migration_failed",
            f"The conversations in {path} could not be updated for this version of the app.",
            "Free some disk space and start the app again; nothing has been lost.",
            detail=f"step {number}: {error}",
        ) from error
