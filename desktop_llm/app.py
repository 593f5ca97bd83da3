"""Composition root: the one module that knows everyone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import psutil

from desktop_llm.config.paths import AppPaths, app_paths, guide_model, resources
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from desktop_llm.config.settings import SettingsStore
from desktop_llm.core.builds import engine_build
from desktop_llm.core.errors import AppError, Remedy, sentence
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.engine.engine import Engine
from desktop_llm.engine.environment import prepare_environment
from desktop_llm.engine.loop import EngineLoop
from desktop_llm.engine.types import LoadedModel, LoadRequest, WorkerMemory
from desktop_llm.models.catalog import ModelCatalog
from desktop_llm.models.demand import load_shape
from desktop_llm.models.device_memory import Surroundings
from desktop_llm.models.fit import DeviceMemory, LoadPlan, tightest
from desktop_llm.models.folder import inspect_folder
from desktop_llm.models.overheads import WorkerShare, read_overheads, write_overheads
from desktop_llm.models.remedies import remedies
from desktop_llm.server.state import PortPhase
from desktop_llm.telemetry.gpus import Gpu, read_gpus
from desktop_llm.telemetry.holders import gpu_holders, ram_holders
from desktop_llm.telemetry.machine import MachineFacts, read_machine
from desktop_llm.telemetry.visible import (
    ORDER_VARIABLE,
    PCI_ORDER,
    VISIBLE_VARIABLE,
    roomiest_first,
    visible_gpus,
)

if TYPE_CHECKING:
    from desktop_llm.chat.service import ChatService
    from desktop_llm.chat.store import ChatStore
    from desktop_llm.gui.main_window import MainWindow
    from desktop_llm.quantize.service import QuantizeService
    from desktop_llm.quantize.types import QuantizeSettings
    from desktop_llm.server.service import PortService
    from desktop_llm.telemetry.figures import EngineFigures
    from desktop_llm.telemetry.monitor import Monitor

T = TypeVar("T")

_ENGINE_ANSWERS_WITHIN_S = 2.0
_MOST_CONVERSATIONS = 1000  # more text than any calibration takes


class Core:
    """Everything the window and the headless commands share. Made and closed on one thread.

    The conversations are opened when they are first asked for: headless chats keep none.
    """

    def __init__(self, paths: AppPaths) -> None:
        prepare_environment(paths.cache)
        self.paths = paths
        self.settings = SettingsStore(paths.settings)
        self.profiles = ProfileStore(paths.profiles)
        self.catalog = ModelCatalog(self._model_folders, guide_model())
        self._engine_loop = EngineLoop()
        self._engine_loop.start()
        self.engine = Engine(
            runtime=paths.cache / "run",
            logs=paths.logs,
            read_memory=read_device_memory,
            drain_seconds=lambda: self.settings.current.drain_seconds,
            read_holders=read_memory_holders,
            leave_out_prometheus=lambda: not self._port_wanted(),
            learn=lambda request, model: learn_overheads(paths.overheads, request, model),
            find_remedies=lambda plan, profile: find_remedies(paths.overheads, plan, profile),
        )

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The engine loop."""
        return self._engine_loop.loop

    @cached_property
    def store(self) -> ChatStore:
        """The person's conversations."""
        from desktop_llm.chat.store import ChatStore

        return ChatStore(self.paths.conversations)

    @cached_property
    def chat(self) -> ChatService:
        """Sends, streams and stops, on the engine loop."""
        from desktop_llm.chat.service import ChatService

        return ChatService(self.store, self.engine, lambda: self.settings.current)

    @cached_property
    def quantize(self) -> QuantizeService:
        """Makes models smaller, on the engine loop."""
        from desktop_llm.quantize.service import QuantizeService

        return QuantizeService(
            folder=self.paths.data / "quantize",
            resources=resources(),
            conversations=self._conversation_texts,
            free_memory=_free_memory,
        )

    @cached_property
    def server(self) -> PortService:
        """The optional HTTP port, on the engine loop; off until it is started."""
        from desktop_llm.server.keys import KeyFile
        from desktop_llm.server.machine_look import MachineLook
        from desktop_llm.server.service import PortService

        look = MachineLook(self.monitor.sampler)
        keys = KeyFile(self.paths.api_key)
        return PortService(self.engine, keys, look.sample, self.monitor.sampler)

    @cached_property
    def monitor(self) -> Monitor:
        """Looks at the machine and the engine while somebody watches."""
        from desktop_llm.telemetry.monitor import Monitor
        from desktop_llm.telemetry.usage import UsageMeter

        usage = UsageMeter(self.paths.usage, self._is_on_gpu)
        return Monitor(self.settings.current.alerts, self._engine_figures, usage)

    @property
    def default_model(self) -> Path:
        """The model to load where none is named: the chosen one, else the guide model."""
        return self.settings.current.model_to_load

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run `coroutine` on the engine loop and wait for it; not from that loop or the GUI."""
        return self._engine_loop.run(coroutine)

    def machine(self) -> MachineFacts:
        """A fresh reading of the machine."""
        return read_machine(self.paths.data)

    def fit_surroundings(self, profile: LoadProfile) -> Surroundings:
        """As the function of that name, with what unloading the present model gives back."""
        model = self.engine.state.model
        back = 0 if model is None else memory_given_back(model)
        return replace(fit_surroundings(profile), given_back=back)

    def close(self) -> None:
        """End the answers, the engine and its processes, and the conversations. Blocks for that."""
        with ExitStack() as closing:  # whatever one of them raises, the others are closed
            closing.callback(self.settings.flush)
            closing.callback(self.profiles.flush)
            closing.callback(self._engine_loop.stop)
            if "store" in self.__dict__:
                closing.callback(lambda: self.run(self.store.close()))
            closing.callback(lambda: self.run(self.engine.close()))
            if "quantize" in self.__dict__:
                closing.callback(lambda: self.run(self.quantize.close()))
            if "chat" in self.__dict__:
                drain = self.settings.current.drain_seconds
                closing.callback(lambda: self.run(self.chat.close(drain)))
            if "server" in self.__dict__:
                closing.callback(lambda: self.run(self.server.stop()))
            if "monitor" in self.__dict__:
                closing.callback(self.monitor.close)

    def _port_wanted(self) -> bool:
        """Whether somebody may read vLLM's own figures: they cost time at every step."""
        return self.settings.current.server.enabled or (
            "server" in self.__dict__ and self.server.state.phase is not PortPhase.OFF
        )

    def _engine_figures(self) -> EngineFigures | None:
        """The telemetry thread. None while the engine loop is busy for long, as in a load."""

        async def read() -> EngineFigures | None:
            statistics = self.engine.statistics()
            return asdict(statistics) if statistics else None

        reading = asyncio.run_coroutine_threadsafe(read(), self.loop)
        try:
            return reading.result(_ENGINE_ANSWERS_WITHIN_S)
        except TimeoutError:
            reading.cancel()
            return None

    def _is_on_gpu(self) -> bool:
        model = self.engine.state.model
        return model is not None and model.device != "cpu"

    async def _conversation_texts(self) -> list[str]:
        """Every conversation as it is on show, the latest first, for calibration."""
        texts = []
        for conversation in await self.store.conversations(limit=_MOST_CONVERSATIONS):
            branch = await self.store.branch(conversation.id)
            texts.append("\n\n".join(message.content for message in branch if message.content))
        return texts

    def _model_folders(self) -> list[Path]:
        return [self.paths.models, *map(Path, self.settings.current.model_folders)]


