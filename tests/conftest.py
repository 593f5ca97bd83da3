"""For all tests: what fails fast runs first, and tests run side by side know nothing of it."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Generator
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

# Beside other tests each worker has a temporary folder of its own: what is left there is its own.
if worker := os.environ.get("PYTEST_XDIST_WORKER"):
    os.environ["TMPDIR"] = tempfile.mkdtemp(prefix=f"{worker}-")
    tempfile.tempdir = None

# Where the tests run in the background, shells have them ignore SIGINT, and so would every child
# that a test interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Between what takes milliseconds and what takes most of the time; the longest file before the
# shorter ones, or one of two workers would wait for it at the end.
_SLOW = ("e2e", "engine", "gpu")


def _slowness(item: pytest.Item) -> int:
    marks = [_SLOW.index(mark.name) + 2 for mark in item.iter_markers() if mark.name in _SLOW]
    real_installs = int("tests/packaging/" in item.path.as_posix())
    return max([*marks, real_installs])


def pytest_unconfigure() -> None:
    """Remove the worker's temporary folder."""
    if worker:
        shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What a test printed has to get from a worker to its reader, who takes nothing but UTF-8."""
    report = yield
    report.sections = [
        (title, text.encode("utf-8", "replace").decode()) for title, text in report.sections
    ]
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order by slowness; within it, as collected."""
    items.sort(key=_slowness)
