"""The quantize jobs as the window sees them: on the GUI thread, with start, cancel and forget."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core, QuantizeCheck
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.quantize.types import Job, JobRequest

CANCELLED = "quantize.cancelled"


class QuantizeControl(QObject):
    """GUI thread. `changed` follows every change of a job or of the list; many reports between two
    turns of the GUI loop become one. `ended` carries each job that has just ended.
    """

    changed = Signal()
    ended = Signal(object)

    def __init__(
        self, core: Core, bridge: Bridge, engine: ModelControl, tasks: Tasks, background: Background
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._tasks = tasks
        self._background = background
        self._posted = False
        self._load_again: Path | None = None
        self.cancelling: set[str] = set()
        self.jobs: tuple[Job, ...] = core.quantize.jobs()
        self._under_way = {job.id for job in self.jobs if not job.ended}
        self._unsubscribe = core.quantize.changed.subscribe(self._wake)

    def close(self) -> None:
        """Stop listening to the jobs."""
        self._unsubscribe()

    @property
    def running(self) -> Job | None:
        """The job under way."""
        return next((job for job in self.jobs if not job.ended), None)

    def job(self, job_id: str) -> Job | None:
        """The job called `job_id` as it is now."""
        return next((job for job in self.jobs if job.id == job_id), None)

    async def open(self) -> None:
        """Read the list anew. Raises AppError."""
        await self._bridge.call(self._core.quantize.open())
        self._look()

    async def check(self, request: JobRequest) -> QuantizeCheck:
        """What `request` will need and what refuses it. Raises AppError."""
        return await self._bridge.call(self._core.quantize.check(request))

    async def start(self, request: JobRequest, *, make_room: bool = False) -> Job:
        """Begin a job. With `make_room` the loaded model is unloaded first, and loaded again
        when the job has ended, unless another is loaded by then. Raises AppError.
        """
        if make_room:
            self._load_again = await self._engine.make_room()
        try:
            job = await self._bridge.call(self._core.quantize.start(request))
        except AppError:
            self._restore_model()
            raise
        self._under_way.add(job.id)
        self._look()
        return job

    def cancel(self, job_id: str) -> None:
        """End a job; `cancelling` holds it until it has ended."""
        if job_id not in self.cancelling:
            self.cancelling.add(job_id)
            self.changed.emit()
            self._tasks.start(self._cancel(job_id))

    def forget(self, job_id: str) -> None:
        """Take a job that has ended off the list."""
        self._tasks.start(self._forget(job_id))

    async def log_text(self, job_id: str) -> str:
        """What the job's processes have printed so far."""
        return await self._background.run(lambda: self._core.quantize.log_text(job_id))

    async def _cancel(self, job_id: str) -> None:
        try:
            await self._bridge.call(self._core.quantize.cancel(job_id))
        finally:
            self.cancelling.discard(job_id)
            self._look()

    async def _forget(self, job_id: str) -> None:
        await self._bridge.call(self._core.quantize.forget(job_id))
        self._look()

    def _wake(self, _job: Job) -> None:
        """Engine thread: remember to look, once."""
        if not self._posted:
            self._posted = True
            self._bridge.post(self._look)

    def _look(self) -> None:
        self._posted = False
        self.jobs = self._core.quantize.jobs()
        self._under_way |= {job.id for job in self.jobs if not job.ended}
        self.changed.emit()
        for job in self.jobs:
            if job.ended and job.id in self._under_way:
                self._under_way.discard(job.id)
                self._restore_model()
                self.ended.emit(job)

    def _restore_model(self) -> None:
        path, self._load_again = self._load_again, None
        idle = self._engine.state.phase in {Phase.UNLOADED, Phase.FAILED}
        if path is not None and idle and not self._engine.is_loading:
            self._engine.load(path)
