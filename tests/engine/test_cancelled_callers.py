"""Whoever asked for a load or an unload goes away, as a closed window does: it ends all the same.

The build is a stand-in that starts a real process as late as vLLM does; no vLLM is needed.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.engine import importing
from desktop_llm.engine.engine import Engine
from desktop_llm.engine.loading import Loading
from desktop_llm.engine.types import LoadRequest, Phase
from tests.engine.conftest import Running, descendants, phase_of

pytestmark = pytest.mark.timeout(60)


def test_that_a_load_ends_when_its_caller_is_cancelled(
    new_engine: Callable[[], Running], monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []

    def build(self: Loading) -> Any:
        time.sleep(0.5)
        process = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(20,))
        process.start()
        started.append(True)
        process.join()
        raise RuntimeError("the engine's process has ended")

    monkeypatch.setattr(importing, "import_vllm", lambda: None)
    monkeypatch.setattr(Loading, "_build", build)
    running = new_engine()

    async def close_the_window() -> float:
        load = asyncio.ensure_future(running.engine.load(LoadRequest(Path("/m"), LoadProfile())))
        await asyncio.sleep(0.2)
        load.cancel()
        began = time.monotonic()
        await running.engine.close()
        assert load.cancelled()
        return time.monotonic() - began

    assert running.run(close_the_window()) < 10
    assert started == [True]
    assert running.engine.state.phase is Phase.UNLOADED
    assert descendants() == []


async def test_that_an_unload_ends_when_its_caller_is_cancelled(tmp_path: Path) -> None:
    engine = Engine(tmp_path / "run", tmp_path / "logs", lambda *_: None, lambda: 0.0)
    stopped = asyncio.Event()

    async def stop(_seconds: float) -> None:
        await asyncio.sleep(0.1)
        stopped.set()

    model = SimpleNamespace(path=tmp_path)
    engine._loaded = SimpleNamespace(model=model, stop=stop)  # type: ignore[assignment]
    unload = asyncio.ensure_future(engine.unload())
    await asyncio.sleep(0.02)
    assert phase_of(engine) is Phase.UNLOADING
    unload.cancel()
    await asyncio.wait({unload})
    assert stopped.is_set()
    assert phase_of(engine) is Phase.UNLOADED
    await engine.close()


async def test_that_a_load_waiting_for_the_model_before_it_is_cancelled(tmp_path: Path) -> None:
    """The model before it still lets its answers finish; the load behind it never begins."""
    engine = Engine(tmp_path / "run", tmp_path / "logs", lambda *_: None, lambda: 0.0)
    drained = asyncio.Event()

    async def stop(_seconds: float) -> None:
        await drained.wait()

    engine._loaded = SimpleNamespace(model=SimpleNamespace(path=tmp_path), stop=stop)  # type: ignore[assignment]
    load = asyncio.ensure_future(engine.load(LoadRequest(Path("/m"), LoadProfile())))
    await asyncio.sleep(0.02)
    assert phase_of(engine) is Phase.UNLOADING
    cancel = asyncio.ensure_future(engine.cancel_load())
    await asyncio.sleep(0.02)
    drained.set()
    await cancel
    with pytest.raises(AppError) as outcome:
        await load
    assert outcome.value.code == "engine.superseded"
    assert phase_of(engine) is Phase.UNLOADED
    await engine.close()
