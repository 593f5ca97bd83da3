"""The folder of one load: its pipe, its sockets, whatever its processes put in a temporary file.

vLLM's processes are killed, so they tidy up nothing themselves; what lies in here goes with it. A
folder whose app was killed too is removed by the next load: its lock can be taken.
"""

from __future__ import annotations

import fcntl
import getpass
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from desktop_llm.engine.child import launch
from desktop_llm.engine.environment import KERNELS_VARIABLE

SOCKETS_VARIABLE = "VLLM_RPC_BASE_PATH"

_PREFIX = "engine-"
_LOCK = "lock"
_SEGMENTS = "shared-memory"
SEGMENT = re.compile(r"/dev/shm/psm_\w+")
# A socket's path has at most 107 bytes (unix(7)); vLLM names its own by a UUID in this folder.
_LONGEST = 107 - len("/00000000-0000-0000-0000-000000000000")


class Scratch:
    """Made for one load; `remove` it when its processes are gone. Raises OSError."""

    def __init__(self, runtime: Path) -> None:
        runtime.mkdir(parents=True, exist_ok=True)
        with _alone_in(runtime):  # or another app could sweep ours away before it is locked
            _sweep(runtime)
            self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=runtime))
            self._lock = os.open(self.path / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(self._lock, fcntl.LOCK_EX)
        _keep_compiled_headers(self.path)

    def variables(self) -> dict[str, str]:
        """What has the processes of this load use the folder; nothing if its path is too long."""
        folder = str(self.path)
        if len(os.fsencode(folder)) > _LONGEST or os.environ.get(SOCKETS_VARIABLE):
            return {}
        return {launch.SCRATCH_VARIABLE: folder, SOCKETS_VARIABLE: folder}

    def note_shared_memory(self, segments: Iterable[str]) -> None:
        """Remember these files of /dev/shm, which nobody else could tell from another program's."""
        (self.path / _SEGMENTS).write_text("\n".join(segments), "utf-8")

    def remove(self) -> None:
        """Remove the folder and all in it. May be repeated."""
        if self._lock >= 0:
            shutil.rmtree(self.path, ignore_errors=True)
            os.close(self._lock)
            self._lock = -1


def _keep_compiled_headers(folder: Path) -> None:
    """Lead torch's folder among temporary files to its cache.

    Its compiled C++ headers go there wherever TORCHINDUCTOR_CACHE_DIR points. They would go with
    each load, and the next one would take seconds to compile them anew.
    """
    with suppress(KeyError, OSError):  # no name for this user, or no links on this file system
        user = re.sub(r'[\\/:*?"<>|]', "_", getpass.getuser())  # as torch names it
        if kernels := os.environ.get(KERNELS_VARIABLE):
            Path(kernels).mkdir(parents=True, exist_ok=True)
            (folder / f"torchinductor_{user}").symlink_to(Path(kernels).absolute())


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _sweep(runtime: Path) -> None:
    """Remove the folders that no living app holds."""
    for folder in runtime.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            descriptor = os.open(folder / _LOCK, os.O_RDWR)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _unlink_shared_memory(folder / _SEGMENTS)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(descriptor)


def _unlink_shared_memory(noted: Path) -> None:
    with suppress(FileNotFoundError):
        for segment in noted.read_text("utf-8").splitlines():
            if SEGMENT.fullmatch(segment):
                Path(segment).unlink(missing_ok=True)
