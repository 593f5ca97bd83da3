"""What is looked at before a job begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import psutil
import pytest

from desktop_llm.quantize.checks import free_disk, free_ram
from desktop_llm.quantize.types import Method, QuantizeSettings


def test_that_the_free_disk_is_that_of_the_nearest_folder_that_is_there(tmp_path: Path) -> None:
    there = shutil.disk_usage(tmp_path).free
    found = free_disk(tmp_path / "not" / "there" / "yet")
    assert found == pytest.approx(there, abs=2**30)


@pytest.mark.parametrize(
    ("method", "device", "known"),
    [
        (Method.AWQ, "cpu", True),
        (Method.AWQ, "gpu", False),
        (Method.RTN, "gpu", True),
    ],
)
def test_that_free_memory_is_told_for_what_works_in_ram(
    method: Method, device: str, known: bool
) -> None:
    settings = QuantizeSettings.model_validate({"method": method, "device": device})
    found = free_ram(settings)
    assert (found is not None) is known
    assert found is None or 0 < found < psutil.virtual_memory().total
