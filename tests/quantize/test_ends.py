"""How jobs end that do not come to their end: cancelled, or their app killed."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.quantize import placing
from desktop_llm.quantize.job_files import JobFiles
from desktop_llm.quantize.service import QuantizeService
from desktop_llm.quantize.types import Job, JobPhase
from tests.helpers.job_processes import marked
from tests.quantize.conftest import Bench

pytestmark = pytest.mark.timeout(60)


async def wait_for(moment: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not moment():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def wait_for_the_end(service: QuantizeService) -> None:
    await wait_for(lambda: service.jobs()[0].ended)


def nothing_is_left(bench: Bench, job: Job, service: QuantizeService) -> None:
    (now,) = service.jobs()
    assert now.progress.phase is JobPhase.CANCELLED
    assert now.failure is not None
    assert now.failure.code == "quantize.cancelled"
    assert bench.told[-1] == now
    assert bench.beside() == {"model"}
    assert marked(job.id) == []
    kept = {path.name for path in (bench.records / job.id).iterdir()}
    assert kept <= {"job.json", "lock", "worker.log"}


BUSY = ("deaf", "start_others", "write", "work", "hang")


@pytest.mark.parametrize(
    ("phase", "evaluate", "worker", "measure"),
    [
        (JobPhase.MEASURING_BEFORE, True, ("work",), ("deaf", "start_others", "hang")),
        (JobPhase.QUANTIZING, False, BUSY, ("measured",)),
        (JobPhase.VERIFYING, False, ("write", "result"), ("deaf", "start_others", "hang")),
    ],
)
async def test_that_a_cancelled_job_is_gone_within_two_seconds(
    bench: Bench, phase: JobPhase, evaluate: bool, worker: tuple[str, ...], measure: tuple[str, ...]
) -> None:
    service = bench.service(*worker, measure=measure)
    job = await service.start(bench.request(evaluate=evaluate))
    assert job.progress.phase is JobPhase.PREPARING
    await wait_for(lambda: service.jobs()[0].progress.phase is phase)
    await wait_for(lambda: len(marked(job.id)) >= 4)
    began = time.monotonic()
    await service.cancel(job.id)
    assert time.monotonic() - began < 2
    nothing_is_left(bench, job, service)
    await service.cancel(job.id)
    # The next one may begin at once.
    again = await bench.service().run(bench.request())
    assert again.progress.phase is JobPhase.DONE


async def test_that_a_job_can_be_cancelled_while_it_prepares(bench: Bench) -> None:
    async def never(*_: object, **__: object) -> list[str]:
        await asyncio.sleep(60)
        return []

    service = bench.service(prepare=never)
    job = await service.start(bench.request())
    await asyncio.sleep(0.05)
    await service.cancel(job.id)
    nothing_is_left(bench, job, service)


async def test_that_a_job_can_be_cancelled_before_it_has_run_at_all(bench: Bench) -> None:
    service = bench.service()
    job = await service.start(bench.request())
    await service.cancel(job.id)
    nothing_is_left(bench, job, service)


async def test_that_a_job_can_be_cancelled_while_its_folder_is_checked(bench: Bench) -> None:
    checking, may_end = threading.Event(), threading.Event()

    def slow(*_: object) -> None:
        checking.set()
        may_end.wait(20)

    service = bench.service(check_folder=slow)
    job = await service.start(bench.request())
    await wait_for(checking.is_set)
    began = time.monotonic()
    await service.cancel(job.id)
    assert time.monotonic() - began < 2
    may_end.set()
    nothing_is_left(bench, job, service)


async def test_that_a_job_can_be_cancelled_while_its_folder_is_written_through(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing, may_end = threading.Event(), threading.Event()
    stops: list[threading.Event] = []

    def slow(partial: Path, stop: threading.Event) -> None:
        stops.append(stop)
        writing.set()
        may_end.wait(20)

    monkeypatch.setattr(placing, "write_through", slow)
    service = bench.service()
    job = await service.start(bench.request())
    await wait_for(writing.is_set)
    await service.cancel(job.id)
    may_end.set()
    assert stops[0].is_set()
    nothing_is_left(bench, job, service)


async def test_that_no_text_is_written_after_a_cancel(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = threading.Event()
    write = JobFiles.write

    def slow(*given: Any) -> None:
        writing.set()
        time.sleep(0.3)
        write(*given)

    monkeypatch.setattr(JobFiles, "write", slow)
    service = bench.service()
    job = await service.start(bench.request())
    await wait_for(writing.is_set)
    await service.cancel(job.id)
    await asyncio.sleep(0.4)
    nothing_is_left(bench, job, service)


async def test_that_a_job_can_be_cancelled_while_its_folder_is_made(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    making, may_end = threading.Event(), threading.Event()
    make_partial = placing.make_partial

    def slow(output: Path) -> Path:
        making.set()
        may_end.wait(20)
        return make_partial(output)

    monkeypatch.setattr(placing, "make_partial", slow)
    service = bench.service()
    job = await service.start(bench.request())
    await wait_for(making.is_set)
    cancelling = asyncio.ensure_future(service.cancel(job.id))
    await asyncio.sleep(0.05)
    may_end.set()
    await cancelling
    nothing_is_left(bench, job, service)


async def test_that_a_job_cancelled_in_its_last_moment_is_done(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed, may_go_on = threading.Event(), threading.Event()
    place = placing.place

    def slowly(output: Path, *, replace: bool) -> None:
        place(output, replace=replace)
        placed.set()
        may_go_on.wait(20)

    monkeypatch.setattr(placing, "place", slowly)
    service = bench.service()
    job = await service.start(bench.request())
    await wait_for(placed.is_set)
    cancelling = asyncio.ensure_future(service.cancel(job.id))
    await asyncio.sleep(0.05)
    assert not cancelling.done()
    may_go_on.set()
    await cancelling
    assert service.jobs()[0].progress.phase is JobPhase.DONE
    assert bench.beside() == {"model", "model-awq"}


async def test_that_a_partial_folder_that_cannot_be_removed_is_told(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(placing, "discard", lambda _: False)
    service = bench.service("work", "write", "fail=quantize.failed")
    with pytest.raises(AppError):
        await service.run(bench.request())
    (job,) = service.jobs()
    assert job.progress.phase is JobPhase.FAILED
    assert [str(bench.partial) in warning for warning in job.warnings] == [True]


async def test_that_a_job_cancelled_at_any_moment_is_whole_or_gone(bench: Bench) -> None:
    """The old folder or the new one, never a part, never a process."""
    bench.output.mkdir()
    ends = set()
    whole_s = 0.0
    for step in range(25):
        (bench.output / "config.json").write_text("old", "utf-8")
        service = bench.service("deaf", "work=0.01", "write", "result")
        began = time.monotonic()
        job = await service.start(bench.request(replace=True))
        if step == 0:  # not cancelled: it tells how long one takes here
            await wait_for_the_end(service)
            whole_s = time.monotonic() - began
        else:
            await asyncio.sleep((step - 1) / 20 * whole_s)
        await service.cancel(job.id)
        (now,) = service.jobs()
        ends.add(now.progress.phase)
        assert marked(job.id) == []
        assert bench.beside() == {"model", "model-awq"}
        config = (bench.output / "config.json").read_text("utf-8")
        assert (config == "old") is (now.progress.phase is JobPhase.CANCELLED)
        await service.forget(job.id)
    assert ends == {JobPhase.CANCELLED, JobPhase.DONE}


async def test_that_whoever_runs_a_job_is_told_that_it_was_cancelled(bench: Bench) -> None:
    service = bench.service("work", "hang")
    running = asyncio.ensure_future(service.run(bench.request()))
    await wait_for(lambda: service.jobs() and marked(service.jobs()[0].id))
    await service.cancel(service.jobs()[0].id)
    with pytest.raises(AppError) as error:
        await running
    assert error.value.code == "quantize.cancelled"


@pytest.mark.parametrize("after", [0, 0.01, 0.3])
async def test_that_cancelling_whoever_runs_a_job_cancels_the_job(
    bench: Bench, after: float
) -> None:
    service = bench.service(*BUSY)
    running = asyncio.ensure_future(service.run(bench.request()))
    await asyncio.sleep(after)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert bench.beside() == {"model"}
    for job in service.jobs():
        nothing_is_left(bench, job, service)


async def test_that_a_service_that_closes_ends_its_job_and_begins_none(bench: Bench) -> None:
    service = bench.service(*BUSY)
    job = await service.start(bench.request())
    await wait_for(lambda: len(marked(job.id)) >= 4)
    began = time.monotonic()
    await service.close()
    assert time.monotonic() - began < 2
    nothing_is_left(bench, job, service)
    await service.close()
    with pytest.raises(AppError) as error:
        await service.start(bench.request())
    assert error.value.code == "quantize.closing"


async def test_that_a_service_that_closes_while_a_job_begins_leaves_nothing(bench: Bench) -> None:
    service = bench.service(*BUSY)
    starting = asyncio.ensure_future(service.start(bench.request()))
    await asyncio.sleep(0)
    await service.close()
    with pytest.raises(AppError) as error:
        await starting
    assert error.value.code == "quantize.closing"
    assert not bench.records.exists() or list(bench.records.iterdir()) == []
    assert bench.beside() == {"model"}


APP = """
import asyncio, json, sys
from pathlib import Path
from desktop_llm.quantize.types import JobPhase, JobRequest
from tests.quantize.conftest import Bench

