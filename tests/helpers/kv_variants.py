"""Configs of small models whose KV cache is of every kind, to be loaded with dummy weights.

Their weight file is a tiny Llama's: dummy weights never read it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.tiny_models import TinyModels

_SIZES: dict[str, Any] = {
    "num_hidden_layers": 8,
    "num_attention_heads": 4,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "hidden_size": 256,
    "intermediate_size": 512,
    "max_position_embeddings": 4096,
    "rope_theta": 10000.0,
    "rope_parameters": None,
    "layer_types": None,
}
_HYBRID = ["mamba", "mamba", "mamba", "attention"] * 2

VARIANTS: dict[str, dict[str, Any]] = {
    # A window in every layer.
    "sliding": _SIZES
    | {"model_type": "mistral", "architectures": ["MistralForCausalLM"], "sliding_window": 128},
    # A window in two of three layers.
    "interleaved": _SIZES
    | {
        "model_type": "gemma3_text",
        "architectures": ["Gemma3ForCausalLM"],
        "sliding_window": 512,
        "sliding_window_pattern": 3,
        "query_pre_attn_scalar": 64,
        "hidden_activation": "gelu_pytorch_tanh",
        "rope_local_base_freq": 10000.0,
        "tie_word_embeddings": True,
    },
    # One latent vector for all heads.
    "latent": _SIZES
    | {
        "model_type": "deepseek_v2",
        "architectures": ["DeepseekV2ForCausalLM"],
        "num_key_value_heads": 4,
        "head_dim": None,
        "kv_lora_rank": 512,
        "q_lora_rank": None,
        "qk_rope_head_dim": 64,
        "qk_nope_head_dim": 128,
        "v_head_dim": 128,
        "n_routed_experts": None,
        "first_k_dense_replace": 99,
        "moe_intermediate_size": 64,
        "num_experts_per_tok": 2,
        "n_group": 1,
        "topk_group": 1,
        "topk_method": "greedy",
    },
    # The states of linear attention in three of four layers.
    "delta-net": _SIZES
    | {
        "model_type": "qwen3_next",
        "architectures": ["Qwen3NextForCausalLM"],
        "num_experts": 4,
        "num_experts_per_tok": 2,
        "moe_intermediate_size": 64,
        "shared_expert_intermediate_size": 64,
        "decoder_sparse_step": 1,
        "full_attention_interval": 4,
        "linear_conv_kernel_dim": 4,
        "linear_key_head_dim": 64,
        "linear_num_key_heads": 2,
        "linear_num_value_heads": 4,
        "linear_value_head_dim": 64,
        "partial_rotary_factor": 0.25,
    },
    # The states of Mamba 2 in three of four layers.
    "mamba": _SIZES
    | {
        "model_type": "granitemoehybrid",
        "architectures": ["GraniteMoeHybridForCausalLM"],
        "head_dim": None,
        "layers_block_type": _HYBRID,
        "mamba_n_heads": 8,
        "mamba_d_head": 64,
        "mamba_n_groups": 1,
        "mamba_d_state": 32,
        "mamba_d_conv": 4,
        "mamba_expand": 2,
        "mamba_chunk_size": 256,
        "num_local_experts": 0,
        "num_experts_per_tok": 0,
        "shared_intermediate_size": 512,
        "embedding_multiplier": 1.0,
        "logits_scaling": 1.0,
        "residual_multiplier": 1.0,
        "attention_multiplier": 0.1,
        "position_embedding_type": "rope",
    },
}


def make_variant(models: TinyModels, name: str, target: Path) -> Path:
    """A folder at `target` with the config of VARIANTS[name] and the tests' tokenizer."""
    folder = models.copy("llama", target)
    file = folder / "config.json"
    config = json.loads(file.read_text("utf-8")) | VARIANTS[name]
    told = {key: value for key, value in config.items() if value is not None}
    file.write_text(json.dumps(told), "utf-8")
    return folder
