"""The folder of one load, and what is left of those whose app was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm.engine.child import launch
from desktop_llm.engine.environment import KERNELS_VARIABLE
from desktop_llm.engine.scratch import SOCKETS_VARIABLE, Scratch

HOLD = (
    "import sys; from pathlib import Path; from desktop_llm.engine.scratch import Scratch;"
    "scratch = Scratch(Path(sys.argv[1])); print(scratch.path, flush=True); input()"
)


def test_that_the_folder_goes_with_all_in_it(tmp_path: Path) -> None:
    scratch = Scratch(tmp_path / "run")
    (scratch.path / "socket").touch()
    scratch.remove()
    scratch.remove()
    assert list((tmp_path / "run").iterdir()) == []


@pytest.mark.engine
def test_that_torch_keeps_its_compiled_headers_in_the_cache_and_not_in_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernels = tmp_path / "inductor"
    monkeypatch.setenv(KERNELS_VARIABLE, str(kernels))
    scratch = Scratch(tmp_path / "run")
    program = (
        "import sys, tempfile; tempfile.tempdir = sys.argv[1];"
        "from torch._inductor.codecache import _HEADER_DIR as folder;"
        "import os; os.makedirs(folder); print(os.path.realpath(folder))"
    )
    command = [sys.executable, "-c", program, str(scratch.path)]
    folder = Path(subprocess.check_output(command, text=True).strip())
    assert folder.is_relative_to(kernels)
    scratch.remove()
    assert folder.is_dir()


def test_that_the_folder_of_a_killed_app_is_removed_and_that_of_a_living_one_is_not(
    tmp_path: Path,
) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    theirs = Path(holder.stdout.readline().strip())
    (theirs / "socket").touch()
    shared = Path(f"/dev/shm/psm_{os.getpid()}")
    shared.touch()
    (theirs / "shared-memory").write_text(f"{shared}\n{tmp_path}", "utf-8")
    first = Scratch(tmp_path)
    assert (theirs / "socket").exists()
    assert shared.exists()

    holder.kill()
    holder.communicate()
    second = Scratch(tmp_path)
    assert not theirs.exists()
    assert not shared.exists()
    assert {first.path, second.path} == set(tmp_path.iterdir())
    first.remove()
    second.remove()


def test_that_processes_are_sent_there_unless_a_socket_would_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(SOCKETS_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    short = Scratch(Path("run"))
    assert short.variables() == {
        launch.SCRATCH_VARIABLE: str(short.path),
        SOCKETS_VARIABLE: str(short.path),
    }
    long = Scratch(Path("r" * 60))
    assert long.variables() == {}
    assert len(os.fsencode(long.path)) > 70
    short.remove()
    long.remove()
