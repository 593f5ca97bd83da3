"""Jobs through the service: what they make, how they fail, and what is left of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.units import KIB
from desktop_llm.quantize.types import Job, JobPhase
from tests.helpers.job_processes import marked
from tests.quantize.conftest import Bench, FakeEstimate

pytestmark = pytest.mark.timeout(60)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def phases(told: list[Job]) -> list[JobPhase]:
    seen: list[JobPhase] = []
    for job in told:
        if not seen or seen[-1] is not job.progress.phase:
            seen.append(job.progress.phase)
    return seen


async def refused(bench: Bench, service: object, **changes: object) -> AppError:
    with pytest.raises(AppError) as error:
        await service.run(bench.request(**changes))  # type: ignore[attr-defined]
    return error.value


async def test_that_a_job_makes_a_whole_folder_and_is_remembered(bench: Bench) -> None:
    source = files_of(bench.source)
    service = bench.service("warn=Beware.", "work", "talk=0", "write", "result")
    await service.open()
    job = await service.run(bench.request())
    assert files_of(bench.output) == source
    assert files_of(bench.source) == source
    assert bench.beside() == {"model", "model-awq"}
    assert phases(bench.told) == [
        JobPhase.PREPARING,
        JobPhase.QUANTIZING,
        JobPhase.VERIFYING,
        JobPhase.DONE,
    ]
    assert job.result is not None
    assert job.result.output == bench.output
    assert job.result.output_bytes == sum(map(len, source.values()))
    assert (job.result.samples_used, job.result.peak_bytes) == (3, 2**30)
    assert job.warnings == ("Beware.",)
    assert job.facts["versions"] == {"torch": "9"}
    assert job.facts["tokens_used"] == 99
    assert job.progress.fraction == 1.0
    assert service.jobs() == (job,)
    assert "the last that was printed" in service.log_text(job.id)

    later = bench.service()
    await later.open()
    assert later.jobs() == (job,)
    await later.forget(job.id)
    assert later.jobs() == ()
    assert list(bench.records.iterdir()) == []
    assert bench.output.is_dir()


async def test_that_a_result_is_loaded_and_streams_before_it_takes_its_place(
    bench: Bench, tmp_path: Path
) -> None:
    seen = tmp_path / "seen.txt"
    service = bench.service(measure=(f"note_folder={seen}", "measured"))
    await service.run(bench.request())
    said = json.loads(seen.read_text("utf-8"))
    assert said["model"] == str(bench.partial)
    assert "model.safetensors" in said["names"]


async def test_that_both_models_are_measured_where_that_is_asked_for(bench: Bench) -> None:
    service = bench.service(measure=("measured=7",))
    job = await service.run(bench.request(evaluate=True))
    assert phases(bench.told) == [
        JobPhase.PREPARING,
        JobPhase.MEASURING_BEFORE,
        JobPhase.QUANTIZING,
        JobPhase.VERIFYING,
        JobPhase.MEASURING_AFTER,
        JobPhase.DONE,
    ]
    assert job.result is not None
    assert job.result.before is not None
    assert job.result.after is not None
    assert job.result.before.tokens_scored == job.result.after.tokens_scored == 7
    assert job.result.prompts == ("What can you do?", "Why?")


async def test_that_a_job_may_go_without_the_engine(bench: Bench) -> None:
    job = await bench.service(measure=("leave=1",), verify=False).run(bench.request())
    assert job.progress.phase is JobPhase.DONE


@pytest.mark.parametrize("end", ["fail=engine.no_memory_for_weights", "die=SIGKILL"])
async def test_that_an_original_too_large_to_be_measured_is_quantized_all_the_same(
    bench: Bench, end: str
) -> None:
    service = bench.service(measure=(end,))
    job = await service.run(bench.request(evaluate=True))
    assert job.progress.phase is JobPhase.DONE
    assert job.result is not None
    assert (job.result.before, job.result.after) == (None, None)
    assert [warning.partition(":")[0] for warning in job.warnings] == [
        "The original could not be measured",
        "The result is whole, but was not loaded to try it",
    ]


@pytest.mark.parametrize(
    ("worker", "code"),
    [
        (("work", "fail=quantize.unsupported", "leave=1"), "quantize.unsupported"),
        (("work", "write", "fail=quantize.disk_full"), "quantize.disk_full"),
        (("work", "die=SIGKILL"), "quantize.out_of_memory"),
        (("write", "die=SIGSEGV"), "quantize.crashed"),
        (("write", "leave=0"), "quantize.failed"),
        (("write", "other_version"), "quantize.other_version"),
        (("start_others", "deaf", "write", "fail=quantize.failed"), "quantize.failed"),
    ],
)
async def test_that_a_worker_that_fails_leaves_a_record_and_nothing_else(
    bench: Bench, worker: tuple[str, ...], code: str
) -> None:
    service = bench.service(*worker)
    failure = await refused(bench, service)
    assert failure.code == code
    assert failure.hint
    (job,) = service.jobs()
    assert job.progress.phase is JobPhase.FAILED
    assert job.failure is failure
    assert bench.told[-1] == job
    assert bench.beside() == {"model"}
    assert marked(job.id) == []
    # The next one may begin at once.
    again = bench.service()
    assert (await again.run(bench.request())).progress.phase is JobPhase.DONE


async def test_that_a_result_that_is_not_whole_never_takes_its_place(bench: Bench) -> None:
    def refuse(*_: object) -> None:
        raise AppError("quantize.incomplete", sentence("A tensor is missing."))

    service = bench.service(check_folder=refuse)
    assert (await refused(bench, service)).code == "quantize.incomplete"
    assert bench.beside() == {"model"}


@pytest.mark.parametrize("evaluate", [False, True])
async def test_that_a_result_that_does_not_load_never_takes_its_place(
    bench: Bench, evaluate: bool
) -> None:
    service = bench.service(measure=("fail=engine.bad_weights",))
    failure = await refused(bench, service, evaluate=evaluate)
    assert failure.code == "engine.bad_weights"
    assert bench.beside() == {"model"}


async def test_that_what_nobody_expected_is_told_as_well(bench: Bench) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("nobody expected this")

    service = bench.service(check_folder=fail)
    failure = await refused(bench, service)
    assert failure.code == "quantize.failed"
    assert "nobody expected this" in failure.detail
    assert bench.beside() == {"model"}


async def test_that_an_existing_folder_is_refused_and_nothing_is_recorded(bench: Bench) -> None:
    bench.output.mkdir()
    (bench.output / "config.json").write_text("old", "utf-8")
    service = bench.service()
    assert (await service.check(bench.request())).output_exists
    assert (await refused(bench, service)).code == "quantize.exists"
    assert service.jobs() == ()
    assert files_of(bench.output) == {"config.json": b"old"}


async def test_that_an_existing_folder_is_replaced_at_the_very_end(bench: Bench) -> None:
    bench.output.mkdir()
    (bench.output / "config.json").write_text("old", "utf-8")
    await bench.service().run(bench.request(replace=True))
    assert files_of(bench.output) == files_of(bench.source)
    assert bench.beside() == {"model", "model-awq"}


@pytest.mark.parametrize(
    ("worker", "measure"),
    [
        (("write", "die=SIGKILL"), ("measured",)),
        (("write", "fail=quantize.disk_full"), ("measured",)),
        (("write", "result"), ("fail=engine.bad_weights",)),
    ],
)
async def test_that_the_old_folder_survives_a_failure(
    bench: Bench, worker: tuple[str, ...], measure: tuple[str, ...]
) -> None:
    bench.output.mkdir()
    (bench.output / "config.json").write_text("old", "utf-8")
    await refused(bench, bench.service(*worker, measure=measure), replace=True)
    assert files_of(bench.output) == {"config.json": b"old"}
    assert bench.beside() == {"model", "model-awq"}


@pytest.mark.parametrize("place", ["", "inside", ".."])
async def test_that_a_result_is_never_written_into_its_source(bench: Bench, place: str) -> None:
    before = files_of(bench.source)
    failure = await refused(bench, bench.service(), output=bench.source / place, replace=True)
    assert failure.code in ("quantize.same_folder", "quantize.not_replaceable")
    assert files_of(bench.source) == before


async def test_that_a_link_to_the_source_is_the_source(bench: Bench) -> None:
    bench.output.symlink_to(bench.source)
    failure = await refused(bench, bench.service(), replace=True)
    assert failure.code == "quantize.same_folder"


async def test_that_problems_stand_against_starting(bench: Bench) -> None:
    problem = AppError("quantize.disk_full", sentence("No room."))
    service = bench.service(estimate=lambda *_, **__: FakeEstimate(problems=(problem,)))
    check = await service.check(bench.request())
    assert check.problems == (problem,)
    assert check.facts.name == "model"
    assert check.notes == ("It will be quick.",)
    assert not check.output_exists
    assert await refused(bench, service) is problem
    assert service.jobs() == ()
    assert not bench.records.exists() or list(bench.records.iterdir()) == []


async def test_that_a_source_that_is_no_model_is_refused(bench: Bench, tmp_path: Path) -> None:
    assert (await refused(bench, bench.service(), source=tmp_path)).code == "model.not_a_model"


async def test_that_a_second_job_waits_for_the_first(bench: Bench) -> None:
    service = bench.service("work", "hang")
    beginning = asyncio.ensure_future(service.start(bench.request()))
    await asyncio.sleep(0)
    assert (await refused(bench, service)).code == "quantize.busy"
    job = await beginning
    assert (await refused(bench, service)).code == "quantize.busy"
    assert [each.id for each in service.jobs()] == [job.id]
    with pytest.raises(AppError) as error:
        await service.forget(job.id)
    assert error.value.code == "quantize.still_running"
    await service.cancel(job.id)


async def test_that_changes_are_told_at_most_ten_times_a_second(bench: Bench) -> None:
    service = bench.service("flood", "flood", "sleep=0.3", "write", "result")
    began = time.monotonic()
    await service.run(bench.request())
    seconds = time.monotonic() - began
    assert len(bench.told) <= seconds * 10 + 6
    assert max(job.progress.done for job in bench.told) == 19_999
    fractions = [job.progress.fraction for job in bench.told]
    assert fractions == sorted(fractions)


async def test_that_relative_paths_are_remembered_whole(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(bench.output.parent)
    request = bench.request(source=Path("model"), output=Path("model-awq"))
    job = await bench.service().run(request)
    assert (job.request.source, job.request.output) == (bench.source, bench.output)


async def test_that_unknown_jobs_are_told(bench: Bench) -> None:
    service = bench.service()
    for ask in (service.cancel, service.forget):
        with pytest.raises(AppError) as error:
            await ask("0123")
        assert error.value.code == "quantize.not_found"
    with pytest.raises(AppError):
        service.log_text("0123")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room on the disk of `folder`."""
    file = folder / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(b"x" * KIB)
    assert shutil.disk_usage(folder).free == 0
    return file


