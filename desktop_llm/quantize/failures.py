"""What can go wrong with a job, told in sentences."""

from __future__ import annotations

import contextlib
import errno
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from desktop_llm.core.errors import AppError, Fix, Sentence, sentence
from desktop_llm.quantize.protocol import Failure

CANCELLED = "quantize.cancelled"

_FREE_SPACE = sentence(
    "Free some disk space or choose a folder on another disk, then run the job again."
)
_NEED_LESS_MEMORY = sentence(
    "Close what else uses the memory, set fewer samples or a shorter sequence length, or choose "
    "RTN, which needs the least."
)
_SEE_LOG = sentence("The job's log has its own words; run the job again when that is settled.")
_GET_AGAIN = sentence("Download or copy the model again, whole.")


def cancelled() -> AppError:
    return AppError(CANCELLED, sentence("The job was cancelled; nothing of it was kept."))


def busy() -> AppError:
    return AppError(
        "quantize.busy",
        sentence("Another model is being quantized."),
        sentence("Wait until that job has ended, or cancel it first."),
    )


def closing() -> AppError:
    return AppError("quantize.closing", sentence("The app is closing, so no job was started."))


def not_found() -> AppError:
    return AppError(
        "quantize.not_found",
        sentence("That job is no longer there."),
        sentence("Choose another one."),
    )


def runs_elsewhere() -> AppError:
    return AppError(
        "quantize.runs_elsewhere",
        sentence("This job runs in another window of the app."),
        sentence("Cancel it in that window."),
    )


def still_running() -> AppError:
    return AppError(
        "quantize.still_running",
        sentence("This job still runs."),
        sentence("Cancel it first, then remove it."),
    )


def interrupted() -> AppError:
    return AppError(
        "quantize.interrupted",
        sentence("The app ended while this job ran; nothing of its result was kept."),
        sentence("Run it again."),
    )


def exists(output: Path) -> AppError:
    return AppError(
        "quantize.exists",
        sentence("There is already something at {path}.", path=output),
        sentence("Choose another name, or say that it shall be replaced."),
    )


def not_replaceable(output: Path) -> AppError:
    return AppError(
        "quantize.not_replaceable",
        sentence("{path} is not a model folder, so it is not replaced.", path=output),
        sentence("Choose another name."),
    )


def in_the_way(partial: Path) -> AppError:
    return AppError(
        "quantize.in_the_way",
        sentence("{path} is in the way: the job works in a folder of that name.", path=partial),
        sentence("Remove it if you do not need it, or choose another name."),
    )


def same_folder() -> AppError:
    return AppError(
        "quantize.same_folder",
        sentence("The result would be written into the model's own folder."),
        sentence("Choose a folder beside it: the original stays as it is."),
    )


def not_written(path: Path, error: OSError) -> AppError:
    """What the file system refused while the job wrote at `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return AppError(
            "quantize.disk_full",
            sentence("The disk is full: {path} could not be written.", path=path),
            _FREE_SPACE,
            detail=str(error),
        )
    return AppError(
        "quantize.not_written",
        sentence("{path} cannot be written: {reason}.", path=path, reason=error.strerror or error),
        sentence("Check its permissions and its drive, or choose another folder."),
        detail=str(error),
    )


def from_child(failure: Failure, log_tail: str = "") -> AppError:
    """The AppError for the last word of a child; one it has a whole sentence for is taken as is."""
    detail = failure.detail or log_tail
    told = _TOLD.get(failure.code)
    if told is not None:
        with contextlib.suppress(KeyError):  # a value that its sentence needs
            return AppError(failure.code, *told(failure.values), detail=detail)
    message = failure.message or sentence("The job stopped.")
    return AppError(
        failure.code, message, failure.hint or _SEE_LOG, detail=detail, fix=Fix.SHOW_LOG
    )


def died(status: int, log_tail: str) -> AppError:
    """The AppError for a child that ended without a last word.

    `status` is its exit code, or minus the signal that killed it.
    """
    if status == -signal.SIGKILL:
        code = "quantize.out_of_memory"
        message = sentence("The system ended the job, most likely because the memory ran out.")
        hint: Sentence = _NEED_LESS_MEMORY
    elif status < 0:
        code = "quantize.crashed"
        message = sentence("The job's process was ended by signal {signal}.", signal=_name(-status))
        hint = _SEE_LOG
    else:
        code = "quantize.failed"
        message = sentence(
            "The job's process stopped without saying why (exit code {code}).", code=status
        )
        hint = _SEE_LOG
    return AppError(code, message, hint, detail=log_tail, fix=Fix.SHOW_LOG)


def other_version(version: object) -> AppError:
    return AppError(
        "quantize.other_version",
        sentence("The job's process is of another version of the app."),
        sentence("The app was updated while it ran: close it and start it again."),
        detail=f"protocol version {version}",
    )


def not_started(error: OSError) -> AppError:
    return AppError(
        "quantize.not_started",
        sentence("The job's process could not be started: {reason}.", reason=error.strerror),
        sentence("Close other programs, or start the app again."),
        detail=str(error),
    )


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)


_Told = Callable[[Mapping[str, str]], tuple[str, str]]


def _too_little_text(values: Mapping[str, str]) -> tuple[str, str]:
    return (
        sentence(
            "The calibration text is too short: it has {available} tokens, and at least {needed} "
            "are needed.",
            available=values["available"],
            needed=values["needed"],
        ),
        sentence("Choose a longer text, or set a shorter sequence length."),
    )


_TOLD: dict[str, _Told] = {
    "quantize.too_little_text": _too_little_text,
    "quantize.out_of_memory": lambda _: (
        sentence("The memory ran out while the model was quantized."),
        _NEED_LESS_MEMORY,
    ),
    "quantize.disk_full": lambda _: (
        sentence("The disk is full, so the result could not be written."),
        _FREE_SPACE,
    ),
    "quantize.source_unreadable": lambda values: (
        sentence("The model's files cannot be read: {reason}.", reason=values["reason"]),
        sentence("Check their permissions, and that their drive is still there."),
    ),
    "quantize.corrupt_shard": lambda values: (
        sentence("The weight file {name} is damaged.", name=values["name"]),
        _GET_AGAIN,
    ),
    "quantize.bad_group_size": lambda values: (
        sentence(
            "{module} has {size} inputs, which groups of {group_size} do not divide.",
            module=values["module"],
            size=values["size"],
            group_size=values["group_size"],
        ),
        values.get("works") or sentence("Leave that module out."),
    ),
}
