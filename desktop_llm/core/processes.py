"""Processes: whether one still runs, and children that end with the process that started them.

The tie is PR_SET_PDEATHSIG, not a thread that polls: the kernel delivers it even while the child
is inside an import or a kernel call that holds the GIL. It fires when the *thread* that started the
child ends, so children are started only from a thread that lives as long as they may.

Run as a file, this module ties its process and then becomes the command it was given: the tie
outlives an `execve`, and nothing of Python runs between the fork and it, as a `preexec_fn` would.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Have the kernel SIGKILL this process when its parent ends; end now if it already has.

    `parent` is the parent's number as the parent knows it. Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        os._exit(1)


def tied(command: Sequence[str]) -> list[str]:
    """What to start in place of `command` to have it end with this process."""
    return [sys.executable, "-I", "-S", os.path.abspath(__file__), str(os.getpid()), *command]  # noqa: PTH100


def runs(pid: int) -> bool:
    """Whether a thread of the process still runs. Reads one file of /proc; any thread.

    A process shows as a zombie (proc(5)) once its first thread has ended. While others are left,
    as when one is stuck in a driver, it holds all that it held, its VRAM too, and counts as
    running. One without any, that only waits for its parent or init to reap it, does not: it holds
    nothing, and how soon it is reaped is not ours to say.
    """
    try:
        # pathlib would more than double the start of this module as a program.
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123
            state, *fields = file.read().rpartition(b")")[2].split()
    except (OSError, ValueError):
        return False
    threads = int(fields[16])
    return state not in (b"Z", b"X") or threads > 1


if __name__ == "__main__":
    die_with_parent(int(sys.argv[1]))
    os.execvp(sys.argv[2], sys.argv[2:])
