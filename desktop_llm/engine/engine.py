"""The engine as the rest of the app knows it: load, unload, generate, and what state it is in."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.events import Event
from desktop_llm.engine.errors import not_ready, superseded
from desktop_llm.engine.ledger import (
    HoldersReader,
    MemoryReader,
    RemedyFinder,
    no_remedies,
    unknown_holders,
)
from desktop_llm.engine.loading import Loading
from desktop_llm.engine.raw_log import append_error, read_log
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    EngineState,
    GenerationRequest,
    LoadedModel,
    LoadRequest,
    Phase,
    WindowScore,
)

if TYPE_CHECKING:
    from desktop_llm.engine.loaded import Loaded
    from desktop_llm.engine.port_client import ServedModel

T = TypeVar("T")

log = logging.getLogger(__name__)


class Engine:
    """One vLLM engine at a time. The newest wish wins: a load supersedes whatever is under way.

    Coroutines run on the engine loop; `state`, `changed` and `raw_log` may be used from any thread.
    `changed` is emitted on the engine loop. `read_memory` and `read_holders` are asked on the
    builder thread, for the CPU build or not and for so many devices. `leave_out_prometheus` is
    asked at each step, on the engine loop: vLLM's Prometheus collectors cost time at every one, and
    only a port has readers for them. `learn` is told of each load on the builder thread, and may
    block it, and so may `find_remedies`, asked after a load that failed for memory and whose
    processes have ended.
    """

    def __init__(
        self,
        runtime: Path,
        logs: Path,
        read_memory: MemoryReader,
        drain_seconds: Callable[[], float],
        read_holders: HoldersReader = unknown_holders,
        leave_out_prometheus: Callable[[], bool] = lambda: True,
        learn: Callable[[LoadRequest, LoadedModel], None] = lambda request, model: None,
        find_remedies: RemedyFinder = no_remedies,
    ) -> None:
        self.changed: Event[EngineState] = Event()
        self._state = EngineState()
        self._runtime = runtime
        self._logs = logs
        self._read_memory = read_memory
        self._read_holders = read_holders
        self._drain_seconds = drain_seconds
        self._leave_out_prometheus = leave_out_prometheus
        self._learn = learn
        self._find_remedies = find_remedies
        self._wish = 0
        self._wanted = 0
        self._turn = asyncio.Lock()
        self._loading: Loading | None = None
        self._loaded: Loaded | None = None
        self._log: Path | None = None
        self._tidying: asyncio.Future[None] | None = None
        # Children die with the thread that started them (child.launch): this one lives as we do.
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="engine-builder")

    @property
    def state(self) -> EngineState:
        return self._state

    def raw_log(self) -> str:
        """What the processes of the last load printed and why it failed, or an empty text."""
        return read_log(self._log)

    async def load(self, request: LoadRequest) -> LoadedModel:
        """Unload what there is and load `request`; returns when it is ready.

        Raises AppError: the cause of a failure, or ``engine.superseded`` when cancelled or
        overtaken by another wish.
        """
        wish = self._new_wish()
        self._wanted += 1
        try:
            async with self._turn:
                await self._unload()
                self._require(wish)
                return await self._load(request, wish)
        finally:
            self._wanted -= 1

    async def cancel_load(self) -> None:
        """End a load under way with all its processes, or one that waits for the model before it.

        Nothing else is touched. Returns when the load has ended.
        """
        if self._wanted:
            self._new_wish()
            async with self._turn:
                pass

    async def unload(self) -> None:
        """Drain, abort, end every child process. Returns when they are gone."""
        self._new_wish()
        async with self._turn:
            await self._unload()

    async def close(self) -> None:
        """Unload and end the builder thread. The engine cannot be used afterwards."""
        await self.unload()
        await asyncio.to_thread(self._builder.shutdown, True, cancel_futures=True)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Prompt tokens of `messages` through the model's own template."""
        return await self._ready().generation.count(messages)

    async def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        """`text` in tokens of the model's own tokenizer; with `special`, also those it adds.

        Raises AppError ``engine.not_ready``.
        """
        return await self._ready().scoring.tokenize(text, special)

    def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        """Stream one answer (see `engine.protocol.Generator`)."""
        return self._followed(lambda loaded: loaded.generation.generate(request))

    def score(self, windows: Iterable[Sequence[int]]) -> AsyncIterator[WindowScore]:
        """How likely the model finds each window of tokens, many at once, in the order they end.

        A window is a prompt of at least two tokens and fewer than the context has. They are taken
        from `windows` as they are needed. Closing the iterator or cancelling its task aborts them.
        Raises AppError: ``engine.not_ready``, ``engine.prompt_too_long``, ``engine.bad_request``,
        ``engine.generation_failed`` or ``engine.died``.
        """
        return self._followed(lambda loaded: loaded.scoring.score(windows))

    def served(self) -> ServedModel | None:
        """The model that is ready, as the HTTP port has it; None while there is none."""
        return self._loaded.served if self._loaded and self._state.phase is Phase.READY else None

    def statistics(self) -> EngineStatistics | None:
        """The figures of this moment (see `engine.protocol.Monitored`)."""
        return self._loaded.monitor.statistics() if self._loaded else None

    def requests(self) -> tuple[EngineRequest, ...]:
        """Every request in the engine: the running ones, then those that wait, in their order."""
        return self._loaded.monitor.requests() if self._loaded else ()

    async def stop_request(self, request_id: str) -> bool:
        """End that request alone, its reader with ``FinishReason.ABORT``; whether there was one."""
        return self._loaded is not None and await self._loaded.monitor.stop(request_id)

    async def _followed(self, start: Callable[[Loaded], AsyncIterator[T]]) -> AsyncIterator[T]:
        """What the loaded model streams; a failure of the engine is told to all."""
        loaded = self._ready()
        stream = start(loaded)
        try:
            async for part in stream:
                yield part
        except AppError as error:
            if error.code == "engine.died":
                self._on_death(loaded, error)
            elif error.fix is Fix.SHOW_LOG and self._log is not None:
                append_error(self._log, error)
            raise
        finally:
            await stream.aclose()  # type: ignore[attr-defined]

    def _ready(self) -> Loaded:
        if self._loaded is None or self._state.phase is not Phase.READY:
            raise not_ready(self._state)
        return self._loaded

    def _new_wish(self) -> int:
        self._wish += 1
        if self._loading is not None:
            self._loading.cancel()
        return self._wish

    def _require(self, wish: int) -> None:
        if wish != self._wish:
            raise superseded()

    async def _load(self, request: LoadRequest, wish: int) -> LoadedModel:
        self._log = None
        try:
            loading = Loading(
                request,
                self._builder,
                self._runtime,
                self._logs,
                self._read_memory,
                self._progress,
                self._read_holders,
                self._leave_out_prometheus,
                self._find_remedies,
            )
            self._loading, self._log = loading, loading.log
            self._publish(EngineState(Phase.LOADING, request.path, progress=loading.progress))
            loaded = self._loaded = await _run(loading)
        except AppError as failure:
            if wish == self._wish and failure.code != "engine.superseded":
                self._publish(EngineState(Phase.FAILED, request.path, failure=failure))
            else:
                self._publish(EngineState())
            raise
        except BaseException:
            self._publish(EngineState())
            raise
        finally:
            self._loading = None
        loaded.watch(lambda failure: self._on_death(loaded, failure))
        if self._loaded is not loaded:  # its processes ended as soon as they were ready
            raise not_ready(self._state)
        self._publish(EngineState(Phase.READY, request.path, model=loaded.model))
        self._builder.submit(_learn, self._learn, request, loaded.model)
        return loaded.model

    async def _unload(self) -> None:
        if self._tidying is not None:
            await _whole(self._tidying)
        loaded, self._loaded = self._loaded, None
        if loaded is None:
            if self._state.phase is not Phase.UNLOADED:
                self._publish(EngineState())
            return
        self._publish(EngineState(Phase.UNLOADING, loaded.model.path, model=loaded.model))
        try:
            await _whole(asyncio.ensure_future(loaded.stop(self._drain_seconds())))
        finally:
            self._publish(EngineState())

    def _progress(self, loading: Loading) -> None:
        if self._loading is loading:
            path = loading.request.path
            self._publish(EngineState(Phase.LOADING, path, progress=loading.progress))

    def _on_death(self, loaded: Loaded, failure: AppError) -> None:
        """The child is gone though nobody asked: say so now, tidy up before anything else."""
        if loaded is not self._loaded:
            return
        self._loaded = None
        self._tidying = asyncio.ensure_future(loaded.end())
        self._publish(EngineState(Phase.FAILED, loaded.model.path, failure=failure))

    def _publish(self, state: EngineState) -> None:
        self._state = state
        self.changed.emit(state)


def _learn(
    learn: Callable[[LoadRequest, LoadedModel], None], request: LoadRequest, model: LoadedModel
) -> None:
    """What is learned is for the next load; nothing that fails with it concerns this one."""
    try:
        learn(request, model)
    except Exception:
        log.exception("Nothing was learned from this load")


async def _run(loading: Loading) -> Loaded:
    """Load. When whoever waits is cancelled, as on quitting, the load is, with its processes.

    The builder thread would otherwise go on, and start them later with nobody to end them.
    """
    running = asyncio.ensure_future(loading.run())
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        loading.cancel()
        await asyncio.wait({running})
        if running.exception() is None:
            await running.result().end()
        raise


async def _whole(work: asyncio.Future[None]) -> None:
    """Await `work` to its end, even where whoever waits for this is cancelled meanwhile."""
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait({work})
        raise
