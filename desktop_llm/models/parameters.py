"""How many parameters a model has, from its config alone, in the parts that memory depends on.

The sizes of the linear layers as transformers' modelling code makes them. What no formula here
knows is counted as a gated decoder, which most are; `exact` says whether it was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from desktop_llm.models.layer_types import LIMIT, MOST_LAYERS, LayerKind, layer_kinds

# Feed-forward layers of two matrices instead of three.
_UNGATED = {
    "falcon", "gpt2", "gpt_bigcode", "gpt_neox", "gptj", "mpt", "nemotron", "opt", "phi",
    "starcoder2", "bloom", "nemotron_h",
}  # fmt: skip
# With a bias in every linear layer.
_BIASED = {"gpt2", "gpt_bigcode", "gpt_neox", "phi", "starcoder2", "opt", "bloom"}
_QKV_BIAS = {"qwen2", "qwen2_moe", "qwen2_vl", "qwen2_5_vl"}
_HEAD_NORMS = {
    "qwen3", "qwen3_moe", "gemma3", "gemma3_text", "qwen3_next", "qwen3_5", "qwen3_5_text",
    "qwen3_5_moe", "qwen3_5_moe_text", "qwen3_vl",
}  # fmt: skip
_FOUR_NORMS = {"gemma2", "gemma3", "gemma3_text"}
_ONE_NORM = {"cohere", "cohere2", "phi", "falcon"}
_LAYER_NORMS = {"falcon", "gpt2", "gpt_neox", "phi", "starcoder2", "gpt_bigcode", "opt", "bloom"}
_TIED_BY_DEFAULT = {
    "gemma", "gemma2", "gemma3", "gemma3_text", "gemma3n", "gpt2", "gpt_bigcode", "cohere",
    "cohere2", "falcon", "bloom", "opt", "mpt", "starcoder2",
}  # fmt: skip
_KNOWN = (
    _UNGATED | _BIASED | _QKV_BIAS | _HEAD_NORMS | _FOUR_NORMS | _ONE_NORM
    | {"llama", "mistral", "mixtral", "gemma", "phi3", "deepseek_v2", "deepseek_v3", "gpt_oss",
       "olmo2", "granite", "kimi_k2", "stablelm", "mistral3", "glm4_moe", "smollm3"}
)  # fmt: skip


@dataclass(frozen=True)
class ParameterCount:
    """Parameters by their part in memory.

    `linear` are the matrices of linear layers, which are shared out and quantized; `small` are
    norms, biases and routers, which every device keeps. `embedding` and `lm_head` have a row for
    each token of the vocabulary; a tied `lm_head` has none of its own.
    """

    embedding: int
    lm_head: int
    linear: int
    small: int
    exact: bool = True

    @property
    def total(self) -> int:
        return self.embedding + self.lm_head + self.linear + self.small


def count_parameters(config: dict[str, Any]) -> ParameterCount | None:
    """Count, from the text part of a config; None where it does not tell the sizes.

    Vision and audio parts are not counted, nor layers for speculative decoding.
    """
    shape = _Sizes(config)
    if not (shape.hidden and 0 < shape.layers <= MOST_LAYERS and shape.heads and shape.vocab):
        return None
    kinds = layer_kinds(config, shape.layers) or (LayerKind.FULL,) * shape.layers
    counts = [_layer(shape, number, kind) for number, kind in enumerate(kinds)]
    linear, small = sum(each[0] for each in counts), sum(each[1] for each in counts)
    small += shape.norm  # the last one
    if shape.model_type in {"gpt2", "gpt_bigcode", "opt"}:  # learned positions
        small += (_int(config, "n_positions", "max_position_embeddings") or 0) * shape.hidden
    embedding = shape.vocab * shape.hidden
    head_bias = shape.vocab if shape.model_type == "phi" else 0
    return ParameterCount(
        embedding=embedding,
        lm_head=0 if is_tied(config) else embedding + head_bias,
        linear=linear,
        small=small,
        exact=shape.model_type in _KNOWN,
    )


def is_tied(config: dict[str, Any]) -> bool:
    """Whether the embedding is the lm_head too, as transformers' default for the type has it."""
    tied = config.get("tie_word_embeddings")
    if isinstance(tied, bool):
        return tied
    return str(config.get("model_type")) in _TIED_BY_DEFAULT


