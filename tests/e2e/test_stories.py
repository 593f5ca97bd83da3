"""Whole stories in a real window under Xvfb, on the real engine and the guide model."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.paths import AppPaths, guide_model
from desktop_llm.config.profiles import KvCacheSize, LoadProfile, ProfileStore
from desktop_llm.core.logs import LOG_NAME
from desktop_llm.core.processes import runs

pytestmark = [pytest.mark.e2e, pytest.mark.engine, pytest.mark.timeout(400)]

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "build" / "screenshots"


@pytest.fixture(scope="module")
def display() -> Iterator[str]:
    """A display of our own, so that pictures have one size and nothing else is on them."""
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("Xvfb is not installed (on Debian or Ubuntu: sudo apt install xvfb)")
    read, write = os.pipe()
    server = subprocess.Popen(
        [xvfb, "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"],
        pass_fds=[write],
        stderr=subprocess.DEVNULL,
    )
    os.close(write)
    with os.fdopen(read) as stream:
        number = stream.readline().strip()
    assert number, "Xvfb did not start"
    yield f":{number}"
    server.terminate()
    server.wait()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One person's folders, through all the stories in order."""
    return tmp_path_factory.mktemp("home")


def play(story: str, display: str, home: Path, *, killed: bool = False) -> dict[str, Any]:
    """Play `story` in a process of its own; what it saw."""
    command = [sys.executable, "-m", "tests.e2e.stage", story, str(home), str(PICTURES)]
    environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    environment.pop("WAYLAND_DISPLAY", None)
    played = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=380
    )
    log = home / "logs" / LOG_NAME
    told = f"{played.stdout[-2000:]}\n{played.stderr[-6000:]}"
    assert played.returncode == (-9 if killed else 0), told + (
        log.read_text("utf-8")[-2000:] if log.is_file() else ""
    )
    seen: dict[str, Any] = json.loads(played.stdout.strip().splitlines()[-1])
    if not killed:
        assert seen["left_behind"] == []
        # The window is gone by then; an import of vLLM under way cannot be ended, only waited for.
        assert seen["closing_s"] < 40
    return seen


def test_1_that_a_first_start_ends_in_a_streamed_answer(display: str, home: Path) -> None:
    seen = play("first_chat", display, home)
    assert len(seen["sizes_on_screen"]) >= 3, "it came in pieces"
    assert "guide" in seen["answer"]
    assert seen["shown"].splitlines()[0] == seen["answer"].splitlines()[0]
    ttft_ms, tokens_per_s, tokens, finish_reason = seen["metrics"]
    assert ttft_ms > 0
    assert tokens_per_s > 1
    assert tokens > 20
    assert finish_reason == "stop"
    assert seen["streams_at_once"] == 2
    assert seen["still_streaming_after_switching"]
    assert seen["long_answer_tokens"] == 1200
    assert len(seen["conversations"]) == 2
    assert seen["refused_text_kept"] == "And what is AWQ?"
    assert seen["messages_after_refusal"] == 4
    for picture in ("first-start", "loading", "answer-light", "answer-dark"):
        assert (PICTURES / f"{picture}.png").stat().st_size > 10_000


def test_2_that_a_killed_engine_is_said_within_a_second_and_reloads(
    display: str, home: Path
) -> None:
    seen = play("engine_killed", display, home)
    assert seen["told_after_s"] < 1.0
    assert len(seen["kept"]) > 40
    assert seen["shown"].split()[:5] == seen["kept"].replace("*", "").split()[:5]
    assert seen["after_reload"] == "complete"


def test_3_that_a_killed_app_keeps_its_answer_and_leaves_no_process(
    display: str, home: Path
) -> None:
    seen = play("app_killed", display, home, killed=True)
    deadline = time.monotonic() + 2
    while any(map(runs, seen["children"])) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in seen["children"] if runs(pid)]

    kept = play("after_the_kill", display, home)["kept"]
    assert len(kept) > 40


def test_4_that_a_failed_load_says_why(display: str, home: Path) -> None:
    paths = AppPaths(home / "config", home / "data", home / "cache", home / "logs")
    model = paths.models / "context-too-long-for-its-cache"
    shutil.copytree(guide_model(), model, ignore=shutil.ignore_patterns("training"))
    config = json.loads((model / "config.json").read_text("utf-8"))
    config["max_position_embeddings"] = 10_000_000
    (model / "config.json").write_text(json.dumps(config), "utf-8")
    profile = LoadProfile(
        context_length=5_000_000, kv_cache=KvCacheSize(gib=0.0625), enforce_eager=True
    )
    profiles = ProfileStore(paths.profiles)
    profiles.save(model, profile)
    profiles.flush()
    seen = play("failed_load", display, home)
    assert "does not fit in the KV cache" in seen["failure"]
    assert seen["log_button"]


def test_5_that_the_wizard_makes_a_model_to_chat_with(display: str, home: Path) -> None:
    seen = play("quantized", display, home)
    assert seen["failure"] is None
    assert seen["answered_meanwhile"] == ["complete", True]
    assert seen["phases"][-1] == "done"
    assert "Perplexity" in seen["verdict"]
    assert {"Perplexity", "Size on disk", "Weight memory", "TTFT"} <= set(seen["figures"])
    assert seen["first_words"].strip()
    for picture in ("1-model", "2-method", "3-calibration", "4-check", "5-run", "6-result"):
        assert (PICTURES / f"quantize-{picture}.png").stat().st_size > 10_000
