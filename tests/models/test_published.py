"""Real models' published numbers through our formulas: parameters, weights and KV cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.units import KIB
from desktop_llm.models.folder import inspect_folder
from desktop_llm.models.kv_groups import KvPool, kv_pool
from desktop_llm.models.kv_layout import read_kv_layout
from desktop_llm.models.parameters import count_parameters
from desktop_llm.models.weight_memory import WeightSource, weights_from_config
from tests.helpers.model_folders import write_json
from tests.models.published import PUBLISHED, Published

BY_NAME = {model.name: model for model in PUBLISHED}
each = pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.name)


def pool(name: str, *, kv_bytes: int = 2, devices: int = 1, batched_tokens: int = 4096) -> KvPool:
    """As on a GPU."""
    layout = read_kv_layout(BY_NAME[name].config)
    assert layout is not None
    return kv_pool(
        layout,
        kv_bytes=kv_bytes,
        state_bytes=2,
        devices=devices,
        cpu=False,
        batched_tokens=batched_tokens,
    )


@each
def test_that_the_parameters_are_counted_to_the_last_one(model: Published) -> None:
    counted = count_parameters(model.config)
    assert counted is not None
    assert counted.total == model.parameters


@each
def test_that_weights_from_the_config_are_two_bytes_a_parameter(
    model: Published, tmp_path: Path
) -> None:
    write_json(tmp_path / "config.json", model.config)
    weights = weights_from_config(inspect_folder(tmp_path), LoadProfile(), cpu=False)
    assert weights is not None
    assert weights.source is WeightSource.CONFIG
    # The vocabulary is padded to a multiple of 64 rows.
    assert model.parameters * 2 <= weights.held <= model.parameters * 2.001 + KIB


@pytest.mark.parametrize(
    "model", [model for model in PUBLISHED if model.kv_kib], ids=lambda model: model.name
)
def test_that_a_token_takes_the_kv_cache_that_is_known(model: Published) -> None:
    assert pool(model.name).request_bytes(4096) == (model.kv_kib or 0) * KIB * 4096
    assert pool(model.name, kv_bytes=1).request_bytes(4096) == (model.kv_kib or 0) * KIB * 2048


def test_that_a_sliding_window_stops_growing() -> None:
    """Mistral 7B v0.1 looks back 4,096 tokens, and steps under way hold up to 8,192 more."""
    mistral = pool("Mistral-7B-v0.1")
    assert mistral.blocks(4096) == 4096 // 16 + 1
    assert mistral.blocks(32768) == (4095 + 8192 + 15) // 16 + 1
    assert mistral.blocks(100_000) == mistral.blocks(32768)


def test_that_layers_of_two_kinds_share_the_pool_as_vllm_groups_them() -> None:
    """Gemma 3 1B: 4 layers of full attention, 22 with a window of 512, so 1 and 6 groups of 4."""
    gemma = pool("Gemma-3-1B", batched_tokens=2048)
    assert len(gemma.groups) == 7
    assert sum(group.window == 512 for group in gemma.groups) == 6
    assert gemma.block_bytes == 4 * 2 * 256 * 2 * 16
    window = (511 + 4096 + 15) // 16 + 1
    assert gemma.blocks(32768) == 32768 // 16 + 6 * window

    # gpt-oss has as many of one kind as of the other.
    oss = pool("gpt-oss-20b")
    assert sorted(str(group.window) for group in oss.groups) == ["128", "None"]
    assert oss.block_bytes == 12 * 8 * 64 * 2 * 2 * 16


def test_that_states_of_linear_attention_do_not_grow() -> None:
    """Qwen3-Next: 12 layers of full attention and 36 of gated delta net, in groups of 12."""
    following = pool("Qwen3-Next-80B-A3B")
    attention = [group for group in following.groups if not group.state_blocks]
    assert len(following.groups) == 4
    assert len(attention) == 1
    # A block of attention is as large as the state: 32 heads × 128 × 128 and a convolution.
    token = 2 * 256 * 2 * 2
    state = (32 * 128 * 128 + 3 * (2 * 16 * 128 + 32 * 128)) * 2
    block = attention[0].block_tokens
    assert block * token >= state > (block - 16) * token
    assert following.blocks(block * 10) == 10 + 3 * 2  # two blocks a state for the prefix cache


def test_that_devices_share_heads_but_not_a_latent_vector() -> None:
    assert pool("Llama-3-70B", devices=4).request_bytes(4096) == 80 * KIB * 4096
    assert pool("Llama-3-70B", devices=16).request_bytes(4096) == 40 * KIB * 4096
    assert pool("DeepSeek-V3", devices=8).request_bytes(4096) == 68.625 * KIB * 4096


def test_that_a_cache_holds_what_vllm_would_report() -> None:
    llama = pool("Llama-3-8B")
    assert llama.tokens(8 * 1024**3, 8192) == 65536
    assert llama.longest_context(llama.bytes_for(5000), 1, 8192) == 5008  # to the block's end
    assert llama.longest_context(KIB, 1, 8192) == 0
