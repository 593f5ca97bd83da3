"""What config.json says of a model, read as vLLM 0.32 reads it."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# The names vLLM looks for, and takes the smallest of (ModelArchConfigConvertorBase).
_CONTEXT_KEYS = (
    "max_position_embeddings", "n_positions", "max_seq_len", "seq_length", "model_max_length",
    "max_target_positions", "max_sequence_length", "max_seq_length", "seq_len",
)  # fmt: skip
# RoPE types whose limit already includes their factor (vLLM's _get_and_verify_max_len).
_SCALED_ALREADY = {
    "su", "longrope", "llama3", "yarn", "deepseek_yarn", "deepseek_llama_scaling",
}  # fmt: skip
# Layers of these types keep a state of fixed size instead of keys and values for each token.
_WITHOUT_KV = {"linear_attention", "mamba", "mamba2", "conv", "short_conv", "recurrent", "moe"}


@dataclass(frozen=True)
class Quantization:
    """How the weights are quantized; None where the config does not say."""

    method: str
    bits: int | None = None
    group_size: int | None = None


@dataclass(frozen=True)
class Shape:
    """The sizes that decide memory. `attention_layers` are those that keep keys and values.

    With `kv_shared_out`, tensor parallelism gives each device some heads' keys and values.
    """

    layers: int | None
    attention_layers: int | None
    heads: int | None
    kv_heads: int | None
    head_size: int | None
    hidden_size: int | None
    vocab_size: int | None
    kv_values_per_layer: int | None
    kv_shared_out: bool = True


def text_config(config: dict[str, Any]) -> dict[str, Any]:
    """The language model's part: multimodal configs keep it in a section of its own."""
    inner = config.get("text_config")
    return config | inner if isinstance(inner, dict) else config


def read_shape(config: dict[str, Any]) -> Shape:
    """The shape, from the text part of a config. What is not there is None."""
    layers = _first_int(config, "num_hidden_layers", "n_layer", "num_layers", "n_layers")
    heads = _first_int(config, "num_attention_heads", "n_head", "num_heads", "n_heads")
    kv_heads = _first_int(
        config, "n_head_kv", "num_kv_heads", "num_key_value_heads", "multi_query_group_num"
    )
    hidden = _first_int(config, "hidden_size", "n_embd", "d_model", "dim")
    head_size = _first_int(config, "head_dim", "hidden_size_per_head")
    if head_size is None and hidden and heads:
        head_size = hidden // heads
    kv_heads = kv_heads or heads
    return Shape(
        layers=layers,
        attention_layers=_attention_layers(config, layers),
        heads=heads,
        kv_heads=kv_heads,
        head_size=head_size,
        hidden_size=hidden,
        vocab_size=_first_int(config, "vocab_size"),
        kv_values_per_layer=_kv_values(config, kv_heads, head_size),
        kv_shared_out=_mla_rank(config) is None,
    )


def context_limit(config: dict[str, Any]) -> int | None:
    """The longest context vLLM accepts for this model, in tokens; None if the config is silent."""
    limits = [limit for key in _CONTEXT_KEYS if (limit := _positive(config.get(key)))]
    if not limits:
        return None
    factor = 1.0
    if "gemma3" not in str(config.get("model_type")):
        for rope in _rope_sections(config):
            if str(rope.get("rope_type", rope.get("type"))) not in _SCALED_ALREADY:
                factor = _factor(rope.get("factor")) or factor
    return int((_positive(config.get("model_max_length")) or min(limits)) * factor)


def read_quantization(config: dict[str, Any]) -> Quantization | None:
    """The quantization a config declares, in the spellings vLLM knows."""
    section = config.get("quantization_config")
    if not isinstance(section, dict):
        return None
    method = str(section.get("quant_method") or "unknown").lower()
    bits = _first_int(section, "bits", "w_bit")
    group_size = _first_int(section, "group_size", "q_group_size")
    groups = section.get("config_groups")  # compressed-tensors
    if isinstance(groups, dict):
        for group in groups.values():
            weights = group.get("weights") if isinstance(group, dict) else None
            if isinstance(weights, dict):
                bits = bits or _first_int(weights, "num_bits")
                group_size = group_size or _first_int(weights, "group_size")
    if bits is None:
        bits = {"fp8": 8, "mxfp4": 4, "awq": 4}.get(method)
    return Quantization(method, bits, group_size)


