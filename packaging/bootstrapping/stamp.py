"""The note that says an environment is complete. Written last, so its absence means "repair".

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
    """What the environment was completed for: a device, and whether with the test tools."""

    device: str
    dev: bool
    fingerprint: str


def python_of(root: Path) -> Path:
    """The environment's interpreter."""
    return root / ".venv" / "bin" / "python"


def fingerprint(root: Path, device: str, *, dev: bool) -> str:
    """A hash of everything whose change calls for another look at the environment.

    The folder is part of it because the environment's scripts and .pth file name it.
    """
    files = [root / "pyproject.toml", root / "desktop_llm" / "__init__.py"]
    files += [locks.path(root, name) for name in ([device, "dev"] if dev else [device])]
    digest = hashlib.sha256(str(root).encode())
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


def write(root: Path, device: str, *, dev: bool) -> None:
    """Declare the environment complete."""
    values = {"device": device, "dev": dev, "fingerprint": fingerprint(root, device, dev=dev)}
    target = root / ".venv" / NAME
    temporary = target.with_suffix(".new")
    temporary.write_text(json.dumps(values), encoding="utf-8")
    temporary.replace(target)


def remove(root: Path) -> None:
    """Declare the environment incomplete, before anything in it changes."""
    (root / ".venv" / NAME).unlink(missing_ok=True)
