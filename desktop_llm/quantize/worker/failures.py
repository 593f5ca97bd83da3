"""What ends a job: told with a code, a sentence, and the values the app needs to translate it."""

from __future__ import annotations

import errno
import re
import traceback

from desktop_llm.quantize.protocol import Failure

_NO_MEMORY = re.compile(r"out of memory|not enough memory|can't allocate memory", re.IGNORECASE)
_GET_AGAIN = "Download or copy the model again, whole."
_FULL = {errno.ENOSPC, errno.EDQUOT}


class JobFailedError(Exception):
    """An expected end; `failure` is what the app is told."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.code, failure.message)
        self.failure = failure


def unsupported(message: str, hint: str, detail: str = "") -> JobFailedError:
    return JobFailedError(Failure("quantize.unsupported", message, hint, detail))


def too_little_text(available: int, needed: int) -> JobFailedError:
    """Both in tokens."""
    return JobFailedError(
        Failure(
            "quantize.too_little_text",
            f"The calibration text has {available} tokens, and at least {needed} are needed.",
            "Choose a longer text, or set a shorter sequence length.",
            values={"available": str(available), "needed": str(needed)},
        )
    )


def bad_group_size(module: str, size: int, group_size: int, works: str) -> JobFailedError:
    """`works` is a sentence about what would, or empty."""
    return JobFailedError(
        Failure(
            "quantize.bad_group_size",
            f"{module} has {size} inputs, which groups of {group_size} do not divide.",
            works or "Leave that module out.",
            values={
                "module": module,
                "size": str(size),
                "group_size": str(group_size),
                "works": works,
            },
        )
    )


def corrupt_shard(name: str, detail: str) -> JobFailedError:
    return JobFailedError(
        Failure(
            "quantize.corrupt_shard",
            f"The weight file {name} is damaged.",
            _GET_AGAIN,
            detail,
            {"name": name},
        )
    )


def source_unreadable(error: OSError | str) -> JobFailedError:
    reason = error if isinstance(error, str) else _reason(error)
    return JobFailedError(
        Failure(
            "quantize.source_unreadable",
            f"The model's files cannot be read: {reason}.",
            "Check their permissions, and that their drive is still there.",
            str(error),
            {"reason": reason},
        )
    )


def not_written(error: OSError) -> JobFailedError:
    """For what the file system refused while the result was written."""
    if error.errno in _FULL:
        return JobFailedError(
            Failure(
                "quantize.disk_full",
                "The disk is full, so the result could not be written.",
                "Free some disk space or choose a folder on another disk, then run the job again.",
                str(error),
            )
        )
    return JobFailedError(
        Failure(
            "quantize.not_written",
            f"The result cannot be written: {_reason(error)}.",
            "Check the folder's permissions and its drive, or choose another folder.",
            str(error),
        )
    )


def failure_of(error: BaseException) -> Failure:
    """What to tell of anything that was raised."""
    if isinstance(error, JobFailedError):
        return error.failure
    detail = "".join(traceback.format_exception(error))
    if isinstance(error, MemoryError) or _is_out_of_memory(error):
        return Failure(
            "quantize.out_of_memory",
            "The memory ran out while the model was quantized.",
            "Close what else uses the memory, set fewer samples or a shorter sequence length, or "
            "choose RTN, which needs the least.",
            detail,
        )
    if isinstance(error, OSError) and error.errno in _FULL:
        return not_written(error).failure
    return Failure(
        "quantize.failed",
        f"The model could not be quantized: {type(error).__name__}.",
        "The job's log tells more. RTN works on some models that AWQ does not.",
        detail,
    )


def _is_out_of_memory(error: BaseException) -> bool:
    # torch.OutOfMemoryError is a RuntimeError too; on the CPU it is a plain one.
    return isinstance(error, RuntimeError) and bool(_NO_MEMORY.search(str(error)))


def _reason(error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"{error.filename}: {reason}" if error.filename else reason
