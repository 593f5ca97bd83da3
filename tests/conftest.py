"""For all tests: what fails fast runs first."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

# Compiled kernels are shared by all tests, whose homes are new each time.
os.environ.setdefault(
    "TORCHINDUCTOR_CACHE_DIR", str(Path(tempfile.gettempdir()) / "desktop-llm-tests-inductor")
)

# Where the tests run in the background, shells have them ignore SIGINT, and so would every child
# that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# From what takes milliseconds to what takes a real window with a real engine.
_SLOW = ("engine", "e2e", "gpu")


def _slowness(item: pytest.Item) -> int:
    marks = [_SLOW.index(mark.name) + 2 for mark in item.iter_markers() if mark.name in _SLOW]
    real_installs = int("tests/packaging/" in item.path.as_posix())
    return max([*marks, real_installs])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by slowness; within it, as collected."""
    items.sort(key=_slowness)
