"""A finished folder takes its place: whole or not at all, and what was there survives a failure."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import logging
import os
import shutil
import threading
from pathlib import Path

from desktop_llm.quantize.failures import exists, in_the_way, not_replaceable, not_written

log = logging.getLogger(__name__)

_AT_FDCWD = -100
_RENAME_EXCHANGE = 2


def partial_of(output: Path) -> Path:
    """Where the job works: beside its output, so that a rename does the rest."""
    return output.with_name(f"{output.name}.partial")


def aside_of(output: Path) -> Path:
    """Where what is replaced is for a moment, on file systems that cannot swap two folders."""
    return output.with_name(f"{output.name}.replaced")


def require_free(output: Path, *, replace: bool) -> None:
    """Raise AppError unless a job may make `output`: nothing is there, or it may be replaced.

    Codes: ``quantize.exists``, ``quantize.not_replaceable`` for what is no model folder,
    ``quantize.in_the_way``. An empty folder, as file dialogs make them, is nothing.
    """
    if taken(output):
        if not replace:
            raise exists(output)
        if not (output / "config.json").is_file():
            raise not_replaceable(output)
    for working in (partial_of(output), aside_of(output)):
        if working.exists() or working.is_symlink():
            raise in_the_way(working)


def taken(output: Path) -> bool:
    """Whether there is anything at `output` but an empty folder."""
    try:
        return output.is_symlink() or any(output.iterdir())
    except FileNotFoundError:
        return False
    except OSError:
        return True


def size_of(folder: Path) -> int:
    """The bytes of all files in it; 0 where there is none."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def make_partial(output: Path) -> Path:
    """The empty folder to work in. Raises AppError ``quantize.in_the_way``, ``…disk_full``, …."""
    partial = partial_of(output)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise not_written(partial.parent, error) from error
    try:
        partial.mkdir()
    except FileExistsError as error:
        raise in_the_way(partial) from error
    except OSError as error:
        raise not_written(partial, error) from error
    return partial


def write_through(partial: Path, stop: threading.Event) -> None:
    """Have the disk keep all of `partial`, before its name says that it is whole.

    Seconds for many GiB; ends early when `stop` is set. Raises AppError ``quantize.disk_full``, ….
    """
    try:
        for folder, _, names in os.walk(partial, topdown=False):
            for name in (*names, "."):
                if stop.is_set():
                    return
                _sync(Path(folder, name))
    except OSError as error:
        raise not_written(partial, error) from error


def place(output: Path, *, replace: bool) -> None:
    """Rename the partial folder to `output`; with `replace` it swaps places with what is there.

    Raises AppError ``quantize.exists`` if something has come there meanwhile, or what the file
    system refuses; what was there is there then.
    """
    partial = partial_of(output)
    try:
        if not taken(output):
            partial.rename(output)
        elif not replace:
            raise exists(output)
        elif not _exchange(partial, output):
            _one_after_the_other(partial, output)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise exists(output) from error
        raise not_written(output, error) from error
    with contextlib.suppress(OSError):  # it is in its place, whatever the disk says now
        _sync(output.parent)


def discard(output: Path) -> bool:
    """Remove what is left of a job beside `output`: its partial folder, or what it replaced.

    Puts back what it had moved aside, if the app was killed before the new one took its place.
    What cannot be removed stays; returns whether all is gone.
    """
    aside = aside_of(output)
    try:
        if aside.exists() or aside.is_symlink():
            if taken(output):
                _remove(aside)
            else:
                aside.replace(output)
        _remove(partial_of(output))
    except OSError as error:
        log.warning("what a job left beside %s stays: %s", output, error)
        return False
    return True


def _exchange(partial: Path, output: Path) -> bool:
    """Swap both in one step; False where the file system cannot. Raises OSError."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    ours, theirs = os.fsencode(partial), os.fsencode(output)
    if rename(_AT_FDCWD, ours, _AT_FDCWD, theirs, _RENAME_EXCHANGE) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code), str(output))


def _one_after_the_other(partial: Path, output: Path) -> None:
    aside = aside_of(output)
    output.rename(aside)
    try:
        partial.rename(output)
    except OSError:
        aside.rename(output)
        raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink(missing_ok=True)
    else:
        try:
            shutil.rmtree(path)
        except FileNotFoundError:
            pass
        except OSError:
            shutil.rmtree(path, ignore_errors=True)  # as much of it as can be
            raise