def build_core(paths: AppPaths | None = None) -> Core:
    """The core over the person's folders, or over `paths`."""
    return Core(paths or app_paths())


def read_device_memory(cpu: bool, devices: int) -> DeviceMemory | None:
    """RAM for the CPU build; else what each of the first `devices` GPUs that CUDA shows has.

    Before CUDA is asked, it has CUDA show the roomiest first, unless the person chose. None where
    the memory cannot be told. Milliseconds; any thread.
    """
    if cpu:
        ram = psutil.virtual_memory()
        return DeviceMemory(ram.total, ram.available)
    return tightest(DeviceMemory(gpu.total_bytes, gpu.free_bytes) for gpu in _used_gpus(devices))


def read_memory_holders(cpu: bool, devices: int) -> tuple[MemoryHolder, ...] | None:
    """Who holds the memory that `read_device_memory` tells of; None where that is not known."""
    return ram_holders() if cpu else gpu_holders(_used_gpus(devices))


def _used_gpus(devices: int) -> tuple[Gpu, ...]:
    """The first `devices` that CUDA shows, or all where it cannot be told which those are."""
    gpus = read_gpus().gpus
    if len(gpus) > 1 and os.environ.get(ORDER_VARIABLE) == PCI_ORDER:
        os.environ.setdefault(VISIBLE_VARIABLE, roomiest_first(gpus))
    visible = visible_gpus(gpus, os.environ)
    return gpus if visible is None else visible[:devices]


