"""What was worked out before a load against what vLLM and the GPU report after it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_llm.app import learn_overheads
from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.units import GIB, MIB
from desktop_llm.engine.types import LoadedModel, LoadRequest
from desktop_llm.models.demand import Part
from desktop_llm.models.device_memory import DeviceMemory
from desktop_llm.models.fit_report import FitReport, Verdict, assess, report_on
from desktop_llm.models.folder import inspect_folder
from desktop_llm.models.overheads import Overheads, read_overheads
from desktop_llm.models.weight_memory import weights_from_config
from desktop_llm.telemetry.gpus import read_gpus
from tests.engine.conftest import QUICK, Running
from tests.gpu.conftest import used_vram
from tests.gpu.shapes import LLAMA_8B, Shapes
from tests.helpers.fits import assert_cache_as_worked_out
from tests.helpers.kv_variants import VARIANTS, make_variant
from tests.helpers.tiny_models import AWQ, FAMILIES, TinyModels

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(300)]

New = Callable[[], Running]
LARGE = LoadProfile(enforce_eager=True, kv_cache=KvCacheSize(gib=4))


def large_model(folder: Path, model: LoadedModel, overheads: Overheads) -> FitReport:
    """The report on a folder of which only the config counts, for the context that vLLM gave."""
    gpu = read_gpus().gpus[0]
    facts = inspect_folder(folder)
    asked = assess(
        facts,
        LARGE,
        DeviceMemory(gpu.total_bytes, gpu.total_bytes),
        cpu=False,
        context=model.context_length,
        overheads=overheads,
        listing={"model.safetensors": 8_030_261_248 * 2},
    )
    return report_on(asked.question)


@pytest.mark.parametrize("family", [*FAMILIES, AWQ])
def test_that_the_cache_of_every_family_is_what_was_worked_out(
    family: str, new_engine: New, tiny_models: TinyModels
) -> None:
    running = new_engine()
    folder = tiny_models.folder(family)
    assert_cache_as_worked_out(running.run(running.engine.load(LoadRequest(folder, QUICK))), QUICK)


@pytest.mark.parametrize("name", VARIANTS)
def test_that_every_kind_of_cache_is_what_was_worked_out(
    name: str, new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    running = new_engine()
    folder = make_variant(tiny_models, name, tmp_path / name)
    request = LoadRequest(folder, QUICK, dummy_weights=True)
    assert_cache_as_worked_out(running.run(running.engine.load(request)), QUICK)


def test_that_a_large_model_takes_what_was_worked_out(
    new_engine: New, shapes: Shapes, tmp_path: Path
) -> None:
    """Weights within 2 %; all of it together no more than was said, and not far below."""
    running = new_engine()
    before = used_vram()
    folder = shapes.folder("8b", LLAMA_8B)
    request = LoadRequest(folder, LARGE, dummy_weights=True)
    model = running.run(running.engine.load(request))
    weights = weights_from_config(inspect_folder(folder), LARGE, cpu=False)
    assert weights is not None
    assert weights.held == pytest.approx(model.weight_bytes, rel=0.02)
    assert_cache_as_worked_out(model, LARGE)

    report = large_model(folder, model, Overheads())
    assert report.verdict is Verdict.FITS
    taken = used_vram() - before
    parts = [(row.part.value, row.bytes // MIB) for row in report.rows]
    print(f"{taken / GIB:.2f} GiB taken, {report.total / GIB:.2f} said: {parts}")
    print(f"the worker told {model.workers}")
    assert taken <= report.total + 256 * MIB
    assert taken >= report.total - 2 * GIB


def test_that_a_load_teaches_what_the_next_one_takes(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "overheads.json"
    running = new_engine()
    running.engine._learn = lambda request, model: learn_overheads(file, request, model)
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))
    running.run(running.engine.unload())
    (load,) = read_overheads(file).seen
    assert not load.cpu
    assert load.runtime_bytes < 4 * GIB
    facts = inspect_folder(tiny_models.folder("llama"))
    memory = DeviceMemory(80 * GIB, 79 * GIB)
    known = assess(facts, QUICK, memory, cpu=False, overheads=read_overheads(file))
    assert known.sum.demand.learned
    assert known.sum.demand.of(Part.RUNTIME) == load.runtime_bytes