async def test_that_a_disk_too_full_for_a_record_is_told_before_anything_begins(
    bench: Bench, small_disk: Path
) -> None:
    service = bench.service(records=small_disk / "quantize")
    (small_disk / "quantize").mkdir()
    fill(small_disk)
    failure = await refused(bench, service)
    assert failure.code == "quantize.disk_full"
    assert str(small_disk) in failure.message
    assert service.jobs() == ()
    assert list((small_disk / "quantize").iterdir()) == []
    assert bench.beside() == {"model"}


async def test_that_a_disk_that_fills_up_with_records_does_not_lose_the_work(
    bench: Bench, small_disk: Path
) -> None:
    def fill_it(*_: object) -> None:
        fill(small_disk)

    service = bench.service(records=small_disk / "quantize", check_folder=fill_it)
    job = await service.run(bench.request(evaluate=True))
    assert job.progress.phase is JobPhase.DONE
    assert files_of(bench.output) == files_of(bench.source)
    assert any("disk is full" in warning for warning in job.warnings)
    later = bench.service(records=small_disk / "quantize")
    await later.open()
    assert later.jobs() == (job,)  # what the job no longer needed has made room for its end


async def test_that_calibration_text_that_does_not_fit_is_told(
    bench: Bench, small_disk: Path
) -> None:
    async def long_text(*_: object, **__: object) -> list[str]:
        return ["word " * 100_000]

    service = bench.service(records=small_disk / "quantize", prepare=long_text)
    failure = await refused(bench, service)
    assert failure.code == "quantize.disk_full"
    (job,) = service.jobs()
    assert job.progress.phase is JobPhase.FAILED
    later = bench.service(records=small_disk / "quantize")
    await later.open()
    assert later.jobs()[0].progress.phase is JobPhase.FAILED


async def test_that_a_disk_full_of_the_result_is_told_and_freed_again(
    bench: Bench, small_disk: Path
) -> None:
    (bench.source / "large.txt").write_bytes(bytes(100 * KIB))
    service = bench.service("write", "result")
    failure = await refused(bench, service, output=small_disk / "model-awq")
    assert failure.code == "quantize.failed"  # this worker does not know better
    assert "No space left" in failure.detail
    assert os.listdir(small_disk) == []  # noqa: PTH208
