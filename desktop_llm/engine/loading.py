"""One load, from a folder to a ready engine."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_llm.config.profiles import KvCacheAuto
from desktop_llm.core.errors import AppError, Fix, Remedy
from desktop_llm.core.memory import MemoryLedger
from desktop_llm.engine.child.report import (
    FailureReport,
    Hello,
    MemoryReport,
    Report,
    StageReport,
    WeightsReport,
)
from desktop_llm.engine.children import Children
from desktop_llm.engine.diagnosis import diagnose
from desktop_llm.engine.environment import prepare_load
from desktop_llm.engine.errors import superseded
from desktop_llm.engine.evidence import Evidence, is_of_another
from desktop_llm.engine.ledger import (
    MEMORY_FAILURES,
    HoldersReader,
    MemoryReader,
    RemedyFinder,
    memory_ledger,
    no_remedies,
    unknown_holders,
)
from desktop_llm.engine.loaded import Loaded, end_children
from desktop_llm.engine.raw_log import append_error
from desktop_llm.engine.types import LoadedModel, LoadProgress, LoadRequest, Stage, WorkerMemory
from desktop_llm.models.fit import DeviceMemory, LoadPlan, fitting_context, plan_load

if TYPE_CHECKING:
    from vllm.v1.engine.async_llm import AsyncLLM

    from desktop_llm.engine.recorder import Recorder

log = logging.getLogger(__name__)

# Where each stage begins within the whole load, from measured loads; a bar needs no better.
_STAGE_STARTS = {
    Stage.STARTING: 0.0,
    Stage.WEIGHTS: 0.35,
    Stage.PROFILING: 0.75,
    Stage.KV_CACHE: 0.92,
    Stage.WARM_UP: 0.95,
}
_STAGES = list(_STAGE_STARTS)


class Loading:
    """A load under way. `cancel` may be called at any moment of it; all on the engine loop."""

    def __init__(
        self,
        request: LoadRequest,
        builder: Executor,
        runtime: Path,
        logs: Path,
        read_memory: MemoryReader,
        on_progress: Callable[[Loading], None],
        read_holders: HoldersReader = unknown_holders,
        leave_out_prometheus: Callable[[], bool] = lambda: True,
        find_remedies: RemedyFinder = no_remedies,
    ) -> None:
        self.request = request
        self.progress = LoadProgress(Stage.STARTING, 0.0)
        self._builder = builder
        self._read_memory = read_memory
        self._read_holders = read_holders
        self._find_remedies = find_remedies
        self._on_progress = on_progress
        self._children = Children(runtime, logs, self._on_report, self._on_end)
        self._failures: list[FailureReport] = []
        self._hellos = 0
        self._workers: dict[int, WorkerMemory] = {}  # by pid
        self._cancelled = asyncio.Event()
        self._began = time.monotonic()
        self._vanished: int | None = None
        self._cpu = False
        self._memory: DeviceMemory | None = None
        self._plan: LoadPlan | None = None
        self._leave_out_prometheus = leave_out_prometheus
        self._recorder: Recorder | None = None

    @property
    def log(self) -> Path:
        return self._children.log

    def cancel(self) -> None:
        """Have `run` end soon with AppError ``engine.superseded`` and no process left."""
        self._cancelled.set()

    async def run(self) -> Loaded:
        """Load. Raises AppError with the cause of a failure; no process is left then."""
        from desktop_llm.engine.importing import import_vllm

        loop = asyncio.get_running_loop()
        try:
            self._children.open()
            await self._unless_cancelled(loop.run_in_executor(self._builder, import_vllm))
            self._advance(Stage.STARTING, 1 / 3)
            build = loop.run_in_executor(self._builder, self._build)
            llm = await self._or_kill(build)
        except BaseException as error:
            await end_children(self._children)
            if not isinstance(error, Exception) or self._cancelled.is_set():
                raise
            cause = self._diagnosis(error)
            if cause.code in MEMORY_FAILURES:
                cause.memory = await loop.run_in_executor(self._builder, self._ledger)
                cause.remedies = await loop.run_in_executor(self._builder, self._remedies, cause)
            append_error(self.log, error)
            if cause is error:
                raise
            raise cause from error
        seconds = time.monotonic() - self._began
        model = _describe(llm, self.request.path, seconds, tuple(self._workers.values()))
        assert self._recorder is not None
        return Loaded(llm, model, self._recorder, self._children, self._builder)

    async def _unless_cancelled(self, future: asyncio.Future[Any]) -> None:
        """Wait for an import, which cannot be ended but does no harm when it goes on alone."""
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        await asyncio.wait({future, cancelled}, return_when=asyncio.FIRST_COMPLETED)
        cancelled.cancel()
        if self._cancelled.is_set():
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
            raise superseded()
        future.result()

    async def _or_kill(self, build: asyncio.Future[AsyncLLM]) -> AsyncLLM:
        """Wait for the build; once cancelled, kill its processes until it has noticed."""
        cancelled = asyncio.ensure_future(self._cancelled.wait())
        try:
            await asyncio.wait({build, cancelled}, return_when=asyncio.FIRST_COMPLETED)
            while self._cancelled.is_set() and not build.done():
                self._children.kill()
                await asyncio.wait({build}, timeout=0.05)
        finally:
            cancelled.cancel()
        if self._cancelled.is_set():
            if build.exception() is None:
                await asyncio.get_running_loop().run_in_executor(
                    self._builder, build.result().shutdown, 0
                )
            raise superseded()
        return build.result()

    def _build(self) -> AsyncLLM:
        """Runs on the builder thread, and blocks it until the engine is ready or has failed."""
        from vllm import AsyncEngineArgs, envs
        from vllm.platforms import current_platform
        from vllm.v1.engine.async_llm import AsyncLLM

        from desktop_llm.engine.arguments import engine_arguments
        from desktop_llm.engine.inspection import prepare_inspection
        from desktop_llm.engine.parsers import reasoning_parser
        from desktop_llm.engine.prometheus import stat_loggers
        from desktop_llm.engine.recorder import Recorder

        envs.disable_envs_cache()  # of the load before
        cpu = self._cpu = current_platform.is_cpu()
        prepare_load(cpu=cpu)
        prepare_inspection()
        profile = self.request.profile
        self._memory = self._read_memory(cpu, profile.tensor_parallel_size)
        plan = plan_load(self.request.path, profile, cpu=cpu, memory=self._memory)
        self._plan = plan
        arguments = AsyncEngineArgs(**engine_arguments(self.request, plan, cpu=cpu))
        config = arguments.create_engine_config()
        config.structured_outputs_config.reasoning_parser = reasoning_parser(config.model_config)
        if self._cancelled.is_set():
            raise superseded()
        self._recorder = Recorder()
        loggers = stat_loggers(self._recorder, leave_out_prometheus=self._leave_out_prometheus)
        # Its own loggers are left out; with those given it has statistics all the same.
        llm = AsyncLLM.from_vllm_config(config, stat_loggers=loggers, disable_log_stats=True)
        self._children.note_shared_memory()
        # With statistics vLLM reads a variable for every token; its EngineCore keeps them as well.
        envs.enable_envs_cache()
        return llm

    def _on_report(self, report: Report) -> None:
        if isinstance(report, FailureReport):
            self._failures.append(report)
        elif isinstance(report, WeightsReport):
            self._note(WorkerMemory(report.pid, weight_bytes=report.held_bytes))
        elif isinstance(report, MemoryReport):
            self._note(WorkerMemory(**asdict(report)))
        elif isinstance(report, StageReport) and report.stage in _STAGES:
            self._advance(Stage(report.stage), report.fraction)
        elif isinstance(report, Hello) and report.lasting and self.progress.stage is Stage.STARTING:
            # EngineCore, then its workers, each import vLLM anew: a third of the stage each.
            self._hellos += 1
            self._advance(Stage.STARTING, min(self._hellos / 3, 0.9))

    def _note(self, told: WorkerMemory) -> None:
        """Add what a worker told to what it told before."""
        known = {name: value for name, value in asdict(told).items() if value is not None}
        before = self._workers.get(told.pid, WorkerMemory(told.pid))
        self._workers[told.pid] = replace(before, **known)

    def _on_end(self, end: int) -> None:
        """A process ended. One that failed has said why; one that was killed could not, and what
        its parent says of it may come first.
        """
        if self._vanished is None and all(map(is_of_another, self._failures)):
            self._vanished = end

    def _advance(self, stage: Stage, within: float | None) -> None:
        start = _STAGE_STARTS[stage]
        following = _STAGES.index(stage) + 1
        end = _STAGE_STARTS[_STAGES[following]] if following < len(_STAGES) else 1.0
        fraction = max(start + (end - start) * (within or 0.0), self.progress.fraction)
        self.progress = LoadProgress(stage, fraction, within, time.monotonic() - self._began)
        self._on_progress(self)

    def _diagnosis(self, error: Exception) -> AppError:
        profile, plan = self.request.profile, self._plan
        fits = None
        if plan is not None and self._memory is not None:
            fits = fitting_context(plan.facts, profile, cpu=self._cpu, memory=self._memory)
        return diagnose(
            Evidence(
                path=self.request.path,
                failures=tuple(self._failures),
                stage=self.progress.stage,
                raised=error,
                weight_bytes=plan.facts.weight_bytes if plan else 0,
                log=self._children.log,
                vanished=self._vanished,
                automatic_kv_cache=isinstance(profile.kv_cache, KvCacheAuto),
                fitting_context=fits,
            )
        )

    def _ledger(self) -> MemoryLedger | None:
        """Runs on the builder thread. What goes wrong with it must not hide the failure itself."""
        try:
            return memory_ledger(
                self._plan,
                self.request.profile,
                self._read_memory,
                self._read_holders,
                cpu=self._cpu,
            )
        except Exception:
            log.exception("The memory could not be read")
            return None

    def _remedies(self, cause: AppError) -> tuple[Remedy, ...]:
        """As `_ledger`. What the error itself offers is left out: vLLM's own figure is exact."""
        if self._plan is None:
            return ()
        try:
            found = self._find_remedies(self._plan, self.request.profile)
        except Exception:
            log.exception("What would help could not be worked out")
            return ()
        if cause.fix is not Fix.APPLY_CONTEXT:
            return found
        return tuple(each for each in found if set(json.loads(each.value)) != {"context_length"})


def _describe(
    llm: AsyncLLM, path: Path, load_seconds: float, workers: tuple[WorkerMemory, ...]
) -> LoadedModel:
    model, cache = llm.vllm_config.model_config, llm.vllm_config.cache_config
    return LoadedModel(
        path=path,
        name=path.name,
        architecture=(model.architectures or ["unknown"])[0],
        dtype=str(model.dtype).removeprefix("torch."),
        quantization=model.quantization,
        context_length=model.max_model_len,
        kv_cache_tokens=cache.kv_cache_size_tokens or 0,
        kv_block_size=cache.block_size,
        kv_blocks=cache.num_gpu_blocks or 0,
        max_sequences=llm.vllm_config.scheduler_config.max_num_seqs,
        load_seconds=load_seconds,
        device=llm.vllm_config.device_config.device_type,
        weight_bytes=_together(worker.weight_bytes for worker in workers),
        kv_cache_bytes=_together(worker.kv_cache_bytes for worker in workers),
        workers=workers,
    )


def _together(sizes: Iterable[int | None]) -> int | None:
    """Their sum; None where one of them is not known, or there is none."""
    known = list(sizes)
    return None if None in known or not known else sum(filter(None, known))
