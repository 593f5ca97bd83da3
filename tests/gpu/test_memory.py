"""VRAM that is short: too big a model, too long a context, other programs on the same GPU."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator

import psutil
import pytest

from desktop_llm.config.profiles import KvCacheAuto, KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import GIB
from desktop_llm.engine.types import LoadRequest, Phase
from desktop_llm.telemetry.gpus import read_gpus
from tests.engine.conftest import QUICK, Running, descendants
from tests.gpu.shapes import LLAMA_8B, LLAMA_70B, Shapes
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(300)]

New = Callable[[], Running]


def test_that_weights_beyond_the_vram_are_told(new_engine: New, shapes: Shapes) -> None:
    """As many copies of a 70B model's layers as this GPU cannot hold."""
    layers = max(80, int(80 * read_gpus().gpus[0].total_bytes / (100 * GIB)))
    huge = shapes.folder("huge", LLAMA_70B, num_hidden_layers=layers)
    failure = refused(new_engine(), LoadRequest(huge, QUICK, dummy_weights=True))
    assert failure.code == "engine.no_memory_for_weights"
    assert failure.fix is Fix.EDIT_PROFILE


def test_that_a_context_beyond_the_share_is_told_with_one_that_loads(
    new_engine: New, shapes: Shapes
) -> None:
    """In an automatically sized cache; with an explicit size, tests/engine asks the same."""
    running = new_engine()
    folder = shapes.folder("8b-long", LLAMA_8B, max_position_embeddings=4_000_000)
    profile = LoadProfile(
        context_length=4_000_000, enforce_eager=True, kv_cache=KvCacheShare(share=0.5)
    )
    failure = refused(running, LoadRequest(folder, profile, dummy_weights=True))
    assert failure.code == "engine.context_does_not_fit"
    assert failure.fix is Fix.APPLY_CONTEXT
    fitting = int(failure.fix_value)
    assert 1000 < fitting < 4_000_000

    shorter = profile.model_copy(update={"context_length": fitting})
    model = running.run(running.engine.load(LoadRequest(folder, shorter, dummy_weights=True)))
    assert model.context_length == fitting
    assert model.kv_cache_tokens >= fitting


@pytest.mark.parametrize(
    "kv_cache", [KvCacheAuto(), KvCacheSize(gib=1)], ids=["automatic", "explicit"]
)
def test_that_a_cache_in_what_others_leave_loads(
    kv_cache: KvCacheAuto | KvCacheSize, new_engine: New, tiny_models: TinyModels
) -> None:
    profile = QUICK.model_copy(update={"kv_cache": kv_cache})
    with vram_held_by_another_program():
        running = new_engine()
        model = running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), profile)))
        assert model.kv_cache_tokens > model.context_length
        running.run(running.engine.unload())


def test_that_a_share_that_others_hold_is_refused(new_engine: New, tiny_models: TinyModels) -> None:
    profile = QUICK.model_copy(update={"kv_cache": KvCacheShare(share=0.92)})
    with vram_held_by_another_program() as holder:
        failure = refused(new_engine(), LoadRequest(tiny_models.folder("llama"), profile), holder)
    assert failure.code == "engine.share_not_free"
    assert failure.fix is Fix.EDIT_PROFILE
    ledger = failure.memory
    assert ledger is not None
    assert ledger.on_gpu
    assert (ledger.free or 0) < 0.7 * (ledger.total or 0)
    # In a container the driver may name nobody, or by other numbers.
    sizes = [found.bytes for found in ledger.holders or () if found.bytes is not None]
    assert not sizes or sizes[0] >= read_gpus().gpus[0].total_bytes // 3


@pytest.mark.parametrize("eager", [True, False])
def test_that_a_worker_tells_what_its_vram_went_to(
    eager: bool, new_engine: New, shapes: Shapes
) -> None:
    folder = shapes.folder("8b-two-layers", LLAMA_8B, num_hidden_layers=2)
    profile = LoadProfile(enforce_eager=eager, kv_cache=KvCacheSize(gib=1))
    before = read_gpus().gpus[0].used_bytes
    running = new_engine()
    model = running.run(running.engine.load(LoadRequest(folder, profile, dummy_weights=True)))
    held = read_gpus().gpus[0].used_bytes - before
    (worker,) = model.workers
    assert 0.9 * GIB < (model.kv_cache_bytes or 0) <= GIB
    assert worker.weight_bytes == model.weight_bytes
    assert worker.activation_bytes
    assert eager or worker.graph_bytes
    told = (worker.weight_bytes or 0) + (worker.kv_cache_bytes or 0) + (worker.graph_bytes or 0)
    assert 0.5 * held < told <= held
    running.run(running.engine.unload())


def refused(running: Running, request: LoadRequest, *others: int) -> AppError:
    """Why `request` was refused, with no process left but `others`."""
    with pytest.raises(AppError) as failed:
        running.run(running.engine.load(request))
    assert running.engine.state.phase is Phase.FAILED
    left = {process.pid for process in psutil.Process().children(recursive=True)}
    assert left <= set(others), descendants()
    return failed.value


@contextlib.contextmanager
def vram_held_by_another_program() -> Iterator[int]:
    """A third of the VRAM, allocated by a process of its own; its id."""
    size = read_gpus().gpus[0].total_bytes // 3
    program = (
        f"import torch; held = torch.empty({size}, dtype=torch.uint8, device='cuda');"
        "print('held', flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        yield holder.pid
    finally:
        holder.kill()
        holder.communicate()