def learn_overheads(file: Path, request: LoadRequest, model: LoadedModel) -> None:
    """Keep what a load took beside weights and KV cache, for the next estimate. Blocks."""
    if request.dummy_weights or not model.workers:
        return
    largest = max(model.workers, key=lambda worker: worker.weight_bytes or 0)
    share = WorkerShare(
        weights=largest.weight_bytes,
        kv_cache=largest.kv_cache_bytes,
        activations=largest.activation_bytes,
        graphs=largest.graph_bytes,
        non_torch=largest.non_torch_bytes,
        resident=largest.resident_bytes,
    )
    facts = inspect_folder(request.path)
    shape = load_shape(facts, request.profile, cpu=model.device == "cpu")
    before = read_overheads(file)
    after = before.with_load(shape, share)
    if after != before:
        write_overheads(file, after)


def find_remedies(file: Path, plan: LoadPlan, profile: LoadProfile) -> tuple[Remedy, ...]:
    """What would have a model fit whose load has just failed for memory. Blocks.

    Raises AppError as `fit_surroundings` does.
    """
    return remedies(plan.facts, profile, fit_surroundings(profile), read_overheads(file))


def memory_given_back(model: LoadedModel) -> int:
    """Bytes that unloading `model` gives back on each device, at least: what its workers told."""
    on_cpu = model.device == "cpu"
    held = [
        worker.resident_bytes or _held(worker) if on_cpu else _held(worker)
        for worker in model.workers
    ]
    return min(held, default=0)


def _held(worker: WorkerMemory) -> int:
    parts = (
        worker.weight_bytes,
        worker.kv_cache_bytes,
        worker.activation_bytes,
        worker.graph_bytes,
        worker.non_torch_bytes,
    )
    return sum(part for part in parts if part is not None)


def fit_surroundings(profile: LoadProfile) -> Surroundings:
    """The device a model with `profile` would be loaded on, as it is now. Any thread.

    Raises AppError ``fit.no_memory_reading`` where a GPU's memory cannot be told.
    """
    cpu = engine_build() != "cuda"
    memory = read_device_memory(cpu, profile.tensor_parallel_size)
    if memory is None:
        raise AppError(
            "fit.no_memory_reading",
            sentence("How much memory the GPU has cannot be told."),
            sentence("Say it with --vram, in GiB."),
        )
    ram_free = None if cpu else psutil.virtual_memory().available
    holders = read_memory_holders(cpu, profile.tensor_parallel_size) or ()
    others = tuple(holder for holder in holders if not holder.ours)
    capability = None if cpu else oldest_capability(_used_gpus(profile.tensor_parallel_size))
    return Surroundings(cpu, memory, others, ram_free, compute_capability=capability)


def oldest_capability(gpus: Sequence[Gpu]) -> tuple[int, int] | None:
    """The lowest of their compute capabilities; None where one of them does not tell."""
    told = [gpu.compute_capability for gpu in gpus]
    known = [capability for capability in told if capability is not None]
    return min(known) if known and len(known) == len(told) else None


def _free_memory(settings: QuantizeSettings) -> int | None:
    """What a quantize job on its device may use now, in bytes; None where it cannot be told."""
    memory = read_device_memory(settings.device == "cpu", 1)
    return memory.free if memory else None


def run_window(window: MainWindow) -> int:
    """Fill `window` and stay until it is closed; returns the exit code. The main thread.

    It is on the screen already (`gui.main_window.open_main_window`), before anything of the engine
    was imported.
    """
    import qasync
    from PySide6.QtWidgets import QApplication

    from desktop_llm.gui.window_app import run_window as show_until_closed

    core = build_core()
    try:
        with qasync.QEventLoop(QApplication.instance()) as loop:
            return int(loop.run_until_complete(show_until_closed(core, window)))
    finally:
        core.close()