async def main(folder, worker):
    bench = Bench(folder, folder / "models" / "model")
    service = bench.service(*worker)
    await service.open()
    service.changed.subscribe(lambda job: print(job.id, job.progress.phase, flush=True))
    await service.run(bench.request())

asyncio.run(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
"""


def app(bench: Bench, *worker: str) -> subprocess.Popen[str]:
    """Another app that runs a job."""
    return subprocess.Popen(
        [sys.executable, "-c", APP, str(bench.folder), json.dumps(worker)],
        stdout=subprocess.PIPE,
        text=True,
    )


async def job_at_work(another: subprocess.Popen[str], processes: int = 1) -> str:
    assert another.stdout is not None
    line = ""
    while "quantizing" not in line:
        line = await asyncio.to_thread(another.stdout.readline)
    job_id = line.split()[0]
    await wait_for(lambda: len(marked(job_id)) >= processes)
    return job_id


async def test_that_an_app_killed_in_a_job_leaves_no_worker_and_the_next_tidies_up(
    bench: Bench,
) -> None:
    another = app(bench, "deaf", "write", "work", "hang")
    job_id = await job_at_work(another)
    await wait_for(lambda: bench.partial.is_dir() and any(bench.partial.iterdir()))
    os.kill(another.pid, signal.SIGKILL)
    another.communicate()
    await asyncio.sleep(0.5)
    assert marked(job_id) == []
    assert bench.beside() == {"model", "model-awq.partial"}

    service = bench.service()
    await service.open()
    (job,) = service.jobs()
    assert (job.id, job.progress.phase) == (job_id, JobPhase.INTERRUPTED)
    assert bench.beside() == {"model"}
    again = await service.run(job.request)
    assert again.progress.phase is JobPhase.DONE
    assert [each.id for each in service.jobs()] == [again.id, job.id]


async def test_that_what_a_killed_worker_had_started_ends_with_the_next_start(
    bench: Bench,
) -> None:
    another = app(bench, "start_others", "hang")
    job_id = await job_at_work(another, processes=4)
    os.kill(another.pid, signal.SIGKILL)
    another.communicate()
    await bench.service().open()
    assert marked(job_id) == []


async def test_that_a_job_of_another_app_is_followed_and_left_alone(bench: Bench) -> None:
    another = app(bench, "write", "work", "sleep=4", "result")
    job_id = await job_at_work(another)
    service = bench.service()
    await service.open()
    assert service.jobs()[0].progress.phase is JobPhase.QUANTIZING
    assert bench.partial.exists()
    for ask, code in (
        (service.cancel(job_id), "quantize.runs_elsewhere"),
        (service.forget(job_id), "quantize.still_running"),
        (service.run(bench.request()), "quantize.in_the_way"),
    ):
        with pytest.raises(AppError) as error:
            await ask
        assert error.value.code == code
    await wait_for(lambda: service.jobs()[0].ended)
    assert service.jobs()[0].progress.phase is JobPhase.DONE
    assert bench.told[-1].progress.phase is JobPhase.DONE
    assert bench.output.is_dir()
    assert another.wait(10) == 0


async def test_that_a_job_whose_app_is_killed_is_interrupted_in_the_others_at_once(
    bench: Bench,
) -> None:
    another = app(bench, "write", "work", "hang")
    job_id = await job_at_work(another)
    service = bench.service()
    await service.open()
    os.kill(another.pid, signal.SIGKILL)
    another.communicate()
    await wait_for(lambda: service.jobs()[0].ended)
    assert bench.told[-1].progress.phase is JobPhase.INTERRUPTED
    assert (bench.told[-1].id, bench.beside()) == (job_id, {"model"})
