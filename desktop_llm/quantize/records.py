"""The jobs of this machine, past and present: a folder each, which outlives the app."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from desktop_llm.core.files import write_atomic
from desktop_llm.core.identifiers import new_id
from desktop_llm.quantize.failures import interrupted, not_written
from desktop_llm.quantize.placing import discard
from desktop_llm.quantize.process_tree import ProcessTree
from desktop_llm.quantize.record_format import from_json, to_json
from desktop_llm.quantize.types import Job, JobPhase

log = logging.getLogger(__name__)

_RECORD, _LOCK, _LOG = "job.json", "lock", "worker.log"
_KEPT = {_RECORD, _LOCK, _LOG, "engine"}  # the last has the logs of the engine's loads
_KILLED_S = 2.0
# Before them a job has made no partial folder.
_EARLY = (JobPhase.PREPARING, JobPhase.MEASURING_BEFORE)


class OwnRecord:
    """The record of a job that runs in this app: others see by its lock that it does.

    One thread at a time uses it. `folder` is private to the person; `tidy` removes what else
    is put there.
    """

    def __init__(self, folder: Path, lock: int) -> None:
        self.folder = folder
        self.log = folder / _LOG
        self._lock = lock

    @property
    def id(self) -> str:
        return self.folder.name

    def lock(self) -> None:
        """Say that the job runs here. Raises OSError."""
        os.write(self._lock, str(os.getpid()).encode())
        with contextlib.suppress(OSError):  # a disk without locks: see `_free_lock`
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def save(self, job: Job) -> None:
        """Raises AppError ``quantize.disk_full`` or ``quantize.not_written``."""
        path = self.folder / _RECORD
        try:
            write_atomic(path, to_json(job))
        except OSError as error:
            raise not_written(path, error) from error

    def tidy(self) -> None:
        """Remove what only the work needed, the calibration text foremost."""
        _tidy(self.folder)

    def close(self) -> None:
        """The job has ended and is saved: others may see that. May be repeated."""
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def remove(self) -> None:
        """Of a job that was not begun: nothing is left."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.close()


class JobRecords:
    """All records in `folder`. Blocks for the disk; any thread, several apps at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self) -> OwnRecord:
        """A new record, still empty. Raises AppError ``quantize.disk_full``, ``…not_written``."""
        folder = self._folder / new_id()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _alone_in(self._folder):  # or another app could sweep it away before it is locked
                folder.mkdir(mode=0o700)
                record = OwnRecord(folder, os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600))
                try:
                    record.lock()
                except OSError:
                    record.remove()
                    raise
        except OSError as error:
            raise not_written(folder, error) from error
        return record

    def read(self) -> tuple[Job, ...]:
        """All jobs, the newest first.

        Those whose app ended before them become INTERRUPTED and what they left beside their output
        is removed; those that run in another app stay as they are. Raises AppError
        ``quantize.not_written`` where the folder cannot be read.
        """
        try:
            if not self._folder.is_dir():
                return ()
            with _alone_in(self._folder):
                jobs = sorted(self._read_all(), key=lambda job: job.id, reverse=True)
        except OSError as error:
            raise not_written(self._folder, error) from error
        return tuple(jobs)

    def forget(self, job_id: str) -> None:
        """Remove a record, not what its job made. Raises AppError ``quantize.not_written``."""
        folder = self._folder / job_id
        try:
            shutil.rmtree(folder)
        except FileNotFoundError:
            return
        except OSError as error:
            raise not_written(folder, error) from error

    def _read_all(self) -> Iterator[Job]:
        ended_early = []
        outputs_at_work = set()
        for folder in self._folder.iterdir():
            lock = _free_lock(folder)
            job = _read(folder)
            if lock is None:
                if job is not None:
                    outputs_at_work.add(job.request.output)
                    yield job
                continue
            with contextlib.closing(lock):
                if job is None:
                    _remove_if_empty(folder)
                elif job.ended:
                    yield job
                else:
                    ended_early.append((folder, job))
        for folder, job in ended_early:
            if job.progress.phase not in _EARLY and job.request.output not in outputs_at_work:
                discard(job.request.output)
            yield _interrupt(folder, job)


def _read(folder: Path) -> Job | None:
    path = folder / _RECORD
    try:
        return from_json(path.read_bytes(), folder.name, folder / _LOG)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        log.warning("%s is no record of a job: %s", path, error)
        return None


def _interrupt(folder: Path, job: Job) -> Job:
    # The kernel has ended what the app started itself, but not what that had started in turn.
    ProcessTree(job.id).kill(_KILLED_S)
    progress = replace(job.progress, phase=JobPhase.INTERRUPTED, left_s=None)
    job = replace(job, progress=progress, failure=interrupted())
    _tidy(folder)
    with contextlib.suppress(OSError):  # it is the same at the next start
        write_atomic(folder / _RECORD, to_json(job))
    return job


def _tidy(folder: Path) -> None:
    with contextlib.suppress(OSError):
        for path in [path for path in folder.iterdir() if path.name not in _KEPT]:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def _remove_if_empty(folder: Path) -> None:
    """A folder whose app ended before it wrote its record."""
    if {path.name for path in folder.iterdir()} <= {_LOCK}:
        shutil.rmtree(folder, ignore_errors=True)


class _Lock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def close(self) -> None:
        os.close(self._descriptor)


def _free_lock(folder: Path) -> _Lock | None:
    """The lock of a job, held; None where a living app holds it."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError:  # no locks on this disk: the app's number has to do
        holder = os.read(descriptor, 20)
        if holder.isdigit() and psutil.pid_exists(int(holder)):
            os.close(descriptor)
            return None
    return _Lock(descriptor)


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
