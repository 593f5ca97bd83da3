"""A real engine for the tests: one thread, one load shared by all that do not need their own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_llm.app import find_remedies, read_device_memory
from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.engine.engine import Engine
from desktop_llm.engine.loop import EngineLoop
from desktop_llm.engine.types import ChatMessage, GenerationRequest, LoadRequest, Phase
from tests.helpers.processes import living_descendants
from tests.helpers.tiny_models import TinyModels, tiny_models

__all__ = ["tiny_models"]

# Eager and small: a load takes seconds, and what is tested is the same.
QUICK = LoadProfile(enforce_eager=True, kv_cache=KvCacheSize(gib=0.125), max_sequences=64)


def phase_of(engine: Engine) -> Phase:
    """Its phase now: read through a call, for what is asserted of an attribute is taken to last."""
    return engine.state.phase


def chat(text: str = "What can you do?", **settings: object) -> GenerationRequest:
    """A request of one question."""
    from desktop_llm.config.sampling import SamplingSettings

    return GenerationRequest(
        (ChatMessage("user", text),), SamplingSettings.model_validate(settings)
    )


class Running:
    """An engine on its own loop, driven from the test's thread."""

    def __init__(self, folder: Path) -> None:
        self.loop = EngineLoop()
        self.loop.start()
        self.run = self.loop.run
        # Short, as a person's is: a socket's path must fit.
        self._runtime = tempfile.TemporaryDirectory(prefix="run-")
        self.engine = Engine(
            Path(self._runtime.name),
            folder / "logs",
            read_device_memory,
            lambda: 0.5,
            find_remedies=lambda plan, profile: find_remedies(folder / "loads", plan, profile),
        )

    def close(self) -> None:
        self.run(self.engine.close())
        self.loop.stop()
        self._runtime.cleanup()


@pytest.fixture
def new_engine(tmp_path: Path) -> Iterator[Callable[[], Running]]:
    """Makes engines that are closed after the test, and looks that they left no process."""
    made: list[Running] = []

    def make() -> Running:
        made.append(Running(tmp_path / f"engine-{len(made)}"))
        return made[-1]

    yield make
    for running in made:
        running.close()
    assert descendants() == []


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels) -> Iterator[Running]:
    """One loaded engine for every test that only generates."""
    running = Running(tmp_path_factory.mktemp("shared-engine"))
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))
    yield running
    running.close()


def descendants() -> list[str]:
    """Names of this process's living descendants."""
    return [" ".join(process.cmdline()) for process in living_descendants()]
