"""One job, from its first check to the finished folder in its place."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.quantize import placing
from desktop_llm.quantize.checks import Check
from desktop_llm.quantize.child import converse
from desktop_llm.quantize.failures import cancelled
from desktop_llm.quantize.job_files import JobFiles
from desktop_llm.quantize.job_log import JobLog
from desktop_llm.quantize.progress import JobClock
from desktop_llm.quantize.protocol import Log, Message, Progress, Stage
from desktop_llm.quantize.records import OwnRecord
from desktop_llm.quantize.steps import Conversations, Steps
from desktop_llm.quantize.types import Job, JobPhase, JobRequest, JobResult, Measurement
from desktop_llm.quantize.waiting import whole

log = logging.getLogger(__name__)

_BEAT_S = 1.0
_SAVED_EVERY = 5  # beats
_MOST_WARNINGS = 50
# A measurement, as it was seen to take on a small model; a larger one is read for longer.
_LOAD_S, _READ_BYTES_PER_S, _MEASURE_S = 12.0, 500e6, 30.0
_WORKER_FACTS = ("tokens_used", "seconds", "versions")  # `seconds` are the worker's own
_LACKS_MEMORY = {
    "engine.no_memory_for_weights",
    "engine.no_memory_for_kv_cache",
    "engine.share_not_free",
    "quantize.out_of_memory",  # the system ended the child
}
_MEASUREMENT = TypeAdapter(Measurement)


class JobRun:
    """A job under way. All on one loop; `publish` is called there with each new state.

    Nothing is written but the record, the partial folder and, at the very end, the output.
    """

    def __init__(
        self,
        request: JobRequest,
        record: OwnRecord,
        check: Check,
        steps: Steps,
        *,
        resources: Path,
        conversations: Conversations,
        verify: bool,
        publish: Callable[[Job], None],
    ) -> None:
        self._record = record
        self._steps = steps
        self._resources = resources
        self._conversations = conversations
        self._verify = verify
        self._publish = publish
        self._log = JobLog(record.log)
        self._files = JobFiles(record.folder)
        self._clock = JobClock(_expected(request, check, verify=verify))
        self._saving = asyncio.Lock()
        self._task: asyncio.Task[Job] | None = None
        self._works_in_partial = False
        self._begun = asyncio.Event()
        self._too_late_to_cancel = False
        facts = check.facts
        self.job = Job(
            id=record.id,
            request=request,
            started_at=time.time(),
            progress=self._clock.progress,
            log=record.log,
            facts={
                "name": facts.name,
                "architecture": facts.architecture,
                "weight_bytes": facts.weight_bytes,
            },
        )

    def start(self) -> None:
        """Begin; follow by `publish` or `wait`."""
        self._task = asyncio.ensure_future(self._run())

    async def wait(self) -> Job:
        """The job when it has ended, however it did. Cancelling the waiting is no cancelling."""
        assert self._task is not None
        return await asyncio.shield(self._task)

    async def cancel(self) -> None:
        """End it; nothing of it is left when this returns. One as good as done ends DONE."""
        assert self._task is not None
        await self._begun.wait()  # a task that is cancelled before never runs at all
        if not self._too_late_to_cancel:
            self._too_late_to_cancel = True
            self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self) -> Job:
        self._begun.set()
        beating = asyncio.ensure_future(self._beat())
        try:
            ended = _Ended(JobPhase.DONE, result=await self._work())
        except AppError as failure:
            ended = _Ended(JobPhase.FAILED, failure)
        except asyncio.CancelledError:
            ended = _Ended(JobPhase.CANCELLED, cancelled())
        except Exception as error:  # the job must be told to have ended, whatever it was
            log.exception("the job %s failed", self.job.id)
            ended = _Ended(JobPhase.FAILED, _unexpected(error))
        self._too_late_to_cancel = True
        beating.cancel()
        return await whole(self._end(ended))

    async def _work(self) -> JobResult:
        request = self.job.request
        await self._prepare()
        before = await self._before()
        partial, made = await self._quantize()
        await self._enter(JobPhase.VERIFYING)
        await asyncio.to_thread(self._steps.check_folder, request.source, partial, request.settings)
        after = await self._after()
        size = await asyncio.to_thread(placing.size_of, partial)
        await self._place(partial)
        return JobResult(
            output=request.output,
            output_bytes=size,
            seconds=self._clock.tick().elapsed_s,
            peak_bytes=_number(made.get("peak_bytes")),
            samples_used=_number(made.get("samples_used")) or 0,
            prompts=self._steps.prompts if request.evaluate else (),
            before=before,
            after=after,
        )

    async def _prepare(self) -> None:
        request = self.job.request
        texts = await self._steps.prepare(
            request.calibration,
            conversations=self._conversations,
            resources=self._resources,
            settings=request.settings,
        )
        held_out: list[str] = []
        if request.evaluate:
            held_out = await asyncio.to_thread(self._steps.held_out, self._resources)
        prompts = self._steps.prompts
        writing = asyncio.to_thread(self._files.write, request, prompts, texts, held_out)
        await whole(writing)  # or it could go on after the files of a cancelled job are removed

    async def _quantize(self) -> tuple[Path, dict[str, Any]]:
        await self._enter(JobPhase.QUANTIZING, must_save=True)  # whoever cleans up goes by it
        partial = await whole(self._make_partial())
        made = await self._converse(self._steps.worker_command, self._files.worker)
        facts = {name: made[name] for name in _WORKER_FACTS if name in made}
        self._update(facts=self.job.facts | facts)
        return partial, made

    async def _make_partial(self) -> Path:
        partial = await asyncio.to_thread(placing.make_partial, self.job.request.output)
        self._works_in_partial = True
        return partial

    async def _before(self) -> Measurement | None:
        """None where the original cannot be measured here: it may be too large, hence the job."""
        if not self.job.request.evaluate:
            return None
        try:
            return await self._measure(JobPhase.MEASURING_BEFORE, self._files.before)
        except AppError as error:
            self._warn(
                sentence("The original could not be measured: {reason}", reason=error.message)
            )
            return None

    async def _after(self) -> Measurement | None:
        """The engine has loaded the result and answered when this returns.

        Where only the memory was lacking for that, the work of hours is kept and the person told.
        """
        try:
            if self.job.request.evaluate:
                return await self._measure(JobPhase.MEASURING_AFTER, self._files.after)
            if self._verify:
                await self._converse(self._steps.measure_command, self._files.verify)
        except AppError as error:
            if error.code not in _LACKS_MEMORY:
                raise
            self._warn(
                sentence(
                    "The result is whole, but was not loaded to try it: {reason}",
                    reason=error.message,
                )
            )
        return None

    async def _measure(self, phase: JobPhase, file: Path) -> Measurement:
        await self._enter(phase)
        values = await self._converse(self._steps.measure_command, file)
        return _MEASUREMENT.validate_python(values)

    async def _converse(self, command: Sequence[str], file: Path) -> dict[str, Any]:
        whole_command = (*command, str(file))
        self._log.note(" ".join(whole_command))
        return await converse(whole_command, self._log, self._hear, self._record.id)

    async def _place(self, partial: Path) -> None:
        request = self.job.request
        stop = threading.Event()
        try:
            await asyncio.to_thread(placing.write_through, partial, stop)
        finally:
            stop.set()
        self._too_late_to_cancel = True
        await whole(asyncio.to_thread(placing.place, request.output, replace=request.replace))

    def _hear(self, message: Message) -> None:
        match message:
            case Stage(name):
                self._log.note(name)
                self._update(progress=self._clock.stage(name))
            case Progress(done, total, unit, what):
                self._update(progress=self._clock.advance(done, total, unit, what))
            case Log(text):
                self._log.note(text)
                self._warn(text)
            case _:
                pass

    async def _enter(self, phase: JobPhase, *, must_save: bool = False) -> None:
        self._log.note(phase)
        self._update(progress=self._clock.enter(phase))
        await self._save(must=must_save)

    async def _beat(self) -> None:
        """Time goes by: the time left counts down, and the record keeps up for other windows."""
        for beat in itertools.count(1):
            await asyncio.sleep(_BEAT_S)
            self._update(progress=self._clock.tick())
            if beat % _SAVED_EVERY == 0:
                await self._save()

    async def _end(self, ended: _Ended) -> Job:
        if self._works_in_partial:
            output = self.job.request.output
            if not await asyncio.to_thread(placing.discard, output):
                partial = placing.partial_of(output)
                self._warn(sentence("{path} could not be removed. Remove it.", path=partial))
        if ended.failure is not None:
            self._log.note(str(ended.failure))
        self.job = replace(
            self.job,
            progress=self._clock.enter(ended.phase),
            result=ended.result,
            failure=ended.failure,
        )
        await asyncio.to_thread(self._record.tidy)  # first: it makes room for what is saved
        await self._save()
        self._record.close()
        self._publish(self.job)
        return self.job

    async def _save(self, *, must: bool = False) -> None:
        """A record that cannot be kept up to date is told, but no reason to lose the work."""
        try:
            async with self._saving:
                await whole(asyncio.to_thread(self._record.save, self.job))
        except AppError as error:
            if must:
                raise
            self._warn(error.message)

    def _warn(self, text: str) -> None:
        warnings = self.job.warnings
        if text not in warnings and len(warnings) < _MOST_WARNINGS:
            self._update(warnings=(*warnings, text))

    def _update(self, **changes: Any) -> None:
        self.job = replace(self.job, **changes)
        self._publish(self.job)


@dataclass(frozen=True)
class _Ended:
    phase: JobPhase
    failure: AppError | None = None
    result: JobResult | None = None


def _expected(request: JobRequest, check: Check, *, verify: bool) -> dict[JobPhase, float]:
    """How long each phase of this job will take, in seconds, as far as can be told before."""
    loading = _LOAD_S + check.facts.weight_bytes / _READ_BYTES_PER_S
    phases = {
        JobPhase.PREPARING: 1.0,
        JobPhase.MEASURING_BEFORE: 2 * loading + _MEASURE_S,
        JobPhase.QUANTIZING: check.estimate.seconds,
        JobPhase.VERIFYING: 1.0 + (loading if verify and not request.evaluate else 0.0),
        JobPhase.MEASURING_AFTER: 2 * loading + _MEASURE_S,
    }
    if not request.evaluate:
        del phases[JobPhase.MEASURING_BEFORE], phases[JobPhase.MEASURING_AFTER]
    return phases


def _number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _unexpected(error: Exception) -> AppError:
    return AppError(
        "quantize.failed",
        sentence("The job failed in the app itself: {reason}.", reason=error),
        sentence("Run it again; if it stays so, report it with the details."),
        detail="".join(traceback.format_exception(error)),
        fix=Fix.SHOW_LOG,
    )
