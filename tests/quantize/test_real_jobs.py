"""Jobs with the real workers on the guide model, whose ends are caused for real."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.paths import guide_model, resources
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import MIB
from desktop_llm.quantize.placing import size_of
from desktop_llm.quantize.service import QuantizeService
from desktop_llm.quantize.steps import real_steps
from desktop_llm.quantize.types import Job, JobPhase, JobRequest, Method, QuantizeSettings
from tests.helpers.job_processes import marked

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

RTN = QuantizeSettings(method=Method.RTN, group_size=64)
AWQ = QuantizeSettings(method=Method.AWQ, group_size=64, samples=16, sequence_length=64)


async def no_conversations() -> Sequence[str]:
    return []


def real_service(folder: Path, *, verify: bool = False) -> QuantizeService:
    """Without a word against a job that will not fit: that is for it to meet."""
    steps = real_steps()
    estimate = steps.estimate

    def unworried(*given: Any, **named: Any) -> Any:
        return replace(estimate(*given, **named), problems=())

    return QuantizeService(
        folder=folder / "quantize",
        resources=resources(),
        conversations=no_conversations,
        verify=verify,
        steps=replace(steps, estimate=unworried),
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the guide model, for a test to damage."""
    folder = tmp_path / "models" / "guide"
    folder.mkdir(parents=True)
    for path in guide_model().iterdir():
        if path.is_file():
            shutil.copy(path, folder)
    return folder


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for half of the result."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def cut_a_shard_short(folder: Path) -> Path:
    shard = max(folder.glob("*.safetensors"), key=lambda path: path.stat().st_size)
    with shard.open("r+b") as stream:
        stream.truncate(shard.stat().st_size // 2)
    return shard


async def failure(service: QuantizeService, request: JobRequest) -> AppError:
    with pytest.raises(AppError) as failed:
        await service.run(request)
    await service.close()
    return failed.value


async def test_that_a_real_job_ends_with_a_folder_that_the_engine_has_loaded(
    source: Path, tmp_path: Path
) -> None:
    output = source.with_name("guide-rtn")
    service = real_service(tmp_path, verify=True)
    job = await service.run(JobRequest(source=source, output=output, settings=RTN, evaluate=False))
    await service.close()
    assert job.warnings == ()
    assert job.result is not None
    assert job.result.output_bytes < size_of(source)
    assert (output / "quantize.json").is_file()
    assert {path.name for path in source.parent.iterdir()} == {"guide", "guide-rtn"}


async def test_that_a_disk_that_fills_up_under_a_real_worker_is_told_and_freed(
    source: Path, tmp_path: Path, small_disk: Path
) -> None:
    request = JobRequest(
        source=source, output=small_disk / "guide-rtn", settings=RTN, evaluate=False
    )
    told = await failure(real_service(tmp_path), request)
    assert told.code == "quantize.disk_full"
    assert told.hint
    assert shutil.disk_usage(small_disk).free == 2 * MIB


async def test_that_a_shard_cut_short_is_told(source: Path, tmp_path: Path) -> None:
    shard = cut_a_shard_short(source)
    request = JobRequest(
        source=source, output=source.with_name("out"), settings=RTN, evaluate=False
    )
    told = await failure(real_service(tmp_path), request)
    assert told.code == "quantize.corrupt_shard"
    assert shard.name in told.message
    assert {path.name for path in source.parent.iterdir()} == {"guide"}


async def test_that_a_real_job_cancelled_at_its_work_leaves_nothing(
    source: Path, tmp_path: Path
) -> None:
    service = real_service(tmp_path)
    working = asyncio.Event()

    def look(job: Job) -> None:
        if job.progress.phase is JobPhase.QUANTIZING and job.progress.unit:
            working.set()

    service.changed.subscribe(look)
    job = await service.start(
        JobRequest(source=source, output=source.with_name("out"), settings=AWQ, evaluate=False)
    )
    await asyncio.wait_for(working.wait(), 120)
    assert marked(job.id)
    began = time.monotonic()
    await service.cancel(job.id)
    assert time.monotonic() - began < 2
    assert service.jobs()[0].progress.phase is JobPhase.CANCELLED
    assert marked(job.id) == []
    assert {path.name for path in source.parent.iterdir()} == {"guide"}
    await service.close()
