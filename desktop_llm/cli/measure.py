"""`desktop-llm measure`: the child process of a quantize job that measures a model.

It speaks `quantize.protocol`, on the descriptor that it is given or else on standard output, and
ends with a result or a failure. Nothing of it is for a person to run: the app does.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from dataclasses import asdict
from pathlib import Path
from types import FrameType
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from desktop_llm.cli.measuring import MeasuredEngine, MeasureJob, Measuring
from desktop_llm.config.profiles import validation_sentences
from desktop_llm.core.errors import AppError, Sentence
from desktop_llm.models.fit import DeviceMemory
from desktop_llm.quantize.protocol import DESCRIPTOR_VARIABLE, Failure, Hello, Result, Sender

T = TypeVar("T")
OK, FAILED, BAD_INPUT, ENDED = 0, 1, 2, 143
# An orderly end takes a moment where a load is under way, which the engine's processes, tied to
# this one by the kernel, need not wait for.
_PATIENCE_S = 0.7


class LoggingEngine(MeasuredEngine, Protocol):
    def raw_log(self) -> str: ...


class MeasuringCore(Protocol):
    """The part of `app.Core` that measures."""

    @property
    def engine(self) -> LoggingEngine: ...
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T: ...
    def close(self) -> None: ...


def run_measure(
    file: Path,
    make_core: Callable[[], MeasuringCore],
    read_memory: Callable[[bool, int], DeviceMemory | None],
) -> int:
    """Do the job in `file`; returns the exit code: 0, 1 failed, 2 bad job, 143 told to end.

    Runs on the main thread, which gets SIGTERM. Nobody who reads is a failure too.
    """
    signal.signal(signal.SIGTERM, _end)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    sender = _sender()
    try:
        sender.send(Hello(os.getpid()))
        return _measure(file, make_core, read_memory, sender)
    except KeyboardInterrupt:
        return ENDED
    except BrokenPipeError:
        return FAILED


def _measure(
    file: Path,
    make_core: Callable[[], MeasuringCore],
    read_memory: Callable[[bool, int], DeviceMemory | None],
    sender: Sender,
) -> int:
    try:
        job = MeasureJob.model_validate_json(file.read_bytes())
    except (OSError, ValidationError) as error:
        reasons = validation_sentences(error) if isinstance(error, ValidationError) else [error]
        sender.send(Failure("quantize.bad_job", f"{'; '.join(map(str, reasons))}."))
        return BAD_INPUT
    core = make_core()
    try:
        measured = core.run(Measuring(core.engine, job, sender.send, read_memory).run())
        sender.send(Result(asdict(measured)))
    except AppError as error:
        print(core.engine.raw_log(), file=sys.stderr)  # noqa: T201 - the job's log
        sender.send(_failure(error))
        return FAILED
    except BrokenPipeError:
        raise
    except Exception as error:  # noqa: BLE001 - whatever it is, the app must be told
        traceback.print_exc()
        sender.send(Failure("quantize.failed", str(error), detail=traceback.format_exc()))
        return FAILED
    finally:
        core.close()
    return OK


def _failure(error: AppError) -> Failure:
    message = error.message
    values = message.values if isinstance(message, Sentence) else {}
    return Failure(error.code, str(message), str(error.hint), error.detail, values)


def _sender() -> Sender:
    """Where there is no descriptor for messages, they come on standard output, and only they."""
    if DESCRIPTOR_VARIABLE in os.environ:
        return Sender()
    descriptor = os.dup(1)
    os.dup2(2, 1)
    return Sender(descriptor)


def _end(signum: int, frame: FrameType | None) -> None:
    """Interrupt the main thread, and leave it `_PATIENCE_S`; the kernel ends the rest with it."""
    signal.signal(signum, signal.SIG_IGN)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, _PATIENCE_S)
    raise KeyboardInterrupt
