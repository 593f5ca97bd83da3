"""A job's child process: started, heard, and ended with all that it started itself."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import select
import signal
import subprocess
import sysconfig
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

from desktop_llm.core.processes import tied
from desktop_llm.core.units import KIB, MIB
from desktop_llm.quantize.failures import died, from_child, not_started, other_version
from desktop_llm.quantize.job_log import JobLog
from desktop_llm.quantize.process_tree import MARK_VARIABLE, ProcessTree
from desktop_llm.quantize.protocol import (
    DESCRIPTOR_VARIABLE,
    VERSION,
    Failure,
    Hello,
    Message,
    Result,
    decode,
)
from desktop_llm.quantize.waiting import whole

log = logging.getLogger(__name__)

_ASKED_S = 1.0  # to end by itself when asked to
_KILLED_S = 0.8  # for the kernel to end what is killed
_LAST_WORDS_S = 5.0  # to leave after a result or a failure was told
_LONGEST_LINE = 8 * MIB
_LEFT_BEHIND = 16 * MIB  # read at most from what others may still write into, when it has ended


async def converse(
    command: Sequence[str],
    log: JobLog,
    heard: Callable[[Message], None],
    mark: str,
) -> dict[str, Any]:
    """Run a child to its end; returns what its Result holds. On the loop that calls it.

    `mark` is the job's: all that the child starts has it too, and is found by it.
    `heard` gets every message but the last. Whatever happens, cancelling too, nothing of the child
    is left when this returns, which then takes 2 s at most. Raises AppError: what the child told,
    or how it died.
    """
    child = Child(command, log, mark)
    try:
        await child.start()
        last = await _listen(child, heard)
        if isinstance(last, Result):
            return last.values
        if isinstance(last, Failure):
            raise from_child(last, log.tail())
        raise died(await child.status(), log.tail())
    finally:
        await whole(child.end())


async def _listen(child: Child, heard: Callable[[Message], None]) -> Result | Failure | None:
    async with contextlib.aclosing(child.messages()) as messages:
        async for message in messages:
            if isinstance(message, Hello) and message.version != VERSION:
                raise other_version(message.version)
            if isinstance(message, Result | Failure):
                with contextlib.suppress(TimeoutError):  # it has said all: let it hang
                    await asyncio.wait_for(child.status(), _LAST_WORDS_S)
                return message
            heard(message)
    return None


class Child:
    """One process that speaks `protocol`, in a process group of its own.

    Used on one asyncio loop. It has a thread, which starts it (the process ends with that thread:
    `core.processes`), writes what it prints to the log, and lives until it has ended.
    """

    def __init__(self, command: Sequence[str], log: JobLog, mark: str) -> None:
        self._command = command
        self._log = log
        self._mark = mark
        self._loop = asyncio.get_running_loop()
        self._started: asyncio.Future[int] = self._loop.create_future()
        self._status: asyncio.Future[int] = self._loop.create_future()
        self._gone = threading.Event()
        self._pid = 0
        self._pidfd = -1
        self._messages = -1

    async def start(self) -> None:
        """Raises AppError ``quantize.not_started``."""
        try:
            reading, writing = os.pipe()
            os.set_blocking(reading, False)
            self._messages = reading
            self._begin(writing)
            await asyncio.shield(self._started)
        except OSError as error:
            raise not_started(error) from error

    async def status(self) -> int:
        """Its exit code, or minus the signal that killed it, when it has ended."""
        return await asyncio.shield(self._status)

    async def messages(self) -> AsyncGenerator[Message]:
        """What it says until it has ended; what is no message is passed over.

        A child waits while nobody asks for more.
        """
        pending, too_long = b"", False
        async with contextlib.aclosing(self._chunks()) as chunks:
            async for chunk in chunks:
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    message = None if too_long else decode(line)
                    too_long = False
                    if message is not None:
                        yield message
                if len(pending) > _LONGEST_LINE:
                    pending, too_long = b"", True

    async def end(self) -> None:
        """Ask it to end, then kill it and whatever it has started. At most 2 s; may be repeated."""
        if self._messages < 0:
            return
        with contextlib.suppress(OSError):
            await asyncio.shield(self._started)
        await asyncio.to_thread(self._end)
        os.close(self._messages)
        self._messages = -1

    async def _chunks(self) -> AsyncGenerator[bytes]:
        left = _LEFT_BEHIND
        while True:
            ended = self._status.done()
            try:
                chunk = os.read(self._messages, 64 * KIB)
            except BlockingIOError:
                if ended:
                    return
                await self._readable()
                continue
            if not chunk:  # it has closed its end; it may work on
                await self.status()
                return
            yield chunk
            left -= len(chunk) if ended else 0
            if left <= 0:
                return

    async def _readable(self) -> None:
        readable = self._loop.create_future()

        def tell() -> None:
            if not readable.done():
                readable.set_result(None)

        self._loop.add_reader(self._messages, tell)
        try:
            await asyncio.wait({readable, self._status}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._loop.remove_reader(self._messages)

    def _begin(self, writing: int) -> None:
        thread = threading.Thread(
            target=self._live, args=(writing,), name="quantize-child", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            os.close(writing)
            self._gone.set()
            refused = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
            self._started.set_exception(refused)
            raise refused from error

    def _live(self, writing: int) -> None:
        """The thread: from before the process is started until it has ended."""
        try:
            process = self._popen(writing)
        except OSError as error:
            self._gone.set()
            self._tell(self._started, error)
            return
        finally:
            os.close(writing)
        self._tell(self._started, process.pid)
        assert process.stdout is not None
        with process.stdout as output:
            os.set_blocking(output.fileno(), False)
            self._keep_output(output.fileno())
        status = process.wait()
        self._gone.set()
        self._tell(self._status, status)

    def _popen(self, writing: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            tied(self._command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            pass_fds=(writing,),
            process_group=0,
            env=_environment() | {MARK_VARIABLE: self._mark, DESCRIPTOR_VARIABLE: str(writing)},
        )
        try:
            self._pidfd = os.pidfd_open(process.pid)
        except OSError:
            process.kill()
            process.wait()
            raise
        self._pid = process.pid
        return process

    def _keep_output(self, output: int) -> None:
        """Write what it prints to the log until it has ended, whoever else may print there."""
        poll = select.poll()
        poll.register(output, select.POLLIN)
        poll.register(self._pidfd, select.POLLIN)
        ended, left = False, _LEFT_BEHIND
        while not ended and left > 0:
            ended = self._pidfd in {descriptor for descriptor, _ in poll.poll()}
            with contextlib.suppress(BlockingIOError):
                while chunk := os.read(output, 64 * KIB):
                    self._log.write(chunk)
                    left -= len(chunk) if ended else 0
                    if left <= 0:
                        return
                    if not ended:
                        break
                else:
                    poll.unregister(output)
                    poll.poll()
                    return

    def _end(self) -> None:
        """Blocks for at most 2 s."""
        if self._pidfd < 0:
            return
        tree = ProcessTree(self._mark, group=self._pid)
        tree.look()  # what it has started may leave its group once it is gone
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGTERM)
        self._gone.wait(_ASKED_S)
        if not tree.kill(_KILLED_S):
            log.error("a process of %s cannot be killed", self._command)
        elif self._gone.wait(_KILLED_S):
            os.close(self._pidfd)
            self._pidfd = -1

    def _tell(self, future: asyncio.Future[int], result: int | OSError) -> None:
        def tell() -> None:
            if future.done():
                return
            if isinstance(result, OSError):
                future.set_exception(result)
            else:
                future.set_result(result)

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            self._loop.call_soon_threadsafe(tell)


def _environment() -> dict[str, str]:
    """Ours, for local work, with this package found where it was found here."""
    variables = dict(os.environ)
    variables |= {"HF_HUB_OFFLINE": "1", "PYTHONUNBUFFERED": "1", "PYTHONFAULTHANDLER": "1"}
    root = str(Path(__file__).resolve().parents[2])
    if root != sysconfig.get_path("purelib"):  # found by itself, after the standard library
        path = variables.get("PYTHONPATH")
        variables["PYTHONPATH"] = f"{root}{os.pathsep}{path}" if path else root
    return variables
