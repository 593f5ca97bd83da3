"""The engine's child processes: how they are started, heard and ended."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import multiprocessing
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import psutil

from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.processes import runs
from desktop_llm.engine.child import launch
from desktop_llm.engine.child.report import REPORTS_VARIABLE, Hello, Report, decode
from desktop_llm.engine.raw_log import new_log
from desktop_llm.engine.scratch import SEGMENT, Scratch

_EXEC_SECONDS = 0.2  # far more than an `execve` takes, where a core is to be had


class Children:
    """The processes of one load, from before its first is started until the last is gone.

    `open` and `close` belong to the engine loop; the others may run on any thread. `on_report` and
    `on_end` are called on the engine loop, `on_end` when a lasting process has ended, with the
    signal that killed it (0 if unknown); not where it left by itself without a word.
    """

    def __init__(
        self,
        runtime: Path,
        logs: Path,
        on_report: Callable[[Report], None],
        on_end: Callable[[int], None] = lambda _: None,
    ) -> None:
        with _told(logs):
            self.log = new_log(logs)
        with _told(runtime):
            self._scratch = Scratch(runtime)
        self._variables: dict[str, str] = {}
        self._on_report = on_report
        self._on_end = on_end
        self._known: dict[int, psutil.Process] = {}
        self._lasting: set[int] = set()
        self._segments: set[str] = set()
        self._descriptor = -1
        self._ends: dict[int, int] = {}  # by the pidfd that tells it
        self._pending = b""

    def open(self) -> None:
        """Listen for reports and have `multiprocessing` start its children our way.

        Raises AppError ``engine.no_runtime_folder``.
        """
        fifo = self._scratch.path / "reports"
        with _told(self._scratch.path):
            os.mkfifo(fifo, 0o600)
            executable = _write_executable(self._scratch.path / "python")
        # Read and write: a pipe with no writer left would otherwise report its end for ever.
        self._descriptor = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)
        asyncio.get_running_loop().add_reader(self._descriptor, self._read)
        self._variables = self._scratch.variables() | {
            REPORTS_VARIABLE: str(fifo),
            launch.EXECUTABLE_VARIABLE: str(executable),
            launch.LOG_VARIABLE: str(self.log),
            launch.PARENT_VARIABLE: str(os.getpid()),
        }
        os.environ.update(self._variables)
        multiprocessing.set_executable(str(executable))

    def close(self) -> None:
        """Stop listening and remove what `open` made. The log stays."""
        for pidfd in list(self._ends):
            self._no_longer_await_end(pidfd)
        if self._descriptor >= 0:
            self._read()
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
        for variable in self._variables:
            os.environ.pop(variable, None)
        self._variables = {}
        multiprocessing.set_executable(sys.executable)
        self._scratch.remove()

    def note_shared_memory(self) -> None:
        """Remember what these processes share, for `end`; or for the next app, if this is killed.

        Once they are gone, nobody could tell it from another program's.
        """
        self._look()
        self._segments |= set().union(*map(_shared_memory, list(self._known)))
        with contextlib.suppress(OSError):  # a few KiB are no reason to fail a load
            self._scratch.note_shared_memory(self._segments)

    def kill(self) -> None:
        """SIGKILL every process of this load that is known or found by now."""
        self._look()
        # A copy: `end` runs on a thread, and a child may say hello meanwhile.
        processes = list(self._known.values())
        for process in processes:
            self._segments |= _shared_memory(process.pid)
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def end(self, seconds: float) -> list[int]:
        """SIGKILL all and wait until they are gone, for at most `seconds`; pids that remain.

        Those are processes stuck in the kernel, as on a GPU that fell off the bus. Killing is
        enough: answers have been aborted by then, and the kernel frees what a process held,
        its VRAM too, where an orderly end was seen to take vLLM seconds.
        """
        deadline = time.monotonic() + seconds
        self.kill()
        while (stuck := self.alive()) and time.monotonic() < deadline:
            time.sleep(0.01)
            self.kill()
        for segment in self._segments:
            with contextlib.suppress(OSError):
                Path(segment).unlink(missing_ok=True)
        multiprocessing.active_children()  # reaps those that ended a moment ago
        _forget_resource_tracker(set(self._known))
        return stuck

    def alive(self) -> list[int]:
        """Pids of this load's processes that still run."""
        self._look()
        return [pid for pid, process in list(self._known.items()) if _runs(process)]

    def lasting(self) -> list[int]:
        """Pids of those that must live as long as the engine: EngineCore and its workers.

        What they start beside themselves, as torch does to compile, may end when it is done.
        """
        return [pid for pid in self.alive() if pid in self._lasting]

    def _look(self) -> None:
        """Find children that have not said hello yet, and children of children."""
        children = [child.pid for child in multiprocessing.active_children()]
        for pid in (*children, getattr(_resource_tracker(), "_pid", None)):
            if pid is not None and self._is_ours(pid):
                self._know(pid)
        for process in list(self._known.values()):
            with contextlib.suppress(psutil.NoSuchProcess):
                for descendant in process.children(recursive=True):
                    self._know(descendant.pid)

    def _is_ours(self, pid: int) -> bool:
        """Whether this child of the app was started for this load: it has the load's variables."""
        fifo = self._variables.get(REPORTS_VARIABLE)
        if fifo is None or pid in self._known:
            return False
        return _environment(pid).get(REPORTS_VARIABLE) == fifo

    def _know(self, pid: int) -> None:
        if pid not in self._known:
            with contextlib.suppress(psutil.NoSuchProcess):
                self._known[pid] = psutil.Process(pid)

    def _read(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while chunk := os.read(self._descriptor, 65536):
                self._pending += chunk
        *lines, self._pending = self._pending.split(b"\n")
        for line in lines:
            report = decode(line)
            if isinstance(report, Hello):
                self._know(report.pid)
                if report.lasting:
                    self._lasting.add(report.pid)
                    self._await_end(report.pid)
            if report is not None:
                self._on_report(report)

    def _await_end(self, pid: int) -> None:
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            self._on_end(0)
            return
        self._ends[pidfd] = pid
        asyncio.get_running_loop().add_reader(pidfd, self._ended, pidfd)

    def _no_longer_await_end(self, pidfd: int) -> int:
        asyncio.get_running_loop().remove_reader(pidfd)
        os.close(pidfd)
        return self._ends.pop(pidfd)

    def _ended(self, pidfd: int) -> None:
        end = _end_of(self._no_longer_await_end(pidfd))
        self._read()  # what it said before comes first
        if end is not None:
            self._on_end(end)


def _end_of(pid: int) -> int | None:
    """The signal that ended a process: 0 if unknown, None if it left by itself.

    Its parent alone is told, but until it has asked, all of the same user can read it (proc(5)).
    """
    try:
        status = int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").split()[-1])
    except (OSError, ValueError):
        return 0
    return status & 0x7F or None


def _environment(pid: int) -> dict[str, str]:
    """The variables a process was started with; none if it is gone.

    In the middle of an `execve` the kernel shows none yet, which was seen for one child in 25
    looked at right after its start: without a second look it would not be found, nor killed.
    """
    deadline = time.monotonic() + _EXEC_SECONDS
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        while not (variables := process.environ()) and _runs(process):
            if time.monotonic() >= deadline:
                break
            time.sleep(0.0005)
        return variables
    return {}


def _runs(process: psutil.Process) -> bool:
    """Whether it does, and its number has not become another's."""
    return process.is_running() and runs(process.pid)


def _shared_memory(pid: int) -> set[str]:
    """The shared memory this process uses, as vLLM's message queues do.

    It would outlive the processes: `multiprocessing`'s resource tracker, which removes what is
    left, is killed with them.
    """
    try:
        return set(SEGMENT.findall(Path(f"/proc/{pid}/maps").read_text("utf-8", "replace")))
    except OSError:
        return set()


@contextlib.contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Tell what the file system refuses in `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.EPERM, errno.ENOEXEC, errno.ENOTSUP):
            what = sentence(
                "The engine cannot work in {folder}: its file system has no pipes or programs.",
                folder=folder,
            )
            hint = sentence(
                "It may be a FAT drive or mounted noexec. Set XDG_CACHE_HOME to a folder on a disk "
                "of Linux's own, such as ext4, and start the app again."
            )
        else:
            what = sentence(
                "The engine cannot write to {folder}: {reason}.",
                folder=folder,
                reason=error.strerror,
            )
            hint = sentence(
                "Free some disk space or check the folder's permissions, then load again."
            )
        raise AppError(
            "engine.no_runtime_folder", what, hint, detail=str(error), fix=Fix.RELOAD_MODEL
        ) from error


def _write_executable(path: Path) -> Path:
    """A command that takes Python's place for `multiprocessing` and runs `child.launch` instead."""
    command = shlex.join([sys.executable, "-P", str(Path(launch.__file__).resolve())])
    path.write_text(f'#!/bin/sh\nexec {command} "$@"\n', "utf-8")
    path.chmod(0o700)
    if not os.access(path, os.X_OK):
        raise OSError(errno.ENOEXEC, "Programs may not be run from there", str(path))
    return path


def _resource_tracker() -> Any:
    """The helper that `multiprocessing` starts beside its first child; there is no public way."""
    return getattr(resource_tracker, "_resource_tracker", None)


def _forget_resource_tracker(ended: set[int]) -> None:
    """Have it started anew at need, if it was among the `ended`, which it would complain of.

    One that is older than this load serves another child of the app, and stays.
    """
    tracker = _resource_tracker()
    stop = getattr(tracker, "_stop", None)
    if stop is not None and getattr(tracker, "_pid", None) in ended:
        with contextlib.suppress(Exception):
            stop()
