"""`desktop-llm quantize`: what is asked for, what is printed, which exit code tells what."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.quantize import run_quantize
from desktop_llm.cli.quantize_arguments import job_request
from desktop_llm.cli.terminal import Terminal
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.quantize.types import (
    CalibrationSource,
    Job,
    JobPhase,
    JobProgress,
    JobRequest,
    JobResult,
    Measurement,
)

T = TypeVar("T")

BEFORE = Measurement(4_000_000, 3_900_000, 2.0, 12.5, 0.2, 8000, 30.0, 40.0, 300.0, 9000, ("Yes.",))
AFTER = Measurement(1_200_000, 1_100_000, 1.5, 12.9, 0.2, 8000, 20.0, 70.0, 400.0, 12000, ("Yes!",))


def request(*given: str, has_gpu: bool = False) -> JobRequest:
    arguments = build_parser().parse_args(["quantize", "--model", "m", "--out", "o", *given])
    return job_request(arguments, has_gpu=has_gpu)


class Opened:
    def __init__(self) -> None:
        self.opened = False

    async def open(self) -> None:
        self.opened = True


class FakeJobs(Opened):
    """Runs through the phases at once, to an end or to a failure."""

    def __init__(self, end: JobResult | BaseException) -> None:
        super().__init__()
        self.changed: Event[Job] = Event()
        self._end = end

    async def run(self, request: JobRequest) -> Job:
        job = Job("1", request, 0.0, JobProgress(JobPhase.PREPARING), Path("log"))
        for number, phase in enumerate((JobPhase.PREPARING, JobPhase.QUANTIZING)):
            progress = JobProgress(phase, number / 4, what="layer 3 of 8", left_s=65.0)
            self.changed.emit(Job("1", request, 0.0, progress, Path("log")))
        if isinstance(self._end, BaseException):
            raise self._end
        return Job("1", request, 0.0, job.progress, job.log, self._end, warnings=("Take care.",))


class FakeCore:
    def __init__(self, end: JobResult | BaseException) -> None:
        self.quantize = FakeJobs(end)
        self.store = Opened()
        self.closed = False

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run(coroutine)

    def close(self) -> None:
        self.closed = True


class TerminalLike(io.StringIO):
    def isatty(self) -> bool:
        return True


def ran(
    end: JobResult | BaseException, asked: JobRequest | None = None, *, as_json: bool = False
) -> tuple[int, str, str, FakeCore]:
    core = FakeCore(end)
    terminal = Terminal(None, io.StringIO(), io.StringIO())
    code = run_quantize(asked or request(), terminal, lambda: core, as_json=as_json)
    assert core.closed
    assert core.quantize.opened
    out, err = terminal.stdout, terminal.stderr
    assert isinstance(out, io.StringIO)
    assert isinstance(err, io.StringIO)
    return code, out.getvalue(), err.getvalue(), core


def test_that_the_words_of_the_command_line_arrive(tmp_path: Path) -> None:
    asked = request(
        "--method=rtn", "--group-size=64", "--no-zero-point", "--leave-out=gate", "--samples=7",
        "--sequence-length=256", "--shard-gib=1.5", "--replace", "--evaluate",
    )  # fmt: skip
    assert asked.source == Path.cwd() / "m"
    assert asked.output == Path.cwd() / "o"
    settings = asked.settings
    assert (settings.method, settings.group_size, settings.zero_point) == ("rtn", 64, False)
    assert settings.modules_left_out == ("gate",)
    assert (settings.samples, settings.sequence_length, settings.shard_gib) == (7, 256, 1.5)
    assert asked.replace
    assert asked.evaluate
    assert not request().evaluate


def test_that_the_device_is_the_gpu_where_there_is_one() -> None:
    assert request(has_gpu=True).settings.device == "gpu"
    assert request().settings.device == "cpu"
    assert request("--device=cpu", has_gpu=True).settings.device == "cpu"


def test_that_code_gets_smaller_groups_unless_they_are_given() -> None:
    assert request("--calibration=code").settings.group_size == 64
    assert request("--calibration=code", "--group-size=128").settings.group_size == 128
    assert request().settings.group_size == 128


def test_that_calibration_is_a_word_a_dataset_or_a_file() -> None:
    assert request("--calibration=conversations").calibration.source == "conversations"
    dataset = request("--calibration=hf:org/name:test").calibration
    assert (dataset.source, dataset.dataset, dataset.split) == ("dataset", "org/name", "test")
    file = request("--calibration=texts.jsonl").calibration
    assert (file.source, file.path) == (CalibrationSource.FILE, Path.cwd() / "texts.jsonl")


@pytest.mark.parametrize(
    ("given", "said"),
    [("--bits=8", "bits"), ("--group-size=48", "group size"), ("--samples=0", "samples")],
)
def test_that_a_wrong_value_is_refused_with_its_reason(given: str, said: str) -> None:
    with pytest.raises(AppError) as caught:
        request(given)
    assert caught.value.code == "cli.bad_option"
    assert said in caught.value.message


def test_that_the_result_is_told_in_lines() -> None:
    result = JobResult(Path("/models/o"), 1_200_000, 65.0, None, 96, ("Well?",), BEFORE, AFTER)
    code, out, err, _ = ran(result)
    assert code == 0
    assert "/models/o: 1.1 MiB after 1 min 5 s." in out
    assert "12.500 ± 0.200" in out
    assert "12.900 ± 0.200" in out
    assert "before: Yes." in out
    assert "after:  Yes!" in out
    assert err.splitlines() == ["Preparing…", "Quantizing…", "Take care."]


def test_that_json_is_one_object_on_stdout() -> None:
    result = JobResult(Path("/models/o"), 1_200_000, 65.0, None, 96, ("Well?",), BEFORE, AFTER)
    code, out, _, _ = ran(result, as_json=True)
    assert code == 0
    value = json.loads(out)
    assert value["output"] == "/models/o"
    assert value["after"]["perplexity"] == 12.9
    assert value["settings"]["method"] == "awq"


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (AppError("quantize.unsupported", "No."), 2),
        (AppError("quantize.calibration_unreadable", "No."), 2),
        (AppError("quantize.disk_full", "No."), 1),
        (AppError("quantize.cancelled", "No."), 130),
        (KeyboardInterrupt(), 130),
    ],
)
def test_that_the_exit_code_tells_bad_input_from_failure(end: BaseException, code: int) -> None:
    got, out, err, _ = ran(end)
    assert (got, out) == (code, "")
    assert "No." in err or "Interrupted" in err


def test_that_a_failure_is_json_too() -> None:
    code, out, _, _ = ran(AppError("quantize.disk_full", "Full.", "Free some."), as_json=True)
    assert code == 1
    assert json.loads(out) == {
        "error": {"code": "quantize.disk_full", "message": "Full.", "hint": "Free some."}
    }


def test_that_a_terminal_gets_a_bar_with_time_left() -> None:
    result = JobResult(Path("/models/o"), 1_200_000, 65.0, None, 96)
    err = TerminalLike()
    terminal = Terminal(None, io.StringIO(), err)
    assert run_quantize(request(), terminal, lambda: FakeCore(result), as_json=False) == 0
    assert "Quantizing m" in err.getvalue()
    assert "layer 3 of 8  1 min 5 s left" in err.getvalue().replace("\r", "\n")


def test_that_the_conversations_are_opened_only_where_they_are_read() -> None:
    result = JobResult(Path("/models/o"), 1_200_000, 65.0, None, 96)
    assert not ran(result)[3].store.opened
    assert ran(result, request("--calibration=conversations"))[3].store.opened
