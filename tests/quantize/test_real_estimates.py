"""Estimates against what the real worker makes of real models, and needs for it."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from desktop_llm.config.paths import guide_model
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize.estimate import Estimate, estimate
from desktop_llm.quantize.protocol import Result
from desktop_llm.quantize.types import Method, QuantizeSettings
from tests.helpers.quantize_jobs import QuantizeJob, run_together, run_worker
from tests.helpers.tiny_models import FAMILIES, TinyModels, tiny_models

__all__ = ["tiny_models"]

pytestmark = pytest.mark.engine

SHORT = {"samples": 8, "sequence_length": 64}


def estimated(job: QuantizeJob) -> Estimate:
    return estimate(inspect_folder(job.source), job.settings, free_disk=None, free_memory=None)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def test_that_the_size_is_right_for_every_family(tiny_models: TinyModels, tmp_path: Path) -> None:
    jobs = [
        QuantizeJob(
            tiny_models.folder(family),
            tmp_path / f"{family}-{method}",
            QuantizeSettings.model_validate(SHORT | {"method": method}),
        )
        for family, method in itertools.product(FAMILIES, Method)
    ]
    for job, said in zip(jobs, run_together(jobs), strict=True):
        assert isinstance(said[-1], Result), said[-1]
        assert estimated(job).output_bytes == pytest.approx(size_of(job.output), rel=0.02)


@pytest.mark.parametrize(
    "settings",
    [
        QuantizeSettings(method=Method.RTN, group_size=64),
        QuantizeSettings(zero_point=False, modules_left_out=("k_proj",), **SHORT),
    ],
    ids=("rtn", "awq"),
)
def test_that_size_and_memory_are_right_for_the_guide_model(
    tmp_path: Path, settings: QuantizeSettings
) -> None:
    job = QuantizeJob(guide_model(), tmp_path / "out", settings)
    messages, code, printed = run_worker(job)
    assert code == 0, printed
    made, real = estimated(job), messages[-1]
    assert isinstance(real, Result)
    assert made.output_bytes == pytest.approx(size_of(job.output), rel=0.02)
    # Said rather a little too high than too low: a job that was let begin should end.
    peak = real.values["peak_bytes"]
    assert 0.9 * peak < made.peak_bytes < 1.6 * peak
