"""Child processes of a job: heard, logged and ended, however they behave. All are real."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.core.identifiers import new_id
from desktop_llm.quantize import child as child_module
from desktop_llm.quantize.child import converse
from desktop_llm.quantize.job_log import JobLog
from desktop_llm.quantize.protocol import Hello, Log, Message, Progress, Result, Stage
from tests.helpers.job_processes import child, marked

pytestmark = pytest.mark.timeout(60)


class Talk:
    """A child with what was heard of it."""

    def __init__(self, folder: Path, *actions: str) -> None:
        self.mark = new_id()
        self.log = JobLog(folder / "worker.log")
        self.heard: list[Message] = []
        self._actions = actions

    async def run(self) -> dict[str, object]:
        return await converse(child(*self._actions), self.log, self.heard.append, self.mark)

    async def fail(self) -> AppError:
        with pytest.raises(AppError) as failed:
            await self.run()
        return failed.value

    def stages(self) -> list[str]:
        return [message.name for message in self.heard if isinstance(message, Stage)]


async def test_that_messages_are_heard_in_order_and_output_is_logged(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "work", "talk=0", "warn=Be careful.", "measured=7")
    assert (await talk.run())["tokens_scored"] == 7
    assert isinstance(talk.heard[0], Hello)
    assert talk.stages() == ["importing", "loading", "calibrating", "quantizing", "saving",
                             "loading"]  # fmt: skip
    assert [message.done for message in talk.heard if isinstance(message, Progress)] == [1, 2, 3, 4]
    assert Log("Be careful.") in talk.heard
    assert not any(isinstance(message, Result) for message in talk.heard)
    assert talk.log.tail() == "the last that was printed\n"
    assert (tmp_path / "worker.log").stat().st_mode & 0o777 == 0o600


async def test_that_what_is_no_message_is_passed_over(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "garbage", "half", "long_line", "garbage", "measured")
    await talk.run()
    assert talk.stages() == ["in two pieces", "loading"]
    assert not any(isinstance(message, Progress) for message in talk.heard)


async def test_that_a_piece_of_a_message_at_the_end_is_none(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "piece", "leave=0")
    assert (await talk.fail()).code == "quantize.failed"
    assert talk.stages() == []


async def test_that_all_of_more_messages_than_a_pipe_holds_are_heard(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "flood", "measured")
    await talk.run()
    assert sum(isinstance(message, Progress) for message in talk.heard) == 20_000


async def test_that_a_log_keeps_its_end_and_stays_within_bounds(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "talk=12", "measured")
    await talk.run()
    assert talk.log.path.stat().st_size <= 4 * 2**20
    assert talk.log.tail().endswith("the last that was printed\n")
    assert b"left out" in talk.log.path.read_bytes()[:100]


@pytest.mark.parametrize(
    ("action", "code", "words"),
    [
        ("die=SIGKILL", "quantize.out_of_memory", "memory ran out"),
        ("die=SIGSEGV", "quantize.crashed", "SIGSEGV"),
        ("die=SIGTERM", "quantize.crashed", "SIGTERM"),
        ("leave=3", "quantize.failed", "exit code 3"),
        ("leave=0", "quantize.failed", "exit code 0"),
        ("other_version", "quantize.other_version", "another version"),
    ],
)
async def test_that_an_end_without_a_last_word_is_told(
    tmp_path: Path, action: str, code: str, words: str
) -> None:
    failure = await Talk(tmp_path, "talk=0", action, "sleep=5").fail()
    assert failure.code == code
    assert words in failure.message
    assert failure.hint
    if code != "quantize.other_version":
        assert "the last that was printed" in failure.detail


async def test_that_the_last_word_of_a_child_is_its_failure(tmp_path: Path) -> None:
    failure = await Talk(tmp_path, "fail=quantize.unsupported", "leave=1").fail()
    assert (failure.code, failure.message) == ("quantize.unsupported", "The model is odd.")
    assert (failure.hint, failure.detail) == ("Take another.", "Traceback")


async def test_that_a_command_that_is_not_there_is_told(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "log")
    with pytest.raises(AppError, match="exit code 1") as failed:
        await converse(["/no/such/program"], log, lambda _: None, new_id())
    assert "FileNotFoundError" in failed.value.detail


async def test_that_nothing_that_a_child_started_outlives_it(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "start_others", "measured")
    began = time.monotonic()
    await talk.run()
    assert time.monotonic() - began < 3
    assert marked(talk.mark) == []


async def test_that_a_child_that_hangs_after_its_result_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(child_module, "_LAST_WORDS_S", 0.2)
    talk = Talk(tmp_path, "measured=5", "hang")
    assert (await talk.run())["tokens_scored"] == 5
    assert marked(talk.mark) == []


async def test_that_a_child_that_stopped_talking_is_waited_for(tmp_path: Path) -> None:
    talk = Talk(tmp_path, "close", "sleep=0.5", "leave=4")
    assert "exit code 4" in (await talk.fail()).message


@pytest.mark.parametrize(
    "actions",
    [
        ("hang",),
        ("deaf", "hang"),
        ("start_others", "hang"),
        ("deaf", "start_others", "hang"),
        ("deaf", "stop"),
        ("deaf", "talk=1000000"),
        ("deaf", "flood", "flood", "hang"),
        ("close", "deaf", "hang"),
        ("measured", "deaf", "hang"),
    ],
)
async def test_that_cancelling_leaves_no_process_after_two_seconds(
    tmp_path: Path, actions: tuple[str, ...]
) -> None:
    talk = Talk(tmp_path, *actions)
    running = asyncio.ensure_future(talk.run())
    others = 4 if "start_others" in actions else 1
    while not talk.heard or len(marked(talk.mark)) < others:  # noqa: ASYNC110  # processes give no event
        await asyncio.sleep(0.02)
    began = time.monotonic()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert time.monotonic() - began < 2
    assert marked(talk.mark) == []


async def test_that_cancelling_at_any_moment_of_a_start_leaves_nothing(tmp_path: Path) -> None:
    for step in range(30):
        talk = Talk(tmp_path, "hang")
        running = asyncio.ensure_future(talk.run())
        await asyncio.sleep(step * 0.004)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        assert marked(talk.mark) == []


async def test_that_a_child_is_asked_first_and_may_take_a_moment_to_leave(tmp_path: Path) -> None:
    left = tmp_path / "left"
    talk = Talk(tmp_path, f"neat={left}", "work=0", "hang")
    running = asyncio.ensure_future(talk.run())
    while "saving" not in talk.stages():  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    running.cancel()
    await asyncio.wait({running})
    assert left.exists()


async def test_that_no_descriptor_and_no_thread_is_left_of_a_child(tmp_path: Path) -> None:
    await Talk(tmp_path, "measured").run()
    before = open_files()
    for _ in range(3):
        await Talk(tmp_path, "measured").run()
        await Talk(tmp_path, "leave=1").fail()
    assert open_files() == before
    for thread in threading.enumerate():
        if thread.name == "quantize-child":  # its last word was that it ends
            thread.join(1)
            assert not thread.is_alive()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


PARENT = """
import asyncio, sys
from pathlib import Path
from desktop_llm.quantize.child import converse
from desktop_llm.quantize.job_log import JobLog

def heard(message):
    print(message, flush=True)

asyncio.run(converse(sys.argv[3:], JobLog(Path(sys.argv[1])), heard, sys.argv[2]))
"""


@pytest.mark.parametrize("moment", ["at once", "when it works"])
def test_that_a_child_ends_when_its_app_is_killed(tmp_path: Path, moment: str) -> None:
    mark = new_id()
    command = child("deaf", "work", "hang")
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log"), mark, *command],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    if moment == "at once":
        while not marked(mark):
            time.sleep(0.001)
    else:
        while "saving" not in parent.stdout.readline():
            pass
    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()
    deadline = time.monotonic() + 2
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert marked(mark) == []
