"""What the engine's child processes tell the app: one JSON line a report, through a FIFO.

Typed on both sides, so that progress and causes are never parsed out of printed text. Standard
library only: it is imported before anything else in each child.
"""

from __future__ import annotations

import contextlib
import json
import logging
import multiprocessing
import os
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace

REPORTS_VARIABLE = "DESKTOP_LLM_CHILD_REPORTS"
_MAX_LINE = 4000  # below PIPE_BUF (4096), so that lines of several writers never mix


@dataclass(frozen=True)
class Hello:
    """A child process exists; a `lasting` one works, as EngineCore does, others only help it."""

    pid: int
    lasting: bool = True


@dataclass(frozen=True)
class StageReport:
    """A worker is in `stage`; `fraction` of it is done, None where vLLM gives no measure."""

    stage: str
    fraction: float | None = None


@dataclass(frozen=True)
class WeightsReport:
    """The weights that a worker holds, in bytes; its last word counts."""

    pid: int
    held_bytes: int


@dataclass(frozen=True)
class MemoryReport:
    """What a worker's memory goes to besides the weights, in bytes; its last word counts.

    `activation_bytes` is the most that a step takes for a moment, `non_torch_bytes` what the device
    holds beyond torch's own, `resident_bytes` a process's RAM on the CPU build. None is not told.
    """

    pid: int
    kv_cache_bytes: int | None = None
    activation_bytes: int | None = None
    graph_bytes: int | None = None
    non_torch_bytes: int | None = None
    resident_bytes: int | None = None


@dataclass(frozen=True)
class FailureReport:
    """An exception that ends the load (or the engine), where it was raised."""

    stage: str
    type: str
    message: str


Report = Hello | StageReport | WeightsReport | MemoryReport | FailureReport
_KINDS: dict[str, type[Report]] = {
    "hello": Hello,
    "stage": StageReport,
    "weights": WeightsReport,
    "memory": MemoryReport,
    "failure": FailureReport,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(report: Report) -> bytes:
    """One line, short enough to be written in one piece; a failure's message is cut for that."""
    line = json.dumps({"kind": _NAMES[type(report)], **asdict(report)}).encode()
    if len(line) >= _MAX_LINE and isinstance(report, FailureReport) and report.message:
        # A character takes up to twelve bytes in JSON, so the length that fits is found by trying.
        return encode(replace(report, message=report.message[: len(report.message) * 3 // 4]))
    return line[: _MAX_LINE - 1] + b"\n"


def decode(line: bytes) -> Report | None:
    """The report in `line`, or None if it is not one (cut short, or from something else)."""
    try:
        fields = json.loads(line)
        return _KINDS[fields.pop("kind")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def send(report: Report) -> None:
    """Write `report` to the app. Dropped without a sound if nobody reads or the pipe is full."""
    path = os.environ.get(REPORTS_VARIABLE)
    if not path:
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
        try:
            os.write(descriptor, encode(report))
        finally:
            os.close(descriptor)


@contextlib.contextmanager
def stage(name: str) -> Iterator[None]:
    """Report that `name` begins, and what ends it if it fails."""
    send(StageReport(name, 0.0))
    try:
        yield
    except Exception as error:
        send(failure(error, name))
        raise
    send(StageReport(name, 1.0))


def failure(error: BaseException, stage_name: str) -> FailureReport:
    """`error` as a report."""
    kind = type(error)
    return FailureReport(stage_name, f"{kind.__module__}.{kind.__qualname__}", str(error))


class Fraction:
    """Reports the progress of a stage, at most ten times a second."""

    def __init__(self, stage_name: str, total: int) -> None:
        self._stage = stage_name
        self._total = max(total, 1)
        self._done = 0
        self._sent_at = 0.0

    def add(self, count: int) -> None:
        """`count` more of `total` is done."""
        self._done += count
        now = time.monotonic()
        if now - self._sent_at >= 0.1:
            self._sent_at = now
            send(StageReport(self._stage, min(self._done / self._total, 1.0)))


class ReportHandler(logging.Handler):
    """Reports every exception that vLLM logs as an error: those are what ends a process."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and (error := record.exc_info[1]) is not None:
            send(failure(error, multiprocessing.current_process().name))
