"""`desktop-llm quantize` as a person has it: the real command, worker and engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_llm.config.paths import guide_model
from tests.cli.test_real_chat import left_behind

pytestmark = [pytest.mark.engine, pytest.mark.timeout(400)]
COMMAND = [sys.executable, "-m", "desktop_llm"]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of its own; afterwards no process may be left that knew of it."""
    home = tmp_path / "home"
    yield os.environ | {"DESKTOP_LLM_HOME": str(home)}
    assert left_behind(home) == []


def ran(environment: dict[str, str], *given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *given],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        env=environment,
    )


def quantize(*given: str, out: Path) -> list[str]:
    return ["quantize", "--model", str(guide_model()), "--out", str(out), *given]


def test_that_a_model_becomes_smaller_and_answers(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "small"
    made = ran(environment, *quantize("--method=rtn", "--group-size=64", "--json", out=out))
    assert made.returncode == 0, made.stderr
    result = json.loads(made.stdout)
    assert result["output"] == str(out)
    assert result["output_bytes"] < sum(file.stat().st_size for file in guide_model().glob("*.*"))
    assert made.stderr.splitlines()[:3] == ["Preparing…", "Quantizing…", "Checking the result…"]

    asked = ran(
        environment, "chat", "--model", str(out), "--prompt", "Hello", "--json", "--max-tokens=8"
    )
    assert asked.returncode == 0, asked.stderr
    assert json.loads(asked.stdout)["completion_tokens"] > 0

    again = ran(environment, *quantize("--method=rtn", out=out))
    assert (again.returncode, again.stdout) == (2, "")
    assert str(out) in again.stderr


def test_that_bad_input_is_told_before_anything_is_written(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "small"
    wrong = ran(environment, *quantize("--group-size=48", out=out))
    assert wrong.returncode == 2
    assert "group size" in wrong.stderr
    missing = ran(environment, *quantize("--calibration=nowhere.txt", out=out))
    assert missing.returncode == 2
    assert "nowhere.txt" in missing.stderr
    assert not out.exists()


def test_that_ctrl_c_ends_it_and_leaves_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    out = tmp_path / "small"
    process = subprocess.Popen(
        [*COMMAND, *quantize("--group-size=64", "--samples=256", out=out)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    assert process.stderr is not None
    while "Quantizing…" not in process.stderr.readline():
        assert process.poll() is None
    time.sleep(1.0)  # in the middle of the worker's imports
    process.send_signal(signal.SIGINT)
    began = time.monotonic()
    said = process.stderr.read()
    assert process.wait(30) == 130
    assert time.monotonic() - began < 10
    assert "nothing was kept" in said
    assert [path.name for path in tmp_path.iterdir() if path.name != "home"] == []
