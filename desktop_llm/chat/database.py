"""One SQLite file and the one thread that writes it.

Durability: WAL with synchronous=NORMAL, and our own fsync of the log 20 ms behind a commit, on a
thread of its own. A killed app loses no commit, since what it wrote is in the kernel's hands.
NORMAL alone would leave the last commits to a power cut until the next checkpoint, minutes later;
FULL would have every question wait for the disk (3 ms on a plain SSD) before it is sent. This way a
power cut takes some 20 ms, and nobody waits: commits made meanwhile share the next fsync, while one
right behind a commit holds the log against the next (0.33 ms a question then, 0.15 ms so).
SQLite orders the log before the file in both modes, so neither leaves a damaged file.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from desktop_llm.chat import indexes
from desktop_llm.chat.app_lock import AppLock
from desktop_llm.chat.failures import is_corrupt, may_be_an_index, told
from desktop_llm.chat.migrate import migrate, transaction
from desktop_llm.chat.reader import Reader
from desktop_llm.core.errors import AppError, sentence

T = TypeVar("T")

log = logging.getLogger(__name__)

_PRAGMAS = (
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 5000",
    "PRAGMA journal_size_limit = 16777216",
)
_SYNC_DELAY_S = 0.02
_COMPANIONS = ("", "-wal", "-shm")


class Database:
    """Opens, checks and migrates the file, then runs functions on it, one after another.

    The coroutines may be awaited on any loop of any thread; the work itself runs on the storage
    thread. All raise AppError for what SQLite and the file system raise.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problem: AppError | None = None
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="storage")
        self._syncer = ThreadPoolExecutor(1, thread_name_prefix="storage-sync")
        self._reader = Reader(path)
        self._connection: sqlite3.Connection | None = None
        self._failure: AppError | None = None
        self._lock = AppLock(path.with_name(f"{path.name}.lock"))
        self._log_file: int | None = None
        self._syncing = False
        self._closing = threading.Event()

    async def open(self, tidy: Callable[[sqlite3.Connection], T]) -> T | None:
        """Make the file ready. A damaged one is set aside whole, and `problem` says so.

        `tidy` is run as one transaction, its result returned, if no other running app has the file
        open; none can open it meanwhile.
        Raises AppError ``chat.store_newer``, ``chat.migration_failed``, or one of `failures`;
        every later call raises the same, unless `tidy` was what failed.
        """
        return await self._submit(lambda: self._open(tidy))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """The result of `work`; cancelling a read that has not begun drops it."""
        return await self._submit(lambda: self._guarded(work))

    async def read_long(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Like `read`, beside other work rather than in turn with it, where the disk allows WAL."""
        if self._log_file is None:
            return await self.read(work)
        try:
            return await self._reader.read(work)
        except sqlite3.Error as error:
            log.info("Reading again on the storage thread, which may write: %s", error)
            return await self.read(work)

    async def write(
        self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None
    ) -> T:
        """Run `work` as one transaction, written when this returns, synced soon after.

        A write once asked for is done even when the task that awaits it is cancelled. `then` gets
        the result on the storage thread, after the commit.
        """

        return await asyncio.shield(self._submit(lambda: self._commit(work, then)))

    async def close(self) -> None:
        """Finish what was asked for, then let go of the file and the thread. May be repeated."""
        try:
            await self._submit(self._close)
        except AppError:
            return
        self._executor.shutdown(wait=True)

    def _submit(self, work: Callable[[], T]) -> asyncio.Future[T]:
        try:
            running: Future[T] = self._executor.submit(work)
        except RuntimeError as error:
            raise AppError(
                "chat.store_closed", sentence("The conversations are already closed.")
            ) from error
        return asyncio.wrap_future(running)

    def _guarded(self, work: Callable[[sqlite3.Connection], T]) -> T:
        if self._failure is not None:
            raise self._failure
        if self._connection is None:
            raise AppError("chat.store_closed", sentence("The conversations are not open yet."))
        try:
            return _with_whole_indexes(self._connection, work)
        except sqlite3.Error as error:
            raise told(error, self.path) from error

    def _commit(
        self, work: Callable[[sqlite3.Connection], T], then: Callable[[T], None] | None = None
    ) -> T:
        def committed(connection: sqlite3.Connection) -> T:
            with transaction(connection):
                result = work(connection)
            self._sync_soon()
            if then is not None:
                then(result)
            return result

        return self._guarded(committed)

    def _open(self, tidy: Callable[[sqlite3.Connection], T]) -> T | None:
        try:
            self._make_ready()
            return self._commit(tidy) if self._lock.is_exclusive else None
        finally:
            self._share()

    def _share(self) -> None:
        try:
            self._lock.share()
        except AppError as error:
            self._failure = error
            raise

    def _make_ready(self) -> None:
        try:
            self._prepare_folder()
            self._connection = self._connect_or_begin_anew()
            self._log_file = _open_log(self._connection, self.path)
        except AppError as error:
            self._failure = error
            raise
        except sqlite3.Error as error:
            self._failure = told(error, self.path)
            raise self._failure from error
        except OSError as error:
            self._failure = AppError(
                "chat.read_only",
                sentence(
                    "The conversations cannot be kept in {file}: {reason}.",
                    file=self.path,
                    reason=error.strerror,
                ),
                sentence(
                    "Check the permissions of the folder and the space on its disk, "
                    "then start the app again."
                ),
                detail=str(error),
            )
            raise self._failure from error

    def _prepare_folder(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock.acquire()
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def _connect_or_begin_anew(self) -> sqlite3.Connection:
        try:
            return _connect(self.path)
        except sqlite3.DatabaseError as error:
            if not is_corrupt(error) or not self._lock.is_exclusive:
                raise
            self._set_aside(error)
            return _connect(self.path)

    def _set_aside(self, cause: sqlite3.Error) -> None:
        broken = self.path.with_name(f"{self.path.name}.broken-{time.strftime('%Y%m%d-%H%M%S')}")
        for ending in _COMPANIONS:
            part = self.path.with_name(self.path.name + ending)
            if part.exists():
                part.replace(broken.with_name(broken.name + ending))
        self.problem = AppError(
            "chat.store_corrupt",
            sentence(
                "The conversations in {file} were damaged and could not be read, "
                "so a new, empty file was begun.",
                file=self.path,
            ),
            sentence("The damaged file is kept whole as {file}.", file=broken),
            detail=str(cause),
        )

    def _close(self) -> None:
        self._reader.close()
        self._closing.set()
        self._syncer.shutdown(wait=True)
        self._sync()
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        if self._log_file is not None:
            os.close(self._log_file)
            self._log_file = None
        self._lock.release()

    def _sync_soon(self) -> None:
        if self._log_file is not None and not self._syncing:
            self._syncing = True
            self._syncer.submit(self._sync_later)

    def _sync_later(self) -> None:
        self._closing.wait(_SYNC_DELAY_S)
        self._sync()

    def _sync(self) -> None:
        self._syncing = False  # first: what is committed from here on needs another one
        if self._log_file is not None:
            try:
                os.fsync(self._log_file)
            except OSError:
                log.exception("The conversations' log could not be synced to the disk.")


def _connect(path: Path) -> sqlite3.Connection:
    """A checked connection at the latest version; sqlite3.DatabaseError for a damaged file."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.execute("PRAGMA journal_mode = WAL")
        _check(connection)
        migrate(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _open_log(connection: sqlite3.Connection, path: Path) -> int | None:
    """The write-ahead log's file, for syncing it; None, and FULL, where the disk allows no WAL."""
    (mode,) = connection.execute("PRAGMA journal_mode").fetchone()
    if mode == "wal":
        return os.open(path.with_name(f"{path.name}-wal"), os.O_RDWR | os.O_CREAT, 0o600)
    connection.execute("PRAGMA synchronous = FULL")
    return None


def _check(connection: sqlite3.Connection) -> None:
    """Read every page once, about 1 ms a MiB: better to learn of damage before writing more.

    Newer SQLites also check the full-text indexes, so those are made anew before the file is given
    up; where that does not help, it stays as it was.
    """
    damage = _damage(connection)
    if damage is None:
        return
    try:
        with transaction(connection):
            indexes.rebuild(connection)
            if (more := _damage(connection)) is not None:
                raise more
    except sqlite3.Error as error:
        raise damage if may_be_an_index(error) else error from None
    log.warning("The search indexes were damaged and were made anew: %s", damage)


def _damage(connection: sqlite3.Connection) -> sqlite3.Error | None:
    try:
        verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        if may_be_an_index(error):
            return error
        raise
    if verdict == "ok":
        return None
    damage = sqlite3.DatabaseError(verdict)
    damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
    return damage


def _with_whole_indexes(
    connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]
) -> T:
    """The result of `work`, done again if damaged full-text indexes were why it failed.

    A look at the indexes takes too long for every start, so it waits for a failure.
    """
    try:
        return work(connection)
    except sqlite3.Error as error:
        if not may_be_an_index(error):
            raise
        damaged = indexes.damaged(connection)
        if not damaged:
            raise
        log.warning("Making %s anew, as it was damaged: %s", ", ".join(damaged), error)
    with transaction(connection):
        indexes.rebuild(connection, damaged)
    return work(connection)
