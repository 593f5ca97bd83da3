"""NVML played by a small library of our own, under the real pynvml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.nvml.stand_in import StandIn, build, loaded


@pytest.fixture(scope="session")
def nvml_library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled stand-in. Skips where there is no compiler."""
    try:
        return build(tmp_path_factory.mktemp("nvml"))
    except LookupError as error:
        pytest.skip(str(error))


@pytest.fixture
def stand_in(nvml_library: Path, tmp_path: Path) -> Iterator[StandIn]:
    """One healthy GPU, to be changed by the test."""
    with loaded(nvml_library, tmp_path / "control") as control:
        yield control
