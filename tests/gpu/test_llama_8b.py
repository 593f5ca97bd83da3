"""A model of a real size (Llama 3 8B, dummy weights): where its bytes go is where we say."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.units import GIB, KIB
from desktop_llm.engine.types import Delta, LoadRequest
from desktop_llm.models.folder import inspect_folder
from tests.engine.conftest import Running, chat
from tests.gpu.conftest import loaded, used_vram
from tests.gpu.shapes import LLAMA_8B, Shapes
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(300)]

CACHE_GIB = 8
BYTES_PER_TOKEN = 128 * KIB
WEIGHTS_GIB = 15.0  # 8.03 billion parameters in bfloat16


@pytest.fixture(scope="module")
def llama_8b(
    nvidia: None, tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels
) -> Iterator[tuple[Running, int]]:
    """The loaded engine, and the VRAM in use before it was."""
    before = used_vram()
    folder = Shapes(tiny_models, tmp_path_factory.mktemp("shapes")).folder("8b", LLAMA_8B)
    profile = LoadProfile(enforce_eager=True, kv_cache=KvCacheSize(gib=CACHE_GIB))
    request = LoadRequest(folder, profile, dummy_weights=True)
    with loaded(tmp_path_factory, request) as running:
        yield running, before


def test_that_a_token_takes_128_kib_of_kv_cache(llama_8b: tuple[Running, int]) -> None:
    running, _ = llama_8b
    model = running.engine.state.model
    assert model is not None
    assert inspect_folder(model.path).kv_bytes_per_token("auto") == BYTES_PER_TOKEN
    block = model.kv_block_size * BYTES_PER_TOKEN
    cache = model.kv_cache_tokens * BYTES_PER_TOKEN
    assert CACHE_GIB * GIB - block <= cache <= CACHE_GIB * GIB


def test_that_weights_and_cache_take_the_vram_that_was_said(
    llama_8b: tuple[Running, int],
) -> None:
    """Beside them only the CUDA context, the kernels and the activations of a step."""
    _, before = llama_8b
    taken = (used_vram() - before) / GIB
    print(f"{taken:.2f} GiB taken")
    assert WEIGHTS_GIB + CACHE_GIB - 0.1 < taken < WEIGHTS_GIB + CACHE_GIB + 3


def test_that_it_streams(llama_8b: tuple[Running, int]) -> None:
    running, _ = llama_8b

    async def answer() -> list[Delta]:
        request = chat(max_tokens=64, ignore_eos=True)
        return [delta async for delta in running.engine.generate(request)]

    deltas = running.run(answer())
    assert len(deltas) > 3
    assert deltas[-1].completion_tokens == 64
