"""Files are written whole, or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm.core.files import write_atomic


def test_that_a_file_is_made_with_its_folder_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "file.json"
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write_atomic(path, b"newer", mode=0o644)
    assert path.read_bytes() == b"newer"
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("broken", ["fsync", "fchmod", "replace"])
def test_that_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    path = tmp_path / "file"
    write_atomic(path, b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path if broken == "replace" else os, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomic(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("moment", ["os.fsync", "pathlib.Path.replace"])
def test_that_a_crash_leaves_the_old_file_whole(tmp_path: Path, moment: str) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = (
        "import os, pathlib\n"
        "from desktop_llm.core.files import write_atomic\n"
        f"{moment} = lambda *_: os.kill(os.getpid(), 9)\n"
        f"write_atomic(pathlib.Path({str(path)!r}), b'new' * 10_000)\n"
    )
    child = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert child.returncode == -9
    assert path.read_bytes() == b"old"


def test_that_a_crash_after_the_rename_leaves_the_new_file_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    code = (
        "import os, pathlib\n"
        "from desktop_llm.core.files import write_atomic\n"
        "rename = pathlib.Path.replace\n"
        "pathlib.Path.replace = lambda *a: (rename(*a), os.kill(os.getpid(), 9))\n"
        f"write_atomic(pathlib.Path({str(path)!r}), b'new' * 10_000)\n"
    )
    child = subprocess.run([sys.executable, "-c", code], timeout=60)
    assert child.returncode == -9
    assert path.read_bytes() == b"new" * 10_000
    assert list(tmp_path.iterdir()) == [path]


def test_that_a_folder_in_the_way_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(OSError, match="taken"):
        write_atomic(tmp_path / "taken" / "file", b"x")
