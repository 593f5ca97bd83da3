"""The first code to run in each of the engine's child processes, before vLLM is imported.

`multiprocessing` starts this file in place of Python (`engine.children` tells it to), and so does
vLLM to inspect a model (`engine.inspection`), with the arguments meant for Python. It ties the
child's life to its parent's, sends its output to the load's log, opens the way back for reports,
and then runs what it was asked to run.

The tie (`core.processes`) reaches EngineCore within the millisecond in which the app ends, and its
workers after it. A parent that ended before that was set up is told by its number, which it left
in the environment.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import runpy
import sys
import tempfile
from pathlib import Path

EXECUTABLE_VARIABLE = "DESKTOP_LLM_CHILD_EXECUTABLE"
LOG_VARIABLE = "DESKTOP_LLM_CHILD_LOG"
PARENT_VARIABLE = "DESKTOP_LLM_CHILD_PARENT"
SCRATCH_VARIABLE = "DESKTOP_LLM_SCRATCH"


def send_output_to(log: str) -> None:
    """Append everything this process and its libraries print to the file `log`."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def main() -> None:
    """Prepare this process, then run the ``-c`` program or the ``-m`` module it was started for."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[3]))
    from desktop_llm.core.processes import die_with_parent

    die_with_parent(int(os.environ.get(PARENT_VARIABLE) or os.getppid()))
    os.environ[PARENT_VARIABLE] = str(os.getpid())  # for the children of this one
    # A terminal's Ctrl-C means the answer under way, never the engine. A group of its own will do:
    # were it a session, Linux (sched_autogroup) would schedule each child apart from the app, and
    # on a busy machine every token would wait in line at each hop between them.
    os.setpgid(0, 0)
    # A million objects come with vLLM and stay: at Python's own pace all of them would be walked
    # again and again while they are imported. A hundredth of the pace still bounds the garbage.
    gc.set_threshold(100_000, 10, 10)
    if log := os.environ.get(LOG_VARIABLE):
        send_output_to(log)
    if folder := os.environ.get(SCRATCH_VARIABLE):
        tempfile.tempdir = folder  # where vLLM's processes find each other, by a file
    from desktop_llm.engine.child.report import Hello, ReportHandler, send

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger().addHandler(ReportHandler())
    option = next(number for number, text in enumerate(sys.argv) if text in ("-c", "-m"))
    what, arguments = sys.argv[option + 1], sys.argv[option + 2 :]
    send(Hello(pid=os.getpid(), lasting="spawn_main" in what))
    if executable := os.environ.get(EXECUTABLE_VARIABLE):
        multiprocessing.set_executable(executable)
    sys.argv = [sys.argv[option], *arguments]
    if sys.argv[0] == "-m":
        runpy.run_module(what, run_name="__main__", alter_sys=True)
    else:
        exec(compile(what, "<multiprocessing>", "exec"), {"__name__": "__main__"})


if __name__ == "__main__":
    main()
