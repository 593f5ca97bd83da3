"""A quantize service without processes: jobs end when, and as, the test says."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.core.units import GIB
from desktop_llm.quantize.types import (
    Job,
    JobPhase,
    JobProgress,
    JobRequest,
    JobResult,
    Measurement,
)

PROMPTS = ("What can you do?", "Write a Python function that adds two numbers.")
BEFORE = Measurement(
    disk_bytes=16 * GIB,
    weight_bytes=15 * GIB,
    load_s=41.0,
    perplexity=7.21,
    perplexity_error=0.11,
    tokens_scored=40_960,
    tokens_digest="same",
    window_losses=((1012.0, 512), (1003.0, 512), (1020.0, 512)),
    ttft_ms=58.0,
    tokens_per_s=41.0,
    tokens_per_s_16=512.0,
    kv_tokens=21_000,
    answers=("I can answer questions.", "def add(a, b):\n    return a + b"),
)
AFTER = Measurement(
    disk_bytes=6 * GIB,
    weight_bytes=5 * GIB,
    load_s=17.0,
    perplexity=7.38,
    perplexity_error=0.12,
    tokens_scored=40_960,
    tokens_digest="same",
    window_losses=((1024.0, 512), (1011.0, 512), (1036.0, 512)),
    ttft_ms=61.0,
    tokens_per_s=112.0,
    tokens_per_s_16=940.0,
    kv_tokens=98_000,
    answers=("I answer questions, <b>plainly</b>.", "def add(x, y):\n    return x + y"),
)


@dataclass(frozen=True)
class FakeEstimate:
    seconds: float = 840.0
    output_bytes: int = 6 * GIB
    temp_bytes: int = 6 * GIB
    peak_bytes: int = 9 * GIB
    free_disk: int | None = 80 * GIB
    free_memory: int | None = 15 * GIB
    problems: tuple[AppError, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FakeCheck:
    estimate: FakeEstimate = FakeEstimate()
    problems: tuple[AppError, ...] = ()
    notes: tuple[str, ...] = ()
    output_exists: bool = False


@dataclass
class FakeQuantize:
    """What the window needs of the service. `answer` is what a check finds; `refusal` is raised by
    the next start; `found` is what `open` reads. A started job stays in PREPARING until `advance`
    or `end` moves it; with `hold_cancel`, a cancel waits for the event (on the engine loop).
    """

    answer: FakeCheck = field(default_factory=FakeCheck)
    refusal: AppError | None = None
    hold_cancel: asyncio.Event | None = None
    checked: list[JobRequest] = field(default_factory=list)
    asked: list[JobRequest] = field(default_factory=list)
    opened: int = 0
    found: tuple[Job, ...] = ()
    log: str = "INFO loading shards\n"
    changed: Event[Job] = field(default_factory=Event)
    _jobs: tuple[Job, ...] = ()

    async def open(self) -> None:
        self.opened += 1
        self._jobs = (*self._jobs, *self.found)
        self.found = ()

    @property
    def running(self) -> Job | None:
        return next((job for job in self._jobs if not job.ended), None)

    def jobs(self) -> tuple[Job, ...]:
        return self._jobs

    async def check(self, request: JobRequest) -> FakeCheck:
        self.checked.append(request)
        await asyncio.sleep(0)
        return self.answer

    async def start(self, request: JobRequest) -> Job:
        self.asked.append(request)
        await asyncio.sleep(0)
        if self.refusal is not None:
            raise self.refusal
        job = make_job(request, JobPhase.PREPARING, number=100 + len(self.asked))
        self._put(job)
        return job

    async def cancel(self, job_id: str) -> None:
        if self.hold_cancel is not None:
            await self.hold_cancel.wait()
        self.end(JobPhase.CANCELLED, job_id)

    async def forget(self, job_id: str) -> None:
        self._jobs = tuple(job for job in self._jobs if job.id != job_id)

    def log_text(self, job_id: str) -> str:
        return self.log

    def put(self, jobs: Sequence[Job]) -> None:
        """As if these had been read at the start."""
        self._jobs = tuple(jobs)

    def advance(self, progress: JobProgress, **changes: object) -> None:
        """The newest job gets on. On the engine loop."""
        self._put(replace(self._jobs[0], progress=progress, **changes))  # type: ignore[arg-type]

    def end(
        self,
        phase: JobPhase,
        job_id: str = "",
        *,
        result: JobResult | None = None,
        failure: AppError | None = None,
    ) -> None:
        """A job, by default the newest, ends. On the engine loop."""
        job = next(job for job in self._jobs if job.id == (job_id or self._jobs[0].id))
        progress = replace(job.progress, phase=phase, left_s=None)
        self._put(replace(job, progress=progress, result=result, failure=failure))

    def _put(self, job: Job) -> None:
        others = tuple(other for other in self._jobs if other.id != job.id)
        known = len(others) < len(self._jobs)
        self._jobs = (
            tuple(job if other.id == job.id else other for other in self._jobs)
            if known
            else (job, *others)
        )
        self.changed.emit(job)


def make_job(
    request: JobRequest,
    phase: JobPhase = JobPhase.DONE,
    *,
    number: int = 0,
    started_at: float | None = None,
    **changes: object,
) -> Job:
    """A job in `phase`; one that is DONE has figures."""
    job = Job(
        id=f"job-{number}",
        request=request,
        started_at=time.time() if started_at is None else started_at,
        progress=JobProgress(phase, 1.0 if phase is JobPhase.DONE else 0.0),
        log=Path("/nowhere/worker.log"),
        result=make_result(request) if phase is JobPhase.DONE else None,
    )
    return replace(job, **changes)  # type: ignore[arg-type]


def make_result(request: JobRequest, *, measured: bool = True) -> JobResult:
    return JobResult(
        output=request.output,
        output_bytes=6 * GIB,
        seconds=845.0,
        peak_bytes=9 * GIB,
        samples_used=128,
        prompts=PROMPTS if measured else (),
        before=BEFORE if measured else None,
        after=AFTER if measured else None,
    )
