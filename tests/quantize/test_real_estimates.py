"""Estimates against what the real worker makes of the guide model, and needs for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_llm.config.paths import guide_model
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize.estimate import estimate
from desktop_llm.quantize.protocol import Result
from desktop_llm.quantize.types import Method, QuantizeSettings
from tests.helpers.quantize_jobs import QuantizeJob, run_worker, size_of

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    "settings",
    [
        QuantizeSettings(method=Method.RTN, group_size=64),
        QuantizeSettings(
            zero_point=False, modules_left_out=("k_proj",), samples=8, sequence_length=64
        ),
    ],
    ids=("rtn", "awq"),
)
def test_that_size_and_memory_are_right_for_the_guide_model(
    tmp_path: Path, settings: QuantizeSettings
) -> None:
    job = QuantizeJob(guide_model(), tmp_path / "out", settings)
    messages, code, printed = run_worker(job)
    assert code == 0, printed
    made = estimate(inspect_folder(job.source), settings, free_disk=None, free_memory=None)
    real = messages[-1]
    assert isinstance(real, Result)
    assert made.output_bytes == pytest.approx(size_of(job.output), rel=0.02)
    # Said rather a little too high than too low: a job that was let begin should end.
    peak = real.values["peak_bytes"]
    assert 0.9 * peak < made.peak_bytes < 1.6 * peak
