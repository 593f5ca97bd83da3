"""`desktop-llm quantize`: one job, its progress on standard error, its result on stdout."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from typing import Any, Protocol, TypeVar

from desktop_llm.cli.progress import CLEAR_LINE, draw
from desktop_llm.cli.terminal import Terminal
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.core.units import format_bytes, format_count, format_seconds
from desktop_llm.quantize.types import (
    CalibrationSource,
    Job,
    JobPhase,
    JobRequest,
    JobResult,
    Measurement,
)

T = TypeVar("T")

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
# What the person gave, rather than what the machine did, was wrong.
_BAD_INPUT_CODES = {
    "cli.bad_option",
    "model.not_a_model",
    "quantize.bad_group_size",
    "quantize.exists",
    "quantize.in_the_way",
    "quantize.not_replaceable",
    "quantize.same_folder",
    "quantize.too_little_text",
    "quantize.unsupported",
}
_BAD_INPUT_PREFIX = "quantize.calibration_"

_PHASES = {
    JobPhase.PREPARING: "Preparing",
    JobPhase.MEASURING_BEFORE: "Measuring the original",
    JobPhase.QUANTIZING: "Quantizing",
    JobPhase.VERIFYING: "Checking the result",
    JobPhase.MEASURING_AFTER: "Measuring the result",
}


class Jobs(Protocol):
    """The part of `quantize.service.QuantizeService` that the terminal uses."""

    changed: Event[Job]

    async def open(self) -> None: ...
    async def run(self, request: JobRequest) -> Job: ...


class Conversations(Protocol):
    """The part of the store that must be done before a job may read the conversations."""

    async def open(self) -> None: ...


class QuantizingCore(Protocol):
    """The part of `app.Core` that quantizes."""

    @property
    def store(self) -> Conversations: ...
    @property
    def quantize(self) -> Jobs: ...
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T: ...
    def close(self) -> None: ...


def run_quantize(
    request: JobRequest,
    terminal: Terminal,
    make_core: Callable[[], QuantizingCore],
    *,
    as_json: bool,
) -> int:
    """Run the job; returns the exit code: 0, 1 failed, 2 bad input, 130 interrupted.

    Runs on the main thread, which gets Ctrl-C; that ends the job and leaves nothing of it.
    """
    core = make_core()
    try:
        jobs = core.quantize
        core.run(jobs.open())
        if request.calibration.source is CalibrationSource.CONVERSATIONS:
            core.run(core.store.open())
        with _ProgressLine(jobs.changed, terminal):
            job = core.run(jobs.run(request))
    except AppError as error:
        terminal.fail(error)
        if as_json:
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            _print(terminal, {"error": told})
        return _exit_code(error)
    except (KeyboardInterrupt, asyncio.CancelledError):
        terminal.note("Interrupted; nothing was kept.")
        return INTERRUPTED
    finally:
        core.close()
    assert job.result is not None
    for warning in job.warnings:
        terminal.note(warning)
    if as_json:
        _print(terminal, _plain(job, job.result))
    else:
        terminal.write("\n".join(_report(job.result)) + "\n")
    return OK


def _exit_code(error: AppError) -> int:
    if error.code == "quantize.cancelled":
        return INTERRUPTED
    bad = error.code in _BAD_INPUT_CODES or error.code.startswith(_BAD_INPUT_PREFIX)
    return BAD_INPUT if bad else FAILED


class _ProgressLine:
    """A bar on a terminal, else a line for each phase. Drawn on the engine loop."""

    def __init__(self, changed: Event[Job], terminal: Terminal) -> None:
        self._changed = changed
        self._terminal = terminal
        self._bar = terminal.stderr.isatty()
        self._phase: JobPhase | None = None

    def __enter__(self) -> None:
        self._unsubscribe = self._changed.subscribe(self._show)

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        if self._bar:
            self._write(CLEAR_LINE)

    def _show(self, job: Job) -> None:
        progress = job.progress
        phase = _PHASES.get(progress.phase)
        if phase is None:
            return
        if self._bar:
            left = "" if progress.left_s is None else f"  {format_seconds(progress.left_s)} left"
            text = f"{phase}  {progress.what}".rstrip() + left
            self._write(
                CLEAR_LINE + draw(f"Quantizing {job.request.source.name}", progress.fraction, text)
            )
        elif progress.phase is not self._phase:
            self._write(f"{phase}…\n")
        self._phase = progress.phase

    def _write(self, text: str) -> None:
        self._terminal.stderr.write(text)
        self._terminal.stderr.flush()


def _plain(job: Job, result: JobResult) -> dict[str, Any]:
    values = asdict(result) | {"output": str(result.output)}
    return {"settings": job.request.settings.model_dump(mode="json"), **values}


def _print(terminal: Terminal, value: object) -> None:
    terminal.stdout.write(json.dumps(value) + "\n")
    terminal.stdout.flush()


def _report(result: JobResult) -> list[str]:
    lines = [
        f"{result.output}: {format_bytes(result.output_bytes)} after "
        f"{format_seconds(result.seconds)}."
    ]
    if result.samples_used:
        lines.append(f"Calibrated on {format_count(result.samples_used)} samples.")
    if result.before is None or result.after is None:
        return lines
    from desktop_llm.quantize.evaluation import verdict

    rows = [
        (name, show(result.before), show(result.after))
        for name, show in _FIGURES
        if show(result.before) or show(result.after)
    ]
    widths = [max(len(row[column]) for row in [*rows, _HEAD]) for column in range(3)]
    lines.append("")
    for row in [_HEAD, *rows]:
        cells = zip(row, widths, strict=True)
        lines.append("  ".join(cell.ljust(width) for cell, width in cells).rstrip())
    lines += ["", verdict(result.before, result.after)]
    for prompt, before, after in zip(
        result.prompts, result.before.answers, result.after.answers, strict=False
    ):
        lines += ["", f"> {prompt}", f"before: {before}", f"after:  {after}"]
    return lines


_HEAD = ("", "before", "after")


def _number(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)


def _perplexity(measured: Measurement) -> str:
    if measured.perplexity is None:
        return ""
    error = measured.perplexity_error
    return f"{measured.perplexity:.3f}" + ("" if error is None else f" ± {error:.3f}")


def _size(count: int | None) -> str:
    return "" if count is None else format_bytes(count)


_FIGURES: tuple[tuple[str, Callable[[Measurement], str]], ...] = (
    ("perplexity", _perplexity),
    ("size on disk", lambda measured: _size(measured.disk_bytes)),
    ("weight memory", lambda measured: _size(measured.weight_bytes)),
    ("load time", lambda measured: _number(measured.load_s, "{:.1f} s")),
    ("TTFT", lambda measured: _number(measured.ttft_ms, "{:.1f} ms")),
    ("tok/s, 1 stream", lambda measured: _number(measured.tokens_per_s, "{:.1f}")),
    ("tok/s, 16 streams", lambda measured: _number(measured.tokens_per_s_16, "{:.1f}")),
    (
        "KV tokens that fit",
        lambda measured: "" if measured.kv_tokens is None else format_count(measured.kv_tokens),
    ),
)
