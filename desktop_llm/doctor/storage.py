"""Whether the app's folders and files can be used, and are whole."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shlex
import sqlite3
import stat
import tempfile
from contextlib import closing
from pathlib import Path

from desktop_llm.config.settings import Settings
from desktop_llm.doctor.findings import Finding, Surroundings, failed, noted, passed

_ELSEWHERE = "DESKTOP_LLM_HOME can name a folder elsewhere for all of the app's files."


def folders(surroundings: Surroundings) -> Finding:
    """Every folder of ours can be written to, and its files can be locked."""
    paths = surroundings.paths
    for folder in (paths.config, paths.data, paths.cache, paths.logs):
        try:
            _try_writing(folder)
        except OSError as error:
            return failed(f"{folder} cannot be used: {error.strerror}.", _remedy(folder, error))
    return passed("The folders for settings, data, cache and logs can be written.")


def data_is_private(surroundings: Surroundings) -> Finding:
    """Conversations are nobody else's business."""
    data = surroundings.paths.data
    try:
        mode = stat.S_IMODE(data.stat().st_mode)
    except FileNotFoundError:
        return passed("No conversations are stored yet.")
    except OSError as error:
        return failed(f"{data} cannot be looked at: {error.strerror}.", "Check who owns it.")
    if mode & 0o077:
        return noted(
            f"Other users of this computer can look into {data} (mode {mode:o}).",
            f"Close it: chmod 700 {shlex.quote(str(data))}",
        )
    return passed("Only you can read the stored conversations.")


def database(surroundings: Surroundings) -> Finding:
    """The conversations' file is whole, and SQLite can search it."""
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5(text)")
    except sqlite3.Error:
        return failed(
            "This Python's SQLite has no full-text search (FTS5), which conversations need.",
            "Use your distribution's Python or one from python.org.",
        )
    path = surroundings.paths.conversations
    if not path.exists():
        return passed("No conversations are stored yet.")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as opened:
            (verdict,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
    except sqlite3.Error as error:
        verdict = str(error)
    if verdict != "ok":
        return failed(
            f"The conversations in {path} are damaged: {verdict}.",
            "Start the app: it sets the damaged file aside whole and begins a new one. Restore "
            "your backup over it if you have one.",
        )
    return passed("The stored conversations are whole.")


def settings(surroundings: Surroundings) -> Finding:
    """The settings can be read."""
    path = surroundings.paths.settings
    try:
        Settings.model_validate(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return passed("No settings are saved; the defaults are used.")
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        return failed(
            f"The settings in {path} cannot be read: {reason}.",
            "Correct the file or remove it; the defaults are used meanwhile.",
        )
    return passed("The settings are readable.")


def _try_writing(folder: Path) -> None:
    """Write and lock a file where `folder` is or would be. Raises OSError."""
    with tempfile.TemporaryFile(dir=_existing(folder)) as stream:
        stream.write(b"probe")
        stream.flush()
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _remedy(folder: Path, error: OSError) -> str:
    """What to do about `error`; a command names `folder` itself, never a folder above it."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space on its disk."
    if error.errno == errno.EROFS:
        return f"Its disk is mounted read-only. {_ELSEWHERE}"
    if error.errno in (errno.ENOLCK, errno.EOPNOTSUPP):
        return f"Its file system cannot lock files. {_ELSEWHERE}"
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return "A file is in the place of that folder or of one above it: move the file away."
    if error.errno in (errno.EACCES, errno.EPERM):
        name = shlex.quote(str(folder))
        if os.path.isdir(folder):  # noqa: PTH112  pathlib's raises where a parent is closed to us
            return f'Make it yours: sudo chown -R "$USER" {name} && chmod -R u+rwX {name}'
        return f'Make it: sudo install -d -o "$USER" -m 700 {name}'
    return f"Check that folder and its disk. {_ELSEWHERE}"


def _existing(folder: Path) -> Path:
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder
