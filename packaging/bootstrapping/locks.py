"""Reading packaging/locks/: `name==version` lines, some with a marker on the Python version."""

from __future__ import annotations

import operator
import re
from pathlib import Path

_LINE = re.compile(r'(\S+)==(\S+)(?:\s*;\s*python_version\s*(<=|>=|==|!=)\s*"(\d+)\.(\d+)")?')
_COMPARE = {"<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne}

Versions = dict[str, str]


def normalized(name: str) -> str:
    """A distribution's name as PEP 503 compares it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def parse(text: str, python: tuple[int, int]) -> Versions:
    """The versions a lock asks for on this Python. Raises ValueError on a line it cannot read."""
    versions: Versions = {}
    for line in text.splitlines():
        wanted = line.split("#")[0].strip()
        if not wanted:
            continue
        match = _LINE.fullmatch(wanted)
        if match is None:
            raise ValueError(f"not a lock line: {line}")
        name, version, compare, major, minor = match.groups()
        if compare is None or _COMPARE[compare](python, (int(major), int(minor))):
            versions[normalized(name)] = version
    return versions


def path(root: Path, name: str) -> Path:
    """Where the lock called `name` (cuda, cpu or dev) lies."""
    return root / "packaging" / "locks" / f"{name}.txt"


def read(root: Path, name: str, python: tuple[int, int]) -> Versions:
    """The versions in the lock called `name`."""
    return parse(path(root, name).read_text(encoding="utf-8"), python)
