"""How child processes are started, heard and ended, on real ones without vLLM in them."""

from __future__ import annotations

import asyncio
import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from desktop_llm.core.errors import AppError
from desktop_llm.core.processes import runs
from desktop_llm.engine.child import launch
from desktop_llm.engine.child.report import (
    FailureReport,
    Hello,
    MemoryReport,
    Report,
    StageReport,
    decode,
    encode,
    send,
)
from desktop_llm.engine.children import Children

texts = st.text(max_size=6000)
reports = st.one_of(
    st.builds(Hello, st.integers(0, 2**31)),
    st.builds(MemoryReport, st.integers(0, 2**31), *[st.none() | st.integers(0, 2**50)] * 5),
    st.builds(StageReport, texts.map(lambda t: t[:40]), st.none() | st.floats(0, 1)),
    st.builds(FailureReport, texts.map(lambda t: t[:40]), texts.map(lambda t: t[:80]), texts),
)


@given(reports)
@example(FailureReport("weights", "builtins.ValueError", "模" * 2000))
@example(FailureReport("weights", "builtins.ValueError", "🙂" * 100_000))
def test_that_reports_survive_their_line_and_fit_in_one_write(report: Report) -> None:
    line = encode(report)
    assert len(line) <= 4096
    assert line.count(b"\n") == 1
    if isinstance(report, FailureReport):
        back = decode(line)
        assert isinstance(back, FailureReport)
        assert back.type == report.type
        assert report.message.startswith(back.message)
        assert len(back.message) >= min(len(report.message), 200)
    else:
        assert decode(line) == report


@given(st.binary(max_size=200))
def test_that_anything_else_in_the_pipe_is_no_report(line: bytes) -> None:
    assert decode(line) is None


def talk_and_wait() -> None:
    shared = SharedMemory(create=True, size=4096)
    print(f"printed by the child: {shared.name}", flush=True)
    send(StageReport("weights", 0.5))
    grandchild = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    grandchild.start()
    subprocess.Popen(["sleep", "60"])
    time.sleep(60)


@pytest.mark.timeout(60)
async def test_that_children_are_heard_logged_and_ended_with_their_own(tmp_path: Path) -> None:
    heard: list[Report] = []
    children = Children(tmp_path / "run", tmp_path / "logs", heard.append)
    children.open()
    process = multiprocessing.get_context("spawn").Process(target=talk_and_wait)
    await asyncio.to_thread(process.start)
    # The child, its child, the resource tracker between them, and what is only a tool of theirs.
    while len(children.lasting()) < 2 or len(children.alive()) < 4:  # noqa: ASYNC110  # processes give no event
        await asyncio.sleep(0.02)
    pids = children.alive()
    helpers = {" ".join(psutil.Process(p).cmdline()) for p in set(pids) - set(children.lasting())}
    assert "sleep 60" in helpers
    assert len(helpers) == 2
    assert [report for report in heard if not isinstance(report, Hello)] == [
        StageReport("weights", 0.5)
    ]
    said, segment = children.log.read_text("utf-8").strip().split(": ")
    assert said == "printed by the child"
    assert is_shared(segment)
    assert await asyncio.to_thread(children.end, 5.0) == []
    assert not is_shared(segment)
    assert not any(map(runs, pids))
    children.close()
    assert list((tmp_path / "run").iterdir()) == []
    assert launch.EXECUTABLE_VARIABLE not in os.environ


@pytest.mark.timeout(60)
async def test_that_a_child_of_the_app_that_is_not_of_this_load_is_left_alone(
    tmp_path: Path,
) -> None:
    spawn = multiprocessing.get_context("spawn")
    before = spawn.Process(target=time.sleep, args=(60,))
    before.start()
    children = Children(tmp_path / "run", tmp_path / "logs", lambda _: None)
    children.open()
    ours = spawn.Process(target=time.sleep, args=(60,))
    await asyncio.to_thread(ours.start)
    try:
        assert before.pid not in children.alive()
        assert ours.pid in children.alive()
        assert await asyncio.to_thread(children.end, 5.0) == []
        assert before.is_alive()
        assert not ours.is_alive()
    finally:
        before.kill()
        before.join()
        children.close()
        tracker: Any = resource_tracker._resource_tracker  # of `before`
        os.kill(tracker._pid, signal.SIGKILL)
        tracker._stop()


