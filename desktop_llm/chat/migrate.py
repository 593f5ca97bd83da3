"""Brings a conversations file to this app's version, by numbered steps."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib import resources
from pathlib import Path

from desktop_llm.core.errors import AppError, sentence


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
    """Apply the missing steps in one transaction, after a whole copy of an older file.

    Another app may do so at the same time: the version counts that is read once writing is ours.
    The copy is ``<file>.v<version>.backup``. Raises AppError ``chat.store_newer`` for a file from
    a newer app, ``chat.migration_failed`` where the copy or a step fails (the file then stays as
    it was), sqlite3.DatabaseError for a damaged file.
    """
    if version_of(connection) == upto:
        return
    with transaction(connection):
        version = version_of(connection)
        if version > LATEST:
            raise AppError(
                "chat.store_newer",
                sentence(
                    "The conversations in {path} were written by a newer version of this app.",
                    path=path,
                ),
                sentence("Update the app to read them; they have not been touched."),
                detail=f"file version {version}, this app knows {LATEST}",
            )
        if 0 < version < upto:
            _back_up(path, path.with_name(f"{path.name}.v{version}.backup"))
        for number in range(version + 1, upto + 1):
            _apply(connection, path, number)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Write from here on, all or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _back_up(path: Path, backup: Path) -> None:
    """Copy through SQLite, so that what still sits in the write-ahead log is in the copy too.

    A connection that is writing cannot be copied from, so another one reads.
    """
    temporary = backup.with_name(f"{backup.name}.part")
    try:
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(temporary)) as copy:
            source.backup(copy)
        temporary.chmod(0o600)
        temporary.replace(backup)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise AppError(
            "chat.migration_failed",
            sentence(
                "The conversations in {path} could not be copied before updating them.", path=path
            ),
            sentence(
                "Free some disk space or check the folder's permissions, then start the app again; "
                "nothing has been changed."
            ),
            detail=str(error),
        ) from error


def _apply(connection: sqlite3.Connection, path: Path, number: int) -> None:
    try:
        for statement in _statements(STEPS[number - 1]):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
    except sqlite3.OperationalError as error:
        raise AppError(
            "chat.migration_failed",
            sentence(
                "The conversations in {path} could not be updated for this version of the app.",
                path=path,
            ),
            sentence("Free some disk space and start the app again; nothing has been lost."),
            detail=f"step {number}: {error}",
        ) from error


def _statements(step: str) -> Iterator[str]:
    """`executescript` would commit what is under way. A statement ends at the end of a line."""
    statement = ""
    for line in step.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