class _Sizes:
    """The sizes by one name each."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        self.model_type = str(config.get("model_type"))
        self.hidden = _int(config, "hidden_size", "n_embd", "d_model") or 0
        self.layers = _int(config, "num_hidden_layers", "n_layer", "n_layers") or 0
        self.heads = _int(config, "num_attention_heads", "n_head", "n_heads") or 0
        self.vocab = _int(config, "vocab_size") or 0
        named = _int(config, "num_key_value_heads", "num_kv_heads", "n_head_kv")
        if self.model_type == "falcon" and not config.get("new_decoder_architecture"):
            named = 1 if config.get("multi_query", True) else None
        if self.model_type == "gpt_bigcode" and config.get("multi_query", True):
            named = 1
        self.kv_heads = named or self.heads
        self.head_size = _int(config, "head_dim") or self.hidden // max(self.heads, 1)
        inner = _int(config, "intermediate_size", "n_inner", "ffn_hidden_size")
        self.inner = inner or 4 * self.hidden
        self.matrices = 2 if self.model_type in _UNGATED else 3
        self.norm = self.hidden * (2 if self.model_type in _LAYER_NORMS else 1)


def _layer(shape: _Sizes, number: int, kind: LayerKind) -> tuple[int, int]:
    """(linear, small) of one layer."""
    mixed, mixed_small = (0, 0)
    if kind in (LayerKind.STATE, LayerKind.BOTH):
        mixed, mixed_small = _state(shape)
    if kind not in (LayerKind.STATE, LayerKind.NOTHING):
        attended, small = _attention(shape)
        mixed, mixed_small = mixed + attended, mixed_small + small
    fed, fed_small = _feed_forward(shape, number)
    norms = {True: 4, False: 1 if shape.model_type in _ONE_NORM else 2}[
        shape.model_type in _FOUR_NORMS
    ] * shape.norm
    return mixed + fed, mixed_small + fed_small + norms


def _attention(shape: _Sizes) -> tuple[int, int]:
    config, hidden = shape.config, shape.hidden
    if _int(config, "kv_lora_rank"):
        return _latent_attention(shape)
    queries, keys = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    gate = queries if config.get("attn_output_gate") or shape.model_type == "qwen3_next" else 0
    linear = hidden * (queries + gate + 2 * keys) + queries * hidden
    small = 0
    biased = config.get("attention_bias") or config.get("bias") or shape.model_type in _BIASED
    if shape.model_type == "starcoder2":
        biased = config.get("use_bias", True)
    if biased or shape.model_type in _QKV_BIAS:
        small += queries + 2 * keys
    if biased and shape.model_type not in _QKV_BIAS and shape.model_type != "glm4_moe":
        small += hidden
    if shape.model_type in _HEAD_NORMS or config.get("use_qk_norm"):
        small += 2 * shape.head_size
    if shape.model_type == "olmo2":
        small += queries + keys
    if shape.model_type == "gpt_oss":
        small += shape.heads  # attention sinks
    return linear, small


def _latent_attention(shape: _Sizes) -> tuple[int, int]:
    """DeepSeek's: queries and keys through low ranks (arXiv 2405.04434, section 2.1)."""
    config, hidden, heads = shape.config, shape.hidden, shape.heads
    rank, rope = _int(config, "kv_lora_rank") or 0, _int(config, "qk_rope_head_dim") or 0
    plain, value = _int(config, "qk_nope_head_dim") or 0, _int(config, "v_head_dim") or 0
    linear, small = 0, rank
    if query_rank := _int(config, "q_lora_rank"):
        linear += hidden * query_rank + query_rank * heads * (plain + rope)
        small += query_rank
    else:
        linear += hidden * heads * (plain + rope)
    linear += hidden * (rank + rope) + rank * heads * (plain + value) + heads * value * hidden
    return linear, small


