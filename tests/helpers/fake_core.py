"""A core without vLLM: a scripted engine with a life cycle, and the real store and chat service."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.config.paths import AppPaths
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from desktop_llm.config.settings import SettingsStore
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import GIB
from desktop_llm.engine.types import (
    EngineState,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    Phase,
    Stage,
)
from desktop_llm.models.catalog import ModelCatalog
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.telemetry.figures import EngineFigures
from desktop_llm.telemetry.gpus import Gpu, GpuReading
from desktop_llm.telemetry.machine import MachineFacts
from desktop_llm.telemetry.monitor import Monitor
from desktop_llm.telemetry.sample import DriverState, RamSample, Sample
from desktop_llm.telemetry.sampler import Sampler
from desktop_llm.telemetry.usage import UsageMeter
from tests.helpers.fake_engine import FakeEngine, loaded_model
from tests.helpers.fake_port import FakePort
from tests.helpers.fake_quantize import FakeQuantize

T = TypeVar("T")


@dataclass
class FakeEngineControl(FakeEngine):
    """Loads by script: `stages` are reported, then `failure` is raised or the model is ready.

    With `hold_load`, a load waits at its last stage until the event is set (on the engine loop).
    """

    stages: Sequence[LoadProgress] = (
        LoadProgress(Stage.WEIGHTS, 0.3, 0.5, 1.0),
        LoadProgress(Stage.KV_CACHE, 0.8, None, 2.0),
    )
    failure: AppError | None = None
    hold_load: asyncio.Event | None = None
    loads: list[LoadRequest] = field(default_factory=list)
    log: str = "INFO the engine's own words\n"
    context_length: int = 4096
    _wish: int = 0

    def __post_init__(self) -> None:
        self._state = EngineState()

    async def load(self, request: LoadRequest) -> LoadedModel:
        wish = self._new_wish()
        self.loads.append(request)
        self.set_state(EngineState(Phase.LOADING, request.path))
        for progress in self.stages:
            await asyncio.sleep(0)
            self.set_state(EngineState(Phase.LOADING, request.path, progress=progress))
        if self.hold_load is not None:
            await self.hold_load.wait()
        if wish != self._wish:
            raise AppError("engine.superseded", "This load was cancelled.")
        if self.failure is not None:
            self.set_state(EngineState(Phase.FAILED, request.path, failure=self.failure))
            raise self.failure
        model = replace(loaded_model(self.context_length), path=request.path)
        self.set_state(EngineState(Phase.READY, request.path, model=model))
        return model

    async def cancel_load(self) -> None:
        if self.state.phase is Phase.LOADING:
            await self.unload()

    async def unload(self) -> None:
        self._new_wish()
        if self.state.phase is Phase.READY:
            state = self.state
            self.set_state(EngineState(Phase.UNLOADING, state.path, model=state.model))
            await asyncio.sleep(0)
        self.set_state(EngineState())

    def _new_wish(self) -> int:
        self._wish += 1
        if self.hold_load is not None and self.state.phase is Phase.LOADING:
            self.hold_load.set()
        return self._wish

    def raw_log(self) -> str:
        return self.log

    def load_context(self, context_length: int) -> None:
        """As if the model had been loaded with this context length."""
        model = replace(loaded_model(context_length), path=self.state.path or Path("/models/fake"))
        self.set_state(EngineState(Phase.READY, model.path, model=model))

    def die(self, error: AppError) -> None:
        """EngineCore is gone though nobody asked."""
        self.set_state(EngineState(Phase.FAILED, self.state.path, failure=error))


class FakeMachine:
    """What the monitor samples: always `sample`, at the present time."""

    def __init__(self) -> None:
        ram = RamSample(24 * GIB, 15 * GIB)
        self.sample = Sample(0, 0, ram, DriverState.ABSENT, "No NVIDIA driver was found.")

    def read(self) -> Sample:
        return replace(self.sample, at=time.monotonic(), wall=time.time())

    def close(self) -> None:
        """Nothing is held."""


class FakeCore:
    """What `desktop_llm.app.Core` gives the window; its engine loop runs on a thread of its own."""

    def __init__(self, root: Path, guide: Path) -> None:
        self.paths = AppPaths(root / "config", root / "data", root / "cache", root / "logs")
        self.settings = SettingsStore(self.paths.settings)
        self.profiles = ProfileStore(self.paths.profiles)
        self.catalog = ModelCatalog(self._folders, guide)
        self.loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run_loop, name="engine", daemon=True)
        self._thread.start()
        self.engine = FakeEngineControl()
        self.store = ChatStore(self.paths.conversations)
        self.chat = ChatService(self.store, self.engine, lambda: self.settings.current)
        self.quantize = FakeQuantize()
        self.server = FakePort(self.paths.api_key)
        self.gpus = GpuReading(problem="No NVIDIA driver was found.")
        self.surroundings: Callable[[LoadProfile], Surroundings] = lambda _profile: Surroundings(
            cpu=True, memory=DeviceMemory(24 * GIB, 15 * GIB)
        )
        self.sampled = FakeMachine()

    @cached_property
    def monitor(self) -> Monitor:
        return Monitor(
            self.settings.current.alerts,
            self._engine_figures,
            UsageMeter(self.paths.usage, lambda: True),
            Sampler(lambda: self.sampled),
        )

    def _engine_figures(self) -> EngineFigures | None:
        statistics = self.engine.statistics()
        return asdict(statistics) if statistics else None

    def machine(self) -> MachineFacts:
        return MachineFacts(
            gpus=self.gpus,
            ram_total_bytes=24 * GIB,
            ram_available_bytes=15 * GIB,
            disk_free_bytes=80 * GIB,
            cpu_name="Test CPU",
            cores=2,
            instruction_sets=("AVX2",),
            python="3.11",
            system="Linux",
            engine_build="cuda" if self.gpus.gpus else "cpu",
        )

    def fit_surroundings(self, profile: LoadProfile) -> Surroundings:
        return self.surroundings(profile)

    def with_gpu(self) -> None:
        """Pretend there is an NVIDIA GPU."""
        gpu = Gpu(0, "NVIDIA GeForce RTX 4090", 24 * GIB, 3 * GIB, 21 * GIB, (8, 9))
        self.gpus = GpuReading("580.65.06", (gpu,))

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run on the engine loop and wait; not from that loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    def do(self, function: Callable[..., Any], *args: Any) -> None:
        """Call on the engine loop and wait until it has been."""

        async def call() -> None:
            made = function(*args)
            if isinstance(made, Awaitable):
                await made

        self.run(call())

    async def close(self) -> None:
        if "monitor" in self.__dict__:
            self.monitor.close()
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self.chat.close(0), self.loop))
        await self.store.close()
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(5)
        self.loop.close()

    def _folders(self) -> list[Path]:
        return [self.paths.models, *map(Path, self.settings.current.model_folders)]

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