@pytest.mark.timeout(60)
async def test_that_a_child_is_found_in_the_moment_after_its_start(tmp_path: Path) -> None:
    """The kernel shows no environment while a program takes another's place."""
    spawn = multiprocessing.get_context("spawn")
    children = Children(tmp_path / "run", tmp_path / "logs", lambda _: None)
    children.open()
    started = [spawn.Process(target=time.sleep, args=(60,)) for _ in range(50)]
    try:
        for process in started:
            process.start()
            assert process.pid in children.alive()
            children.kill()
    finally:
        assert await asyncio.to_thread(children.end, 10.0) == []
        children.close()


@pytest.mark.timeout(60)
def test_that_a_child_dies_in_the_moment_its_parent_does(tmp_path: Path) -> None:
    """Even one that holds the GIL and never runs Python again."""
    program = (
        "import ctypes, subprocess, sys;"
        f"child = subprocess.Popen([sys.executable, '-P', {launch.__file__!r}, '-c',"
        " 'import ctypes; print(1, flush=True); ctypes.PyDLL(None).sleep(60)'],"
        " stdout=subprocess.PIPE);"
        "child.stdout.readline(); print(child.pid, flush=True); input()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert runs(child)
    parent.kill()
    parent.wait()
    time.sleep(0.5)
    assert not runs(child)


KILLED_RIGHT_AFTER_STARTING_A_CHILD = """
import asyncio, multiprocessing, os, pathlib, signal, sys, time
from desktop_llm.engine.children import Children
from desktop_llm.core.processes import runs

async def main(folder):
    Children(folder / "run", folder / "logs", lambda report: None).open()
    child = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(60,))
    child.start()
    print(child.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main(pathlib.Path(sys.argv[1])))
"""


@pytest.mark.timeout(60)
def test_that_a_child_whose_parent_died_before_it_ran_any_python_ends_too(tmp_path: Path) -> None:
    command = [sys.executable, "-c", KILLED_RIGHT_AFTER_STARTING_A_CHILD, str(tmp_path)]
    parent = subprocess.run(command, stdout=subprocess.PIPE, timeout=30)
    assert parent.returncode == -signal.SIGKILL
    child = int(parent.stdout)
    deadline = time.monotonic() + 2
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs(child)


@pytest.mark.timeout(60)
def test_that_only_the_logs_of_the_last_ten_loads_are_kept(tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    made = []
    for _ in range(13):
        children = Children(tmp_path / "run", logs, lambda _: None)
        children.log.touch()
        made.append(children.log)
    assert sorted(logs.iterdir()) == sorted(made[-10:])


@pytest.mark.parametrize("name", ["run", "logs"])
def test_that_a_folder_that_cannot_be_made_is_told(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a file is in the way", "utf-8")
    with pytest.raises(AppError, match="cannot write to"):
        Children(tmp_path / "run", tmp_path / "logs", lambda _: None)


async def test_that_a_file_system_without_pipes_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "mkfifo", refuse)
    children = Children(tmp_path / "run", tmp_path / "logs", lambda _: None)
    with pytest.raises(AppError, match="FAT") as told:
        children.open()
    assert told.value.code == "engine.no_runtime_folder"
    children.close()


async def test_that_a_file_system_mounted_noexec_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # as the kernel answers there, to root too
    children = Children(tmp_path / "run", tmp_path / "logs", lambda _: None)
    with pytest.raises(AppError, match="noexec"):
        children.open()
    children.close()


def is_shared(segment: str) -> bool:
    """Whether this shared memory is still there."""
    return Path("/dev/shm", segment).exists()