def _feed_forward(shape: _Sizes, number: int) -> tuple[int, int]:
    config, hidden = shape.config, shape.hidden
    experts = _int(config, "num_experts", "num_local_experts", "n_routed_experts")
    if not experts or _is_dense(config, number):
        small = 0
        if shape.model_type in _BIASED:
            biased = shape.model_type != "starcoder2" or config.get("use_bias", True)
            small = shape.inner + hidden if biased else 0
        elif config.get("mlp_bias"):
            small = shape.inner * (shape.matrices - 1) + hidden
        return shape.matrices * hidden * shape.inner, small
    inner = _int(config, "moe_intermediate_size") or shape.inner
    linear = experts * shape.matrices * hidden * inner
    small = hidden * experts
    if shape.model_type == "gpt_oss":  # biases of the router and of every expert
        small += experts + experts * (2 * inner + hidden)
    shared = _int(config, "shared_expert_intermediate_size")
    if shared is None and (count := _int(config, "n_shared_experts")):
        shared = count * inner
    if shared:
        linear += shape.matrices * hidden * shared
    if _int(config, "shared_expert_intermediate_size"):
        small += hidden  # its gate
    if shape.model_type in {"deepseek_v3", "kimi_k2", "glm4_moe"}:
        small += experts  # e_score_correction_bias
    return linear, small


def _is_dense(config: dict[str, Any], number: int) -> bool:
    """Whether this layer of a mixture-of-experts model has one feed-forward network."""
    alone = config.get("mlp_only_layers")
    if isinstance(alone, Sequence) and number in alone:
        return True
    if number < (_int(config, "first_k_dense_replace") or 0):
        return True
    step = _int(config, "decoder_sparse_step", "moe_layer_freq") or 1
    return "decoder_sparse_step" in config and (number + 1) % step != 0


def _state(shape: _Sizes) -> tuple[int, int]:
    """Gated delta net (Qwen3-Next) or Mamba 2, from transformers' modelling code."""
    config, hidden = shape.config, shape.hidden
    if value_heads := _int(config, "linear_num_value_heads"):
        key_size = _int(config, "linear_key_head_dim") or 0
        value_size = _int(config, "linear_value_head_dim") or 0
        keys = (_int(config, "linear_num_key_heads") or 0) * key_size
        values = value_heads * value_size
        taps = _int(config, "linear_conv_kernel_dim") or 4
        linear = hidden * (2 * keys + 2 * values + 2 * value_heads) + values * hidden
        return linear, taps * (2 * keys + values) + 2 * value_heads + value_size
    heads = _int(config, "mamba_num_heads", "mamba_n_heads")
    size = _int(config, "ssm_state_size", "mamba_d_state", "state_size") or 0
    taps = _int(config, "conv_kernel", "mamba_d_conv") or 4
    if heads:
        inner = heads * (_int(config, "mamba_head_dim", "mamba_d_head") or 0)
        groups = _int(config, "n_groups", "mamba_n_groups") or 1
        through = inner + 2 * groups * size
        linear = hidden * (inner + through + heads) + inner * hidden
        return linear, (taps + 1) * through + 3 * heads + inner
    inner = (_int(config, "mamba_expand") or 2) * hidden
    rank = _int(config, "mamba_dt_rank") or -(-hidden // 16)
    linear = hidden * 2 * inner + inner * (rank + 2 * size) + rank * inner + inner * hidden
    return linear, (taps + 1) * inner + inner * (size + 2)


def _int(config: dict[str, Any], *keys: str) -> int | None:
    values = (config.get(key) for key in keys)
    return next((value for value in values if type(value) is int and 0 < value < LIMIT), None)
