"""Data sets of the Hugging Face Hub, streamed: no more is downloaded than is read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.quantize.readers.rows import RowError, no_text_error, text_of


def read_dataset(name: str, subset: str, split: str, column: str) -> Iterator[str]:
    """The text of each row of a data set's `split` in turn. Lazy; blocks on the network.

    Raises AppError ``quantize.calibration_dataset`` (no such data set, subset or split),
    ``quantize.calibration_network``, ``quantize.calibration_column`` or
    ``quantize.calibration_library``.
    """
    try:
        import datasets
    except ImportError as error:
        raise AppError(
            "quantize.calibration_library",
            sentence("Data sets need the Python package datasets, which is not installed."),
            sentence("Install it beside the app, or choose a file."),
            detail=str(error),
        ) from error
    try:
        rows = datasets.load_dataset(name, subset or None, split=split, streaming=True)
        for row in rows:
            if text := text_of(row, column):
                yield text
    except RowError as error:
        raise no_text_error(name, error.reason) from error
    except Exception as error:
        raise _refused(name, split, error) from error


def _refused(name: str, split: str, error: Exception) -> AppError:
    detail = f"{type(error).__name__}: {error}"
    if _is_network(error):
        return AppError(
            "quantize.calibration_network",
            sentence("The data set {name} could not be reached.", name=name),
            sentence("Check the network and the name, or choose a file or a built-in set."),
            detail=detail,
        )
    if "gated" in detail.lower():
        return AppError(
            "quantize.calibration_dataset",
            sentence("The data set {name} is only for accounts that were let in.", name=name),
            sentence("Ask for access on its page and log in, or choose another data set."),
            detail=detail,
        )
    if isinstance(error, FileNotFoundError):
        return AppError(
            "quantize.calibration_dataset",
            sentence("There is no data set {name}, or none that can be read.", name=name),
            sentence("Write its name as on its page: owner/name."),
            detail=detail,
        )
    if isinstance(error, ValueError):  # its text lists the subsets or splits there are
        return AppError(
            "quantize.calibration_dataset",
            sentence("The data set {name} was not opened: {reason}", name=name, reason=error),
            sentence("Name its subset and split as they are listed there."),
            detail=detail,
        )
    return AppError(
        "quantize.calibration_dataset",
        sentence("The data set {name} (split {split}) cannot be read.", name=name, split=split),
        sentence("Choose another data set, or download it and choose one of its files."),
        detail=detail,
    )


def _is_network(error: BaseException | None) -> bool:
    """Whether `error`, or what caused it, is of a connection. httpx and requests name theirs so."""
    seen: Any = error
    while seen is not None:
        names = {kind.__name__ for kind in type(seen).__mro__}
        if names & {"ConnectionError", "TransportError", "TimeoutError", "RequestException"}:
            return True
        seen = seen.__cause__
    return False
