"""What can go wrong with a chat, told in sentences."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from desktop_llm.core.errors import AppError, Sentence, in_a_row, sentence

NOT_FOUND = "chat.not_found"
_GONE = {
    "conversation": sentence("That conversation is no longer there."),
    "message": sentence("That message is no longer there."),
}


def is_corrupt(error: sqlite3.Error) -> bool:
    """Whether SQLite says the file itself is damaged, or no database at all."""
    return _primary(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def may_be_an_index(error: sqlite3.Error) -> bool:
    """Whether no more than a damaged full-text index may be behind it; FTS5 uses all of these."""
    return _primary(error) in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_CONSTRAINT,
        sqlite3.SQLITE_ERROR,
    )


def told(error: sqlite3.Error, path: Path) -> AppError:
    """The AppError for what SQLite raised while working on the file at `path`."""
    code, message, hint = _sentences(error, path)
    return AppError(code, message, hint, detail=f"{type(error).__name__}: {error}")


def not_found(what: str) -> AppError:
    """`what` is conversation or message: it was deleted meanwhile, or never was."""
    return AppError(NOT_FOUND, _GONE[what], sentence("Choose another one."))


def busy() -> AppError:
    return AppError(
        "chat.busy",
        sentence("This conversation is still answering."),
        sentence("Wait for the answer or stop it first."),
    )


def empty() -> AppError:
    return AppError(
        "chat.empty", sentence("There is nothing to send."), sentence("Type a question first.")
    )


def closing() -> AppError:
    return AppError("chat.closing", sentence("The app is closing, so nothing was sent."))


def _primary(error: sqlite3.Error) -> int:
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _sentences(error: sqlite3.Error, path: Path) -> tuple[str, Sentence, Sentence]:
    retried = sentence(
        "Answers on screen are kept and saved again by themselves as soon as it works."
    )
    match _primary(error):
        case sqlite3.SQLITE_FULL:
            return (
                "chat.disk_full",
                sentence(
                    "The disk is full, so the conversations in {path} cannot be saved.", path=path
                ),
                in_a_row(sentence("Free some disk space."), retried),
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_PERM:
            return (
                "chat.read_only",
                sentence("The conversations in {path} cannot be written.", path=path),
                in_a_row(sentence("Check the permissions of the file and its folder."), retried),
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return (
                "chat.store_locked",
                sentence("Another program holds the conversations in {path}.", path=path),
                in_a_row(sentence("Close the other program."), retried),
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return (
                "chat.store_corrupt",
                sentence("The conversations in {path} are damaged.", path=path),
                sentence(
                    "Start the app again: it keeps the damaged file aside and begins a new one."
                ),
            )
        case sqlite3.SQLITE_IOERR:
            return (
                "chat.disk_failed",
                sentence("The disk reported an error while working on {path}.", path=path),
                in_a_row(sentence("Check the disk and its free space."), retried),
            )
        case _:
            return (
                "chat.store_failed",
                sentence("The conversations in {path} could not be read or saved.", path=path),
                sentence("Start the app again; if it stays so, report it with the details."),
            )
