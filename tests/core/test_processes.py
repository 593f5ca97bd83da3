"""A child that is tied to its parent ends with it, whatever it has become."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_llm.core import processes
from desktop_llm.core.processes import tied

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


def runs(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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
