"""The terminal chat as a person has it: the real command, the real engine, the guide model."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from tests.helpers.pty_process import PtyProcess

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]
COMMAND = [sys.executable, "-m", "desktop_llm"]


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A home of its own, no display; afterwards no process may be left that knew of it."""
    home = tmp_path / "home"
    variables = os.environ | {"DESKTOP_LLM_HOME": str(home), "TERM": "xterm"}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        variables.pop(name, None)
    yield variables
    assert left_behind(home) == []


def left_behind(home: Path) -> list[str]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("DESKTOP_LLM_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


@pytest.fixture
def eager(environment: dict[str, str]) -> dict[str, str]:
    """The guide loads without compiling, which is all a test of the terminal needs."""
    profiles = ProfileStore(Path(environment["DESKTOP_LLM_HOME"]) / "config" / "profiles.json")
    profiles.save(guide_model(), LoadProfile(enforce_eager=True))
    profiles.flush()
    return environment


def test_that_without_display_and_input_the_guide_introduces_itself(
    environment: dict[str, str],
) -> None:
    ran = subprocess.run(
        COMMAND,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        env=environment,
    )
    assert ran.returncode == 0, ran.stderr
    answer, figures = ran.stdout.rstrip("\n").rsplit("\n", 1)
    assert "guide" in answer
    assert re.fullmatch(r"TTFT \S+ m?s · \S+ tok/s · \d+ tokens · stop", figures)
    assert ran.stderr.startswith("There is no display")
    assert "guide-model is ready" in ran.stderr
    assert "WARNING" not in ran.stderr


def test_that_lines_become_json_and_nothing_else_is_printed(eager: dict[str, str]) -> None:
    ran = subprocess.run(
        [*COMMAND, "chat", "--json", "--max-tokens", "8", "--temperature", "0"],
        input="What is a KV cache?\nWhat is a KV cache?\n",
        capture_output=True,
        text=True,
        timeout=500,
        env=eager,
    )
    assert ran.returncode == 0, ran.stderr
    first, second = map(json.loads, ran.stdout.splitlines())
    assert first["text"] == second["text"], "each line is a question of its own"
    assert first["completion_tokens"] == 8
    assert first["finish_reason"] == "length"
    assert first["prompt_tokens"] > 3
    assert first["ttft_ms"] > 0


def test_that_ctrl_c_stops_an_answer_and_leaves_the_engine_alone(eager: dict[str, str]) -> None:
    chat = PtyProcess([*COMMAND, "chat"], eager)
    try:
        chat.wait_for("is ready", 500)
        chat.wait_for("> ")
        for _ in range(5):  # a short answer may have ended just before
            chat.type("What can you do?\n")
            chat.wait_for("guide")
            chat.type("\x03")
            end = chat.wait_for_any(["stopped", "again to leave"])
            chat.wait_for("> ")
            if end == "stopped":
                break
        assert end == "stopped"
        chat.type("What is a KV cache?\n")
        chat.wait_for("tok/s")
        chat.wait_for("> ")
        chat.type("\x04")
        assert chat.wait_exit(60) == 0
        assert "Traceback" not in chat.output
    finally:
        chat.close()


def test_that_ctrl_c_during_the_load_leaves_nothing_behind(eager: dict[str, str]) -> None:
    chat = PtyProcess([*COMMAND, "chat"], eager)
    try:
        chat.wait_for("Reading weights", 300)
        chat.type("\x03")
        chat.wait_for("Interrupted.", 60)
        assert chat.wait_exit(60) == 130
        assert "Traceback" not in chat.output
    finally:
        chat.close()
