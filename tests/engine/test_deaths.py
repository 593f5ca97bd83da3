"""Processes killed at bad moments: told at once, nothing left behind, and it goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.engine.types import EngineState, LoadRequest, Phase, Stage
from tests.engine.conftest import QUICK, Running, chat, descendants
from tests.helpers.processes import left_after
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.mark.parametrize("victim", ["EngineCore", "Worker"])
def test_that_a_killed_engine_is_told_within_a_second_and_reloads(
    victim: str, new_engine: Callable[[], Running], tiny_models: TinyModels
) -> None:
    running = new_engine()
    request = LoadRequest(tiny_models.folder("llama"), QUICK)
    running.run(running.engine.load(request))
    failed_at: list[float] = []

    def note(state: EngineState) -> None:
        if state.phase is Phase.FAILED:
            failed_at.append(time.monotonic())

    running.engine.changed.subscribe(note)

    killed_at: list[float] = []

    async def stream_and_kill() -> None:
        async for delta in running.engine.generate(chat(max_tokens=490, ignore_eos=True)):
            if delta.completion_tokens > 20 and not killed_at:
                killed_at.append(time.monotonic())
                kill(victim)

    with pytest.raises(AppError) as died:
        running.run(stream_and_kill())
    told_after = time.monotonic() - killed_at[0]
    assert (died.value.code, died.value.fix) == ("engine.died", Fix.RELOAD_MODEL)
    assert told_after < 1.0
    assert failed_at
    assert failed_at[0] - killed_at[0] < 1.0

    running.run(running.engine.load(request))
    assert running.engine.state.phase is Phase.READY


@pytest.mark.parametrize("victim", ["EngineCore", "Worker"])
def test_that_a_process_killed_during_a_load_is_told_as_short_memory(
    victim: str, new_engine: Callable[[], Running], tiny_models: TinyModels
) -> None:
    """As the kernel does it: the weights are in the Worker, which cannot say a word any more."""
    running = new_engine()
    killed: list[str] = []

    def kill_once(state: EngineState) -> None:
        if not killed and state.progress and state.progress.stage is Stage.WEIGHTS:
            killed.append(victim)
            kill(victim)

    running.engine.changed.subscribe(kill_once)
    with pytest.raises(AppError) as failed:
        running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))
    assert killed
    assert failed.value.code.startswith("engine.no_memory_for")
    assert running.engine.state.phase is Phase.FAILED


@pytest.mark.parametrize("moment", ["inspecting", "starting", "weights", "ready", "streaming"])
def test_that_a_killed_app_leaves_no_process_two_seconds_later(
    moment: str, tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if moment == "inspecting":  # which vLLM does once for each architecture
        monkeypatch.setenv("VLLM_CACHE_ROOT", str(tmp_path / "vllm"))
    command = [sys.executable, "-m", "tests.helpers.doomed_app", moment]
    app = subprocess.Popen(
        [*command, str(tiny_models.folder("llama")), str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).resolve().parents[2],
    )
    assert app.stdout is not None
    assert app.stdout.readline() == f"{moment}\n"
    children = psutil.Process(app.pid).children(recursive=True)
    assert children
    os.kill(app.pid, signal.SIGKILL)
    app.wait()
    assert left_after(2, children) == []


def kill(name: str) -> None:
    """SIGKILL the descendant whose title has `name` (vLLM names its processes)."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):  # one that has just ended
            if name in " ".join(process.cmdline()):
                process.kill()
                return
    raise AssertionError(f"no process {name} among {descendants()}")
