"""An engine that ends by itself, on stand-ins: what is told, and in which order it is tidied up."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.engine import engine as engine_module
from desktop_llm.engine.engine import Engine
from desktop_llm.engine.errors import engine_died
from desktop_llm.engine.loaded import Loaded
from desktop_llm.engine.types import EngineState, LoadRequest, Phase
from tests.engine.conftest import chat, phase_of

pytestmark = pytest.mark.timeout(60)


def new_engine(folder: Path) -> Engine:
    return Engine(folder / "run", folder / "logs", lambda *_: None, lambda: 0.0)


def finished_pid() -> int:
    """Of a process that has ended and is reaped."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def loaded_engine(core_pid: int) -> Loaded:
    """As after a load, with an EngineCore of this pid and no other process."""
    loaded = Loaded.__new__(Loaded)
    manager = SimpleNamespace(processes=[SimpleNamespace(pid=core_pid)])
    loaded._llm = SimpleNamespace(
        engine_core=SimpleNamespace(resources=SimpleNamespace(engine_manager=manager)),
        shutdown=lambda _timeout: None,
    )
    loaded._builder = None  # type: ignore[assignment]
    loaded._watched = []
    loaded._children = SimpleNamespace(  # type: ignore[assignment]
        lasting=list, end=lambda _seconds: [], close=lambda: None
    )
    loaded.generation = SimpleNamespace(fail_all=lambda: None)  # type: ignore[assignment]
    loaded.model = SimpleNamespace(path=Path("/m"))  # type: ignore[assignment]
    return loaded


async def test_that_an_engine_that_ended_before_it_was_watched_is_never_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = new_engine(tmp_path)
    states: list[EngineState] = []
    engine.changed.subscribe(states.append)

    async def run(_loading: object) -> Loaded:
        return loaded_engine(finished_pid())

    monkeypatch.setattr(engine_module, "_run", run)
    with pytest.raises(AppError) as died:
        await engine.load(LoadRequest(Path("/m")))
    assert died.value.code == "engine.died"
    assert engine.state.phase is Phase.FAILED
    assert engine.state.failure is died.value
    assert Phase.READY not in [state.phase for state in states]
    await engine.close()


async def test_that_an_engine_that_ends_later_is_noticed(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec("sleep", "60")
    loaded = loaded_engine(process.pid)
    told = asyncio.Event()
    loaded.watch(lambda _failure: told.set())
    await asyncio.sleep(0.05)
    assert not told.is_set()
    process.kill()
    await asyncio.wait_for(told.wait(), 1)
    await process.wait()


class Dying:
    """A loaded engine whose answers find it dead, and which takes `end` to be tidied up."""

    def __init__(self, error: AppError | None = None) -> None:
        self.error = error or engine_died()
        self.model = SimpleNamespace(path=Path("/m"))
        self.generation = self
        self.tidied = asyncio.Event()
        self.ended = False

    async def generate(self, _request: object) -> AsyncIterator[Any]:
        nothing: tuple[Any, ...] = ()
        for delta in nothing:
            yield delta
        raise self.error

    async def end(self) -> None:
        await self.tidied.wait()
        self.ended = True


async def test_that_an_answer_that_finds_the_engine_dead_is_enough_to_tell(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    dying = Dying()
    engine._loaded = dying  # type: ignore[assignment]
    engine._state = EngineState(Phase.READY, Path("/m"))
    with pytest.raises(AppError) as died:
        await anext(engine.generate(chat()))
    assert engine.state.phase is Phase.FAILED
    assert engine.state.failure is died.value
    dying.tidied.set()
    await engine.close()
    assert dying.ended


async def test_that_why_an_answer_failed_is_in_the_log_that_is_shown(tmp_path: Path) -> None:
    engine = new_engine(tmp_path)
    error = AppError("engine.generation_failed", "It failed.", fix=Fix.SHOW_LOG)
    error.__cause__ = RuntimeError("the reason in vLLM")
    engine._loaded = Dying(error)  # type: ignore[assignment]
    engine._state = EngineState(Phase.READY, Path("/m"))
    engine._log = tmp_path / "engine.log"
    with pytest.raises(AppError):
        await anext(engine.generate(chat()))
    assert engine.state.phase is Phase.READY
    assert "the reason in vLLM" in engine.raw_log()
    engine._loaded = None
    await engine.close()


async def test_that_a_load_begins_only_when_the_dead_engine_is_tidied_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its processes would else be ended beside those of the new one, and its variables unset."""
    engine = new_engine(tmp_path)
    dying = Dying()
    engine._loaded = dying  # type: ignore[assignment]
    tidied_at_begin: list[bool] = []

    async def run(_loading: object) -> Loaded:
        tidied_at_begin.append(dying.ended)
        return loaded_engine(os.getpid())

    monkeypatch.setattr(engine_module, "_run", run)
    engine._on_death(dying, engine_died())  # type: ignore[arg-type]
    assert phase_of(engine) is Phase.FAILED
    load = asyncio.ensure_future(engine.load(LoadRequest(Path("/m"))))
    await asyncio.sleep(0.05)
    assert tidied_at_begin == []
    dying.tidied.set()
    await load
    assert tidied_at_begin == [True]
    assert phase_of(engine) is Phase.READY
    assert engine._loaded is not None
    engine._loaded._unwatch()
    engine._loaded = None
    await engine.close()


@pytest.mark.parametrize("name", ["run", "logs"])
async def test_that_a_load_that_cannot_write_has_failed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("a file is in the way", "utf-8")
    engine = new_engine(tmp_path)
    with pytest.raises(AppError) as failed:
        await engine.load(LoadRequest(Path("/m")))
    assert failed.value.code == "engine.no_runtime_folder"
    assert engine.state.phase is Phase.FAILED
    assert engine.state.failure is failed.value
    await engine.close()