def feed_forward_width(config: dict[str, Any]) -> int | None:
    """Values that a token has at once between the matrices of its feed-forward network, by three.

    A gated network has both halves and their product: three times the intermediate size. vLLM's
    fused experts have that of every expert a token goes to, or, in the same memory as the halves,
    the outputs of all of them (model_executor/layers/fused_moe).
    """
    dense = _first_int(config, "intermediate_size", "n_inner", "ffn_hidden_size", "d_ff")
    chosen = _first_int(config, "num_experts_per_tok", "moe_topk", "top_k_experts")
    inner = _first_int(config, "moe_intermediate_size") or dense
    if chosen is None or inner is None:
        return dense
    hidden = _first_int(config, "hidden_size") or 0
    return max(dense or 0, chosen * max(3 * inner, hidden + inner) // 3)


def read_dtype(config: dict[str, Any]) -> str | None:
    """The dtype the weights were saved in, such as bfloat16."""
    dtype = config.get("dtype") or config.get("torch_dtype")
    return dtype.removeprefix("torch.") if isinstance(dtype, str) else None


def needs_remote_code(config: dict[str, Any], tokenizer_config: dict[str, Any]) -> bool:
    """Whether model or tokenizer only work with Python code from the model's folder.

    A folder may carry such code (``auto_map``) for a type the installed libraries know by now. They
    then use their own class, so refusing it would only push people to run the folder's code.
    """
    model_type = str(config.get("model_type") or "")
    if isinstance(config.get("auto_map"), dict) and not _known_to_transformers(model_type):
        return True
    tokenizers = tokenizer_config.get("auto_map")
    if isinstance(tokenizers, dict):
        tokenizers = tokenizers.get("AutoTokenizer")
    named = tokenizer_config.get("tokenizer_class")
    return bool(tokenizers) and not _tokenizer_is_known(
        model_type, named if isinstance(named, str) else ""
    )


@cache
def _known_to_transformers(model_type: str) -> bool:
    """Look for the type's folder inside transformers, without importing it (seconds)."""
    name = model_type.replace("-", "_").lower()
    models = _transformers_models() if name.isidentifier() else None
    return models is not None and (models / name / f"modeling_{name}.py").is_file()


@cache
def _tokenizer_is_known(model_type: str, tokenizer_class: str) -> bool:
    """Look both up in transformers' own list of tokenizers, which AutoTokenizer goes by."""
    models = _transformers_models()
    if models is None:
        return False
    try:
        listed = (models / "auto" / "tokenization_auto.py").read_text("utf-8")
    except OSError:
        return False
    plain = tokenizer_class.removesuffix("Fast")
    return bool(
        (model_type and f'("{model_type}", ' in listed)
        or (plain and (f'"{plain}"' in listed or f'"{plain}Fast"' in listed))
    )


def _transformers_models() -> Path | None:
    spec = importlib.util.find_spec("transformers")
    return Path(spec.origin).parent / "models" if spec and spec.origin else None


def _attention_layers(config: dict[str, Any], layers: int | None) -> int | None:
    types = config.get("layer_types", config.get("layers_block_type"))
    if isinstance(types, list) and types:
        return sum(1 for kind in types if str(kind) not in _WITHOUT_KV)
    return layers


def _kv_values(config: dict[str, Any], kv_heads: int | None, head_size: int | None) -> int | None:
    """Values kept for one token in one layer."""
    if rank := _mla_rank(config):
        return rank + (_positive(config.get("qk_rope_head_dim")) or 0)
    if kv_heads is None or head_size is None:
        return None
    return kv_heads * (head_size + (_first_int(config, "v_head_dim") or head_size))


def _mla_rank(config: dict[str, Any]) -> int | None:
    """Multi-head latent attention keeps one compressed vector, not keys and values."""
    return _positive(config.get("kv_lora_rank"))


def _rope_sections(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The RoPE parameters: one section, or one for each layer type."""
    for key in ("rope_parameters", "rope_scaling"):
        section = config.get(key)
        if isinstance(section, dict):
            inner = [value for value in section.values() if isinstance(value, dict)]
            yield from inner or [section]
            return


def _first_int(config: dict[str, Any], *keys: str) -> int | None:
    return next((found for key in keys if (found := _positive(config.get(key)))), None)


def _positive(value: Any) -> int | None:
    return value if type(value) is int and value > 0 else None


def _factor(value: Any) -> float | None:
    return float(value) if type(value) in {int, float} and 0 < value < 1e6 else None
