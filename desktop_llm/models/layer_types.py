"""Which kind of attention, or of state, each layer of a model has, from its config."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

# Far above any real model's sizes and layers: a config that says more is not to be believed.
LIMIT = 10**9
MOST_LAYERS = 10_000


class LayerKind(StrEnum):
    """What a layer keeps between tokens; `NOTHING` for a feed-forward layer of a hybrid model."""

    FULL = "full"
    SLIDING = "sliding"
    CHUNKED = "chunked"
    STATE = "state"
    BOTH = "both"  # attention and a state side by side, as Falcon-H1
    NOTHING = "nothing"


# The names of transformers' `layer_types` and `layers_block_type`.
_NAMES = {
    "full_attention": LayerKind.FULL,
    "attention": LayerKind.FULL,
    "hybrid": LayerKind.BOTH,
    "sliding_attention": LayerKind.SLIDING,
    "chunked_attention": LayerKind.CHUNKED,
    "linear_attention": LayerKind.STATE,
    "mamba": LayerKind.STATE,
    "mamba2": LayerKind.STATE,
    "conv": LayerKind.STATE,
    "short_conv": LayerKind.STATE,
    "recurrent": LayerKind.STATE,
    "moe": LayerKind.NOTHING,
    "mlp": LayerKind.NOTHING,
}
# Nemotron-H's `hybrid_override_pattern`, one letter a layer.
_LETTERS = {
    "M": LayerKind.STATE,
    "*": LayerKind.FULL,
    "-": LayerKind.NOTHING,
    "E": LayerKind.NOTHING,
}
# Every which layer is full attention where config.json leaves it to transformers' default.
_FULL_EVERY = {
    "gemma2": 2, "gemma3": 6, "gemma3_text": 6, "gemma3n": 5, "gemma3n_text": 5, "gemma4": 6,
    "gemma4_text": 6, "cohere2": 4, "gpt_oss": 2, "olmo3": 4, "exaone4": 4,
}  # fmt: skip
# Their configs carry a window that is only used where they also say so.
_WINDOW_ON_DEMAND = {"qwen2", "qwen2_moe", "qwen3", "qwen3_moe", "qwen2_vl", "qwen2_5_vl"}


def layer_kinds(config: dict[str, Any], layers: int) -> tuple[LayerKind, ...] | None:
    """One kind for each of the layers, from the text part of a config; None if it is not known.

    As transformers' configuration classes fill in what config.json leaves out.
    """
    if layers > MOST_LAYERS:
        return None
    listed = config.get("layer_types") or config.get("layers_block_type")
    if isinstance(listed, list):
        kinds = [_NAMES.get(str(name)) for name in listed]
        known = tuple(kind for kind in kinds if kind is not None)
        return _windowless(config, known) if len(known) == len(kinds) else None
    pattern = config.get("hybrid_override_pattern")
    if isinstance(pattern, str):
        return tuple(_LETTERS.get(letter, LayerKind.NOTHING) for letter in pattern)
    model_type = str(config.get("model_type"))
    if model_type == "falcon_h1":
        return (LayerKind.BOTH,) * layers
    if period := _positive(config.get("attn_layer_period")):  # Jamba
        offset = _natural(config.get("attn_layer_offset"))
        return _every(layers, LayerKind.STATE, lambda layer: layer % period == offset)
    indices = config.get("attn_layer_indices")  # Bamba
    if isinstance(indices, list):
        return _every(layers, LayerKind.STATE, lambda layer: layer in indices)
    if interval := _full_interval(config, model_type):
        return _every(layers, LayerKind.STATE, lambda layer: (layer + 1) % interval == 0)
    if model_type in {"mamba", "mamba2", "falcon_mamba"}:
        return (LayerKind.STATE,) * layers
    if model_type in {"llama4", "llama4_text"}:
        interval = _positive(config.get("no_rope_layer_interval")) or 4
        return _every(layers, LayerKind.CHUNKED, lambda layer: (layer + 1) % interval == 0)
    return _windowed(config, model_type, layers)


def _windowed(config: dict[str, Any], model_type: str, layers: int) -> tuple[LayerKind, ...]:
    """Full attention, or windows in all layers or in all but every n-th."""
    if _positive(config.get("sliding_window")) is None:
        return (LayerKind.FULL,) * layers
    pattern = config.get("sliding_window_pattern", config.get("_sliding_window_pattern"))
    every = _positive(pattern) or _FULL_EVERY.get(model_type)
    if every:
        return _every(layers, LayerKind.SLIDING, lambda layer: (layer + 1) % every == 0)
    if model_type in _WINDOW_ON_DEMAND:
        if not config.get("use_sliding_window"):
            return (LayerKind.FULL,) * layers
        first = _natural(config.get("max_window_layers"))
        return _every(layers, LayerKind.SLIDING, lambda layer: layer < first)
    return (LayerKind.SLIDING,) * layers


def _windowless(config: dict[str, Any], kinds: tuple[LayerKind, ...]) -> tuple[LayerKind, ...]:
    """vLLM takes a layer with a window of no length for full attention."""
    if _positive(config.get("sliding_window")):
        return kinds
    return tuple(LayerKind.FULL if kind is LayerKind.SLIDING else kind for kind in kinds)


def _full_interval(config: dict[str, Any], model_type: str) -> int | None:
    if model_type in {"qwen3_next", "qwen3_5", "qwen3_5_text", "qwen3_5_moe", "qwen3_5_moe_text"}:
        return _positive(config.get("full_attention_interval")) or 4
    return None


def _every(layers: int, other: LayerKind, full: Any) -> tuple[LayerKind, ...]:
    return tuple(LayerKind.FULL if full(layer) else other for layer in range(layers))


def _positive(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < LIMIT else None


def _natural(value: Any) -> int:
    return value if type(value) is int and value >= 0 else 0
