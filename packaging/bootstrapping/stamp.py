"""The note that says what an environment is for, and of what it is complete.

Kept free of slow imports: on every start but the first, this is most of what runs.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from bootstrapping import locks

NAME = "desktop-llm-ready.json"


@dataclass(frozen=True)
class Stamp:
    """What the environment is for: a device, and whether with the test tools.

    `fingerprint` is of what it was completed from; empty while it is not complete.
    """

    device: str
    dev: bool
    fingerprint: str

    @property
    def complete(self) -> bool:
        """Whether the environment worked when it was last touched, if for an older lock."""
        return bool(self.fingerprint)


def python_of(root: Path) -> Path:
    """The environment's interpreter."""
    return root / ".venv" / "bin" / "python"


def fingerprint(root: Path, device: str, *, dev: bool) -> str:
    """A hash of everything whose change calls for another look at the environment.

    The folder is part of it because the environment's scripts and .pth file name it; the
    interpreter behind the link, because a system's upgrade puts another one there.
    """
    files = [root / "pyproject.toml", root / "desktop_llm" / "__init__.py"]
    files += [locks.path(root, name) for name in ([device, "dev"] if dev else [device])]
    digest = hashlib.sha256(f"{root}\0{os.path.realpath(python_of(root))}".encode())
    for file in files:
        digest.update(b"\0" + file.read_bytes())
    return digest.hexdigest()


def read(root: Path) -> Stamp | None:
    """The stamp as it stands; None if there is none or it cannot be read."""
    try:
        values = json.loads((root / ".venv" / NAME).read_bytes())
        stamp = Stamp(values["device"], values["dev"], values["fingerprint"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return stamp if stamp.device in ("cuda", "cpu") else None


def is_ready(root: Path, stamp: Stamp | None, device: str | None, *, dev: bool) -> bool:
    """Whether the environment serves as it is: for this device, with the test tools if `dev`."""
    if stamp is None or device not in (None, stamp.device) or (dev and not stamp.dev):
        return False
    if not os.access(python_of(root), os.X_OK):
        return False
    return stamp.fingerprint == fingerprint(root, stamp.device, dev=stamp.dev)


def begin(root: Path, device: str, *, dev: bool) -> None:
    """Declare the environment incomplete, before anything in it changes, but not what it is for."""
    _write(root, Stamp(device, dev, fingerprint=""))


def complete(root: Path, device: str, *, dev: bool) -> None:
    """Declare the environment complete."""
    _write(root, Stamp(device, dev, fingerprint(root, device, dev=dev)))


def _write(root: Path, stamp: Stamp) -> None:
    target = root / ".venv" / NAME
    temporary = target.with_suffix(".new")
    temporary.write_text(json.dumps(vars(stamp)), encoding="utf-8")
    temporary.replace(target)
