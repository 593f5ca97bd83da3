"""The .venv itself: made, looked through for what is whole, cleaned of what is not."""

from __future__ import annotations

import csv
import importlib.metadata
import importlib.util
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.errors import SetupError
from bootstrapping.locks import Versions, normalized
from bootstrapping.system import install_command, python_name


@dataclass(frozen=True)
class Environment:
    """A virtual environment that starts and has pip."""

    folder: Path
    python: Path
    site: Path
    version: tuple[int, int]


def _probe(folder: Path) -> Environment | None:
    """The environment in `folder`, or None if it does not start or lacks a whole pip."""
    python = folder / "bin" / "python"
    probe = "import sys, sysconfig; print(*sys.version_info[:2], sysconfig.get_path('purelib'))"
    try:
        result = subprocess.run([python, "-I", "-c", probe], capture_output=True, text=True)
    except OSError:
        return None
    if result.returncode != 0:
        return None
    major, minor, site = result.stdout.strip().split(" ", 2)
    version = (int(major), int(minor))
    if not (3, 11) <= version <= (3, 13) or not Path(site).is_relative_to(folder):
        return None
    environment = Environment(folder, python, Path(site), version)
    return environment if "pip" in whole(environment) else None


def open_or_make(folder: Path) -> Environment:
    """The environment in `folder`, made anew if it is missing or broken beyond use.

    Raises SetupError without Python's venv module, or where the folder cannot be written.
    """
    if environment := _probe(folder):
        return environment
    package = install_command(f"{python_name()}-venv", python_name())
    remedy = (
        f"This Python cannot make virtual environments. To install what it lacks: {package}. "
        "Then run the same command again."
    )
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        raise SetupError(remedy)
    try:
        if folder.exists():
            shutil.rmtree(folder)
        command = [sys.executable, "-I", "-m", "venv", str(folder)]
        result = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise SetupError(f"Cannot make {folder}: {error.strerror}. {WRITABLE}") from error
    environment = _probe(folder) if result.returncode == 0 else None
    if environment is None:
        said = (result.stdout + result.stderr).strip()
        if "ensurepip" in said:
            raise SetupError(remedy)
        last = said.splitlines()[-1] if said else "python -m venv left no working environment"
        raise SetupError(f"Cannot make {folder}: {last}. {WRITABLE}")
    return environment


WRITABLE = "Check that this folder is yours to write and its disk is not full, then run again."


def _is_whole(distribution: importlib.metadata.PathDistribution) -> bool:
    """Whether every file the distribution recorded is there in its full size.

    pip writes RECORD last: without one, the install was cut short.
    """
    record = distribution.read_text("RECORD")
    if not record or not distribution.read_text("METADATA"):
        return False
    for row in csv.reader(record.splitlines()):
        if len(row) != 3 or not row[2] or row[0].endswith(".pyc"):  # pip compiles those anew
            continue
        try:
            size = Path(str(distribution.locate_file(row[0]))).stat().st_size
        except OSError:
            return False
        if size != int(row[2]):
            return False
    return True


def whole(environment: Environment) -> Versions:
    """The distributions that are installed completely, with their versions."""
    return {
        normalized(distribution.metadata["Name"]): distribution.metadata["Version"]
        for folder in environment.site.glob("*.dist-info")
        if _is_whole(distribution := importlib.metadata.PathDistribution(folder))
    }


def clear_remains(environment: Environment) -> None:
    """Remove what an interrupted pip leaves, so that pip does not take it for installed."""
    remains = [folder for folder in environment.site.glob("~*") if folder.is_dir()]
    remains += [
        folder
        for folder in environment.site.glob("*.dist-info")
        if not _is_whole(importlib.metadata.PathDistribution(folder))
    ]
    for folder in remains:
        shutil.rmtree(folder)


def size(folder: Path) -> int:
    """The bytes under `folder`; 0 if it is not there."""
    return sum(
        Path(base, name).lstat().st_size for base, _, names in os.walk(folder) for name in names
    )
