"""Files written whole: a temporary beside the target, fsync, rename."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def set_aside(path: Path) -> Path:
    """Rename a damaged file to end in ``.broken``, so that a new one can begin; its new path.

    Raises OSError as the file system gives it.
    """
    return path.replace(path.with_name(f"{path.name}.broken"))


def write_atomic(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Replace `path` with `data` so that a crash leaves the old file or the new one, never a part.

    Raises OSError as the file system gives it; the temporary is gone then.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
            os.fchmod(stream.fileno(), mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
