"""Model folders written by hand, in milliseconds: right in form, with zeros for weights."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

LLAMA_3_8B: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "torch_dtype": "bfloat16",
    "hidden_size": 4096,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "max_position_embeddings": 8192,
    "rope_theta": 500000.0,
    "vocab_size": 128256,
}


def safetensors(tensors: dict[str, tuple[str, list[int]]]) -> bytes:
    """The bytes of a safetensors file of zeros: dtype (F32 or BF16) and shape by tensor name."""
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    position = 0
    for name, (dtype, shape) in tensors.items():
        end = position + math.prod(shape) * {"F32": 4, "BF16": 2}[dtype]
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [position, end]}
        position = end
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + bytes(position)


def make_model(folder: Path, config: dict[str, Any] | None = None, **changes: Any) -> Path:
    """A whole one-shard model at `folder`, its config LLAMA_3_8B (or `config`) with `changes`."""
    folder.mkdir(parents=True)
    write_json(folder / "config.json", (LLAMA_3_8B if config is None else config) | changes)
    write_json(folder / "tokenizer.json", {"version": "1.0"})
    write_json(folder / "tokenizer_config.json", {"chat_template": "{{ messages }}"})
    tensors = {"a.weight": ("BF16", [8, 4]), "b.weight": ("F32", [16])}
    (folder / "model.safetensors").write_bytes(safetensors(tensors))
    return folder


def make_sharded(folder: Path, count: int = 3) -> Path:
    """A model in `count` shards, with its index."""
    make_model(folder)
    (folder / "model.safetensors").unlink()
    weight_map = {}
    for number in range(1, count + 1):
        name = f"model-{number:05}-of-{count:05}.safetensors"
        (folder / name).write_bytes(safetensors({f"layer.{number}": ("BF16", [8, 8])}))
        weight_map[f"layer.{number}"] = name
    write_json(folder / "model.safetensors.index.json", {"weight_map": weight_map})
    return folder


def write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value), encoding="utf-8")
