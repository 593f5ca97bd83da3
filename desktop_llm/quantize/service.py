"""The quantize jobs as the rest of the app knows them: check, start, follow, cancel, remember."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.quantize.checks import Check, FreeMemory, check_request, free_ram
from desktop_llm.quantize.failures import (
    busy,
    cancelled,
    closing,
    exists,
    not_found,
    runs_elsewhere,
    still_running,
)
from desktop_llm.quantize.job import JobRun
from desktop_llm.quantize.job_log import read_tail
from desktop_llm.quantize.records import JobRecords
from desktop_llm.quantize.steps import Conversations, Steps, real_steps
from desktop_llm.quantize.types import Job, JobPhase, JobRequest
from desktop_llm.quantize.waiting import whole

_EMIT_S = 0.1
_LOOK_S = 2.0


class QuantizeService:
    """One job at a time, and the records of all: those of this app and of others beside it.

    Coroutines run on the engine loop, where `changed` is emitted with each new state of a job, at
    most ten times a second for one; a new phase at once. `jobs` and `log_text` may be used from any
    thread. `conversations` gives the person's own texts, `free_memory` what a job may use, in
    bytes. Without `verify` a result is checked file by file, but not loaded in the engine. The
    commands are those of the child processes; a job's file is appended to them.
    """

    def __init__(
        self,
        *,
        folder: Path,
        resources: Path,
        conversations: Conversations,
        verify: bool = True,
        measure_command: Sequence[str] | None = None,
        worker_command: Sequence[str] | None = None,
        free_memory: FreeMemory = free_ram,
        steps: Steps | None = None,
    ) -> None:
        self.changed: Event[Job] = Event()
        self._records = JobRecords(folder)
        self._resources = resources
        self._conversations = conversations
        self._verify = verify
        self._free_memory = free_memory
        steps = steps or real_steps()
        self._steps = replace(
            steps,
            measure_command=measure_command or steps.measure_command,
            worker_command=worker_command or steps.worker_command,
        )
        self._jobs: dict[str, Job] = {}  # replaced whole at each change: `jobs` is for any thread
        self._run: JobRun | None = None
        self._turn = asyncio.Lock()  # to begin a job
        self._reading = asyncio.Lock()
        self._closed = False
        self._emitted_at = 0.0
        self._emitting: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Read the records. May be repeated.

        A job whose app ended before it becomes INTERRUPTED and its partial folder is removed,
        unless it runs in another app. Raises AppError ``quantize.not_written``.
        """
        await self._read()
        if self._looking is None and self._others():
            self._looking = asyncio.ensure_future(self._look_at_others())

    @property
    def running(self) -> Job | None:
        """The job that this app does now, and that ends with it. Any thread."""
        run = self._run
        return None if run is None else run.job

    def jobs(self) -> tuple[Job, ...]:
        """Every job, the newest first. Any thread."""
        jobs = self._jobs
        return tuple(jobs[job_id] for job_id in sorted(jobs, reverse=True))

    async def check(self, request: JobRequest) -> Check:
        """What the job will need, and what refuses it. Nothing is written.

        Raises AppError where the source is no model folder or its files are damaged.
        """
        return await asyncio.to_thread(
            check_request, absolute(request), self._steps, self._free_memory
        )

    async def start(self, request: JobRequest) -> Job:
        """Begin a job; follow it by `changed`.

        Raises AppError: ``quantize.busy`` while another runs, ``quantize.exists`` where the output
        is there and shall not be replaced, the first problem of the `check`, or
        ``quantize.disk_full`` where no record of it can be written. Nothing is left of a job that
        was not begun.
        """
        return (await self._start(request)).job

    async def run(self, request: JobRequest) -> Job:
        """Do a job to its end; cancelling this cancels the job, and nothing of it is left then.

        Raises AppError: as `start` does, why it failed, or ``quantize.cancelled``.
        """
        run = await self._start(request)
        try:
            job = await run.wait()
        except asyncio.CancelledError:
            await whole(run.cancel())
            raise
        if job.progress.phase is JobPhase.DONE:
            return job
        raise job.failure or cancelled()

    async def cancel(self, job_id: str) -> None:
        """End a job; nothing of it is left when this returns, 2 s later at most.

        Does nothing to a job that has ended. Raises AppError ``quantize.not_found``, or
        ``quantize.runs_elsewhere`` for one of another app.
        """
        job = self._find(job_id)
        if self._run is not None and self._run.job.id == job_id:
            await self._run.cancel()
        elif not job.ended:
            raise runs_elsewhere()

    async def forget(self, job_id: str) -> None:
        """Remove the record of a job that has ended; the model that it made stays.

        Raises AppError ``quantize.not_found``, ``quantize.still_running`` or
        ``quantize.not_written``.
        """
        if not self._find(job_id).ended:
            raise still_running()
        async with self._reading:
            await asyncio.to_thread(self._records.forget, job_id)
        self._jobs = {key: job for key, job in self._jobs.items() if key != job_id}

    def log_text(self, job_id: str) -> str:
        """What the job's processes have printed; empty where nothing is. Any thread; reads a file.

        Raises AppError ``quantize.not_found``.
        """
        return read_tail(self._find(job_id).log)

    async def close(self) -> None:
        """Cancel the job that runs, and begin none any more. May be repeated."""
        self._closed = True
        if self._looking is not None:
            self._looking.cancel()
        async with self._turn:
            await self._cancel_run()
        if self._emitting is not None:
            self._emitting.cancel()

    async def _start(self, request: JobRequest) -> JobRun:
        if self._closed:
            raise closing()
        if self._turn.locked() or self._run is not None:
            raise busy()
        async with self._turn:
            try:
                return await whole(self._begin(absolute(request)))
            except asyncio.CancelledError:
                await whole(self._cancel_run())
                raise

    async def _begin(self, request: JobRequest) -> JobRun:
        check = await self.check(request)
        if check.output_exists and not request.replace:
            raise exists(request.output)
        if check.problems:
            raise check.problems[0]
        record = await asyncio.to_thread(self._records.create)
        run = JobRun(
            request,
            record,
            check,
            self._steps,
            resources=self._resources,
            conversations=self._conversations,
            verify=self._verify,
            publish=self._publish,
        )
        try:
            await asyncio.to_thread(record.save, run.job)
            if self._closed:
                raise closing()
        except AppError:
            await asyncio.to_thread(record.remove)
            raise
        self._run = run
        self._publish(run.job)
        run.start()
        return run

    async def _cancel_run(self) -> None:
        if self._run is not None:
            await self._run.cancel()

    def _find(self, job_id: str) -> Job:
        try:
            return self._jobs[job_id]
        except KeyError:
            raise not_found() from None

    def _publish(self, job: Job) -> None:
        """Keep the new state at once; tell it now or, if it was told of just before, soon."""
        before = self._jobs.get(job.id)
        self._jobs = self._jobs | {job.id: job}
        if job.ended:
            self._run = None
        now = asyncio.get_running_loop().time()
        wait = self._emitted_at + _EMIT_S - now
        if before is None or before.progress.phase is not job.progress.phase or wait <= 0:
            self._emit(job.id)
        elif self._emitting is None:
            self._emitting = asyncio.get_running_loop().call_later(wait, self._emit, job.id)

    def _emit(self, job_id: str) -> None:
        if self._emitting is not None:
            self._emitting.cancel()
            self._emitting = None
        self._emitted_at = asyncio.get_running_loop().time()
        if job_id in self._jobs:
            self.changed.emit(self._jobs[job_id])

    def _others(self) -> list[Job]:
        """Jobs that run in other apps."""
        return [job for job in self._jobs.values() if not (job.ended or self._is_ours(job))]

    def _is_ours(self, job: Job) -> bool:
        return self._run is not None and self._run.job.id == job.id

    async def _read(self) -> None:
        async with self._reading:
            read = await asyncio.to_thread(self._records.read)
        before = self._jobs
        known = {job.id: job for job in before.values() if self._is_ours(job) or job.ended}
        self._jobs = {job.id: job for job in read} | known
        for job in read:
            if job.id in before and job.id not in known and job != before[job.id]:
                self.changed.emit(job)

    async def _look_at_others(self) -> None:
        """Follow the jobs of other apps; when one of those ends early, tidy up after it."""
        while self._others():
            await asyncio.sleep(_LOOK_S)
            with contextlib.suppress(AppError):
                await self._read()
        self._looking = None


def absolute(request: JobRequest) -> JobRequest:
    """With whole paths: a record outlives the working directory."""
    paths = {"source": request.source, "output": request.output}
    return request.model_copy(
        update={name: path.expanduser().absolute() for name, path in paths.items()}
    )
