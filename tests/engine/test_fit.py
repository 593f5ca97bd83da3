"""What was worked out before a load against what vLLM reports after it.

Of the families that are loaded in `test_loading` it is looked at there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_llm.app import learn_overheads
from desktop_llm.config.profiles import KvCacheAuto
from desktop_llm.core.units import GIB
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.overheads import read_overheads
from tests.engine.conftest import QUICK, Running
from tests.helpers.fits import assert_cache_as_worked_out, reported_on
from tests.helpers.kv_variants import VARIANTS, make_variant
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

New = Callable[[], Running]


@pytest.mark.parametrize("name", VARIANTS)
def test_that_every_kind_of_cache_is_what_was_worked_out(
    name: str, new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    running = new_engine()
    folder = make_variant(tiny_models, name, tmp_path / name)
    request = LoadRequest(folder, QUICK, dummy_weights=True)
    assert_cache_as_worked_out(running.run(running.engine.load(request)), QUICK)


def test_that_an_fp8_cache_holds_twice_the_tokens(new_engine: New, tiny_models: TinyModels) -> None:
    running = new_engine()
    profile = QUICK.model_copy(update={"kv_cache_dtype": "fp8"})
    model = running.run(running.engine.load(LoadRequest(tiny_models.folder("qwen3"), profile)))
    assert_cache_as_worked_out(model, profile)
    plain = reported_on(model, QUICK).sum.pool
    assert model.kv_cache_tokens == 2 * plain.tokens(GIB // 8, model.context_length)


def test_that_an_automatic_cache_holds_the_context_and_a_load_teaches_the_next(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    file = tmp_path / "overheads.json"
    running = new_engine()
    running.engine._learn = lambda request, model: learn_overheads(file, request, model)
    profile = QUICK.model_copy(update={"kv_cache": KvCacheAuto(), "max_sequences": 1})
    folder = tiny_models.copy("llama", tmp_path / "long")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    changed = json.dumps(config | {"max_position_embeddings": 262_144})
    (folder / "config.json").write_text(changed, "utf-8")
    model = running.run(running.engine.load(LoadRequest(folder, profile)))
    assert model.context_length == 262_144  # all of it, for the block kept back was counted too
    running.run(running.engine.unload())  # after what is learned, on the same thread
    (load,) = read_overheads(file).seen
    assert load.cpu == (model.device == "cpu")
    assert 0 < load.runtime_bytes < 4 * GIB
