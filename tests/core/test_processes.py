"""A child that is tied to its parent ends with it, whatever it has become."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable

import psutil
import pytest

from desktop_llm.core import processes
from desktop_llm.core.processes import runs, tied

pytestmark = pytest.mark.timeout(60)

PARENT = """
import subprocess, sys
from desktop_llm.core.processes import tied
child = subprocess.Popen(tied(["/bin/sh", "-c", "echo ready; trap '' TERM; sleep 60"]),
                         stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
input()
"""


SYS_EXIT = {"x86_64": 60, "aarch64": 93}
# Its first thread ends alone (SYS_exit), as one may whose process has been killed; another stays.
HEADLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
print("ready", flush=True)
ctypes.CDLL(None).syscall({exit}, 0)
"""


def wait_until(moment: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not moment() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert moment()


def test_that_a_tied_command_runs_as_it_was_given() -> None:
    done = subprocess.run(
        tied([sys.executable, "-c", "import sys; print(sys.argv[1:])", "a b", "--c"]),
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "['a b', '--c']\n")


def test_that_the_tie_outlives_the_program_that_made_it() -> None:
    command = [sys.executable, "-c", PARENT]
    parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert runs(child)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not runs(child))


def test_that_a_child_whose_parent_is_gone_already_does_not_begin() -> None:
    file = processes.__file__
    another = str(os.getpid() + 1)  # as a parent that ended before is not this one
    done = subprocess.run(
        [sys.executable, "-I", "-S", file, another, "echo", "began"], capture_output=True
    )
    assert (done.returncode, done.stdout) == (1, b"")


def test_that_a_child_ends_with_the_thread_that_started_it() -> None:
    """Which is why the starting thread has to live as long."""
    started: list[subprocess.Popen[bytes]] = []
    may_end = threading.Event()

    def start() -> None:
        process = subprocess.Popen(
            tied(["/bin/sh", "-c", "echo ready; sleep 60"]), stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        started.append(process)
        may_end.wait(10)

    thread = threading.Thread(target=start)
    thread.start()
    wait_until(lambda: bool(started))
    assert started[0].poll() is None
    may_end.set()
    thread.join()
    assert started[0].wait(5) == -9


@pytest.mark.skipif(os.uname().machine not in SYS_EXIT, reason="the number of SYS_exit")
def test_that_a_process_runs_until_its_last_thread_has_ended() -> None:
    """Though the kernel calls it a zombie: its memory, and its VRAM, are not free yet."""
    code = HEADLESS.format(exit=SYS_EXIT[os.uname().machine])
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert runs(process.pid)
        process.kill()
        wait_until(lambda: not runs(process.pid))
        assert psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE  # it was not reaped


def test_that_a_process_that_is_gone_does_not_run() -> None:
    assert runs(os.getpid())
    done = subprocess.Popen(["true"])
    done.wait()
    assert not runs(done.pid)
