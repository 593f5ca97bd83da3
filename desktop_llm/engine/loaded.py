"""A model that is ready, its processes, and their end."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from desktop_llm.core.errors import AppError
from desktop_llm.engine.children import Children
from desktop_llm.engine.errors import engine_died
from desktop_llm.engine.types import LoadedModel

if TYPE_CHECKING:
    from vllm.v1.engine.async_llm import AsyncLLM

    from desktop_llm.engine.generation import Generation
    from desktop_llm.engine.monitor import Monitor
    from desktop_llm.engine.port_client import ServedModel
    from desktop_llm.engine.recorder import Recorder
    from desktop_llm.engine.scoring import Scoring

log = logging.getLogger(__name__)

_KILL_SECONDS = 5.0
_ABORT_SECONDS = 1.0


class Loaded:
    """A ready engine and its processes. Everything on the engine loop."""

    def __init__(
        self,
        llm: AsyncLLM,
        model: LoadedModel,
        recorder: Recorder,
        children: Children,
        builder: Executor,
    ) -> None:
        from desktop_llm.engine.generation import Generation
        from desktop_llm.engine.monitor import Monitor
        from desktop_llm.engine.port_client import ServedModel
        from desktop_llm.engine.preemptions import Preemptions
        from desktop_llm.engine.scoring import Scoring

        self.model = model
        self.generation: Generation = Generation(llm)
        self.scoring: Scoring = Scoring(self.generation)
        self.monitor: Monitor = Monitor(llm, model, recorder, self.generation.asked)
        self.served: ServedModel = ServedModel(llm, self.generation, model, recorder)
        preemptions = Preemptions(self.monitor.look, self.monitor.states)
        self.generation.take_preemptions = preemptions.take
        recorder.preemptions_seen = preemptions
        self._llm: AsyncLLM | None = llm
        self._children = children
        self._builder = builder
        self._watched: list[int] = []

    def watch(self, on_death: Callable[[AppError], None]) -> None:
        """Call `on_death` once, as soon as EngineCore or a worker ends by itself.

        That is at once where EngineCore has ended already; a worker that has takes it along.
        """
        loop = asyncio.get_running_loop()

        def died() -> None:
            self._unwatch()
            on_death(engine_died())

        for pid in {*_core_pids(self._llm), *self._children.lasting()}:
            try:
                descriptor = os.pidfd_open(pid)
            except ProcessLookupError:
                died()
                return
            self._watched.append(descriptor)
            loop.add_reader(descriptor, died)

    async def stop(self, drain_seconds: float) -> None:
        """Let answers finish for `drain_seconds`, abort the rest, end the processes, make sure."""
        self._unwatch()
        if not await self.generation.wait_idle(drain_seconds):
            await self.generation.abort_all()
            await self.generation.wait_idle(_ABORT_SECONDS)
        await self.end()

    async def end(self) -> None:
        """End the processes and make sure; answers still under way fail with ``engine.died``."""
        self._unwatch()
        self.generation.fail_all()
        llm, self._llm = self._llm, None
        try:
            if llm is not None:
                loop = asyncio.get_running_loop()
                await loop.run_in_executor(self._builder, llm.shutdown, 0)
        except Exception:
            log.exception("vLLM failed to shut down; its processes are ended all the same")
        finally:
            self.generation.fail_all()  # what reached vLLM meanwhile would wait for ever
            await end_children(self._children)

    def _unwatch(self) -> None:
        loop = asyncio.get_running_loop()
        for descriptor in self._watched:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._watched.clear()


def _core_pids(llm: AsyncLLM | None) -> list[int]:
    """EngineCore's; none if vLLM names none."""
    resources = getattr(getattr(llm, "engine_core", None), "resources", None)
    manager = getattr(resources, "engine_manager", None)
    return [process.pid for process in getattr(manager, "processes", ()) if process.pid]


async def end_children(children: Children) -> None:
    """End what a load started and make sure of it. A process that cannot be ended is logged."""
    stuck = await asyncio.to_thread(children.end, _KILL_SECONDS)
    if stuck:
        log.error("Processes that could not be ended: %s", stuck)
    children.close()
