"""What each layer of a model keeps between tokens, in values: the keys, values and states.

The formulas are those of vLLM 0.32's cache specs (v1/kv_cache_interface.py) and of
MambaStateShapeCalculator (model_executor/layers/mamba/mamba_utils.py):

- attention: kv_heads × (head_size_k + head_size_v) for each token; a sliding window or a chunk
  keeps no more tokens than it can see;
- MLA (DeepSeek): one vector of kv_lora_rank + qk_rope_head_dim for each token and all heads;
- Mamba and linear attention: a convolution's last inputs and a state, of one size whatever the
  context.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from desktop_llm.models.layer_types import LIMIT, LayerKind, layer_kinds

# DeepSeek's sparse attention keeps FP8 index keys with a 4-byte scale for each 128 of them.
_INDEX_BLOCK = 128


@dataclass(frozen=True)
class AttentionCache:
    """What an attention layer keeps for each token, in values for all its KV heads together.

    `window` is how many tokens it can look back, None for all; `chunked` if it looks back to the
    beginning of its chunk instead. What is not `shared_out`, each device of a parallel model keeps.
    `index_bytes` come on top and have a size of their own.
    """

    kv_heads: int
    values_per_head: int
    window: int | None = None
    chunked: bool = False
    shared_out: bool = True
    index_bytes: int = 0

    def page_bytes(self, value_bytes: int, devices: int) -> int:
        """Bytes for one token on each device."""
        heads = max(self.kv_heads // devices, 1) if self.shared_out else self.kv_heads
        return heads * self.values_per_head * value_bytes + self.index_bytes


@dataclass(frozen=True)
class StateCache:
    """What a layer without attention keeps for each request, in values: a state of fixed size.

    `wide` states are float32 whatever the model's dtype. For the prefix cache Mamba 2 keeps one
    state more than others, at a `checkpoint` within a prompt.
    """

    conv_values: int
    state_values: int
    wide: bool = False
    checkpoint: bool = False

    def page_bytes(self, value_bytes: int, devices: int, *, wide: bool = False) -> int:
        """Bytes for one request on each device, before vLLM pads them; `wide` in float32."""
        state_bytes = 4 if self.wide or wide else value_bytes
        return (self.conv_values * value_bytes + self.state_values * state_bytes) // devices


LayerCache = AttentionCache | StateCache


@dataclass(frozen=True)
class KvLayout:
    """The caches of all layers, in their order. Empty for a model that keeps nothing."""

    caches: tuple[LayerCache, ...]

    @property
    def attention(self) -> tuple[AttentionCache, ...]:
        return tuple(cache for cache in self.caches if isinstance(cache, AttentionCache))

    @property
    def states(self) -> tuple[StateCache, ...]:
        return tuple(cache for cache in self.caches if isinstance(cache, StateCache))

    @property
    def latent(self) -> bool:
        """Whether it is multi-head latent attention."""
        return any(not cache.shared_out for cache in self.attention)


def read_kv_layout(config: dict[str, Any]) -> KvLayout | None:
    """The layout, from the text part of a config; None if it does not tell all sizes."""
    layers = _first(config, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    if layers is None:
        return None
    kinds = layer_kinds(config, layers)
    if kinds is None:
        return None
    shared = _int(config, "num_kv_shared_layers") or 0  # they read an earlier layer's cache
    kinds = kinds[: len(kinds) - shared]
    try:
        return KvLayout(tuple(cache for kind in kinds for cache in _caches(config, kind)))
    except _NotToldError:
        return None


class _NotToldError(Exception):
    """A size that is needed is not in the config."""


def _caches(config: dict[str, Any], kind: LayerKind) -> Iterator[LayerCache]:
    if kind in (LayerKind.STATE, LayerKind.BOTH):
        yield _state(config)
    if kind in (LayerKind.FULL, LayerKind.SLIDING, LayerKind.CHUNKED, LayerKind.BOTH):
        yield _attention(config, kind)


def _attention(config: dict[str, Any], kind: LayerKind) -> AttentionCache:
    if rank := _int(config, "kv_lora_rank"):
        index = 0
        if _int(config, "index_topk") and (size := _int(config, "index_head_dim")):
            index = size + size // _INDEX_BLOCK * 4
        values = rank + (_int(config, "qk_rope_head_dim") or 0)
        return AttentionCache(1, values, shared_out=False, index_bytes=index)
    heads = _first(config, "num_attention_heads", "n_head", "num_heads", "n_heads")
    kv_heads = _kv_heads(config, heads)
    hidden = _first(config, "hidden_size", "n_embd", "d_model", "dim")
    size = _first(config, "head_dim", "hidden_size_per_head", "attention_head_dim")
    if size is None and hidden and heads:
        size = hidden // heads
    if kind is LayerKind.FULL and (wide := _int(config, "global_head_dim")):  # Gemma 4
        size = wide
        kv_heads = _int(config, "num_global_key_value_heads") or kv_heads
    if kv_heads is None or size is None:
        raise _NotToldError
    window = None
    if kind is LayerKind.SLIDING:
        window = _need(config, "sliding_window")
    elif kind is LayerKind.CHUNKED:
        window = _need(config, "attention_chunk_size")
    return AttentionCache(
        kv_heads,
        size + (_int(config, "v_head_dim") or size),
        window=window,
        chunked=kind is LayerKind.CHUNKED,
    )


def _kv_heads(config: dict[str, Any], heads: int | None) -> int | None:
    """Falcon and GPT-BigCode say in a word of their own that all heads share one."""
    named = _first(
        config, "n_head_kv", "num_kv_heads", "num_key_value_heads", "multi_query_group_num"
    )
    model_type = config.get("model_type")
    if model_type == "falcon" and not config.get("new_decoder_architecture"):
        return 1 if config.get("multi_query", True) else heads
    if model_type == "gpt_bigcode" and config.get("multi_query", True):
        return 1
    return named or heads


def _state(config: dict[str, Any]) -> StateCache:
    """Gated delta net, Mamba 2, Mamba 1 or a short convolution, told apart by their sizes."""
    wide = config.get("mamba_ssm_dtype", config.get("mamba_ssm_cache_dtype")) == "float32"
    if value_heads := _int(config, "linear_num_value_heads"):  # Qwen3-Next, Qwen3.5
        key_size = _need(config, "linear_key_head_dim")
        value_size = _need(config, "linear_value_head_dim")
        keys = _need(config, "linear_num_key_heads") * key_size
        taps = (_int(config, "linear_conv_kernel_dim") or 4) - 1
        conv = taps * (2 * keys + value_heads * value_size)
        return StateCache(conv, value_heads * value_size * key_size, wide)
    if length := _int(config, "conv_L_cache"):  # LFM2
        return StateCache(
            (length - 1) * (_int(config, "conv_dim") or _need(config, "hidden_size")), 0
        )
    heads = _first(config, "mamba_num_heads", "mamba_n_heads", "n_mamba_heads")
    size = _first(config, "ssm_state_size", "mamba_d_state", "state_size")
    taps = (_first(config, "conv_kernel", "mamba_d_conv") or 4) - 1
    if size is None:
        raise _NotToldError
    if heads:  # Mamba 2
        head_size = _first(config, "mamba_head_dim", "mamba_d_head", "mamba_headdim")
        if head_size is None:
            raise _NotToldError
        groups = _first(config, "n_groups", "mamba_n_groups", "mamba_ngroups") or 1
        conv = taps * (heads * head_size + 2 * groups * size)
        return StateCache(conv, heads * head_size * size, wide, checkpoint=True)
    told = _int(config, "intermediate_size") if "state_size" in config else None
    inner = told or (_int(config, "mamba_expand") or 2) * _need(config, "hidden_size")
    return StateCache(taps * inner, inner * size, wide)


def _need(config: dict[str, Any], key: str) -> int:
    found = _int(config, key)
    if found is None:
        raise _NotToldError
    return found


def _first(config: dict[str, Any], *keys: str) -> int | None:
    return next((found for key in keys if (found := _int(config, key))), None)


def _int(config: dict[str, Any], key: str) -> int | None:
    value = config.get(key)
    return value if type(value) is int and 0 < value < LIMIT else None
