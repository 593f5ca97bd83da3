"""Reading a model folder's small files without trusting them."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.units import MIB, format_bytes

# Far above any real config or index; a larger file is not what it says it is.
JSON_LIMIT = 64 * MIB

GET_AGAIN = sentence("Download or copy the model again, whole.")


def absolute(path: Path) -> Path:
    """The absolute path; ``~`` is expanded where it names somebody."""
    try:
        return path.expanduser().absolute()
    except RuntimeError:  # ~ of an unknown user: take it as it is written
        return path.absolute()


def require_folder(path: Path) -> None:
    """Raise AppError ``model.not_a_model`` or ``model.unreadable`` unless `path` is a folder."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if isinstance(error, PermissionError):
            raise unreadable(path, error) from error
        raise AppError(
            "model.not_a_model",
            sentence("There is no folder {path}.", path=path),
            sentence("It may have been moved, or be on a drive that is not mounted."),
            detail=str(error),
        ) from error
    if not stat.S_ISDIR(mode):
        raise AppError(
            "model.not_a_model",
            sentence("{path} is a file, not a model folder.", path=path),
            sentence("Choose the folder that holds config.json and the weights."),
        )


def regular_file_size(path: Path) -> int | None:
    """The size in bytes of a regular file (links followed); None if there is none.

    Anything else (a pipe, a device) counts as absent: opening it could block for ever.
    Raises AppError ``model.unreadable``.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from error
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def read_json(path: Path, code: str) -> dict[str, Any] | None:
    """The JSON object in `path`, or None where there is no such file.

    Raises AppError `code` if it is not a JSON object, ``model.unreadable`` if it cannot be read.
    """
    size = regular_file_size(path)
    if size is None:
        return None
    if size > JSON_LIMIT:
        raise AppError(
            code,
            sentence(
                "{name} is {size}: too large to be what it says.",
                name=path.name,
                size=format_bytes(size),
            ),
            GET_AGAIN,
        )
    try:
        return parse_object(path.read_bytes())
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise AppError(
            code,
            sentence("{name} in {folder} is not valid JSON.", name=path.name, folder=path.parent),
            GET_AGAIN,
            detail=str(error),
        ) from error


def parse_object(data: bytes) -> dict[str, Any]:
    """Parse a JSON object. Raises ValueError for anything else, however it is broken."""
    try:
        value = json.loads(data)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(value, dict):
        raise ValueError(f"an object was expected, not {type(value).__name__}")
    return value


def unreadable(path: Path, error: OSError) -> AppError:
    """What to raise when the file system refuses."""
    return AppError(
        "model.unreadable",
        sentence("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
        sentence("Check its permissions, and that its drive is still there."),
        detail=str(error),
    )
