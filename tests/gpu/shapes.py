"""Configs of real sizes with the tests' tokenizer: folders to load with dummy weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.helpers.tiny_models import TinyModels

LLAMA_8B: dict[str, Any] = {
    "hidden_size": 4096,
    "intermediate_size": 14336,
    "num_hidden_layers": 32,
    "num_attention_heads": 32,
    "num_key_value_heads": 8,
    "head_dim": 128,
    "vocab_size": 128256,
    "max_position_embeddings": 8192,
    "torch_dtype": "bfloat16",
    "dtype": "bfloat16",
}
LLAMA_70B = LLAMA_8B | {
    "hidden_size": 8192,
    "intermediate_size": 28672,
    "num_hidden_layers": 80,
    "num_attention_heads": 64,
}


class Shapes:
    """Makes the folders. Their weight file is a tiny model's: dummy weights never read it."""

    def __init__(self, models: TinyModels, root: Path) -> None:
        self._models = models
        self._root = root

    def folder(self, name: str, shape: dict[str, Any], **changes: Any) -> Path:
        """A folder `name` whose config has `shape` and `changes`."""
        folder = self._models.copy("llama", self._root / name)
        config = folder / "config.json"
        facts = json.loads(config.read_text("utf-8")) | shape | changes
        config.write_text(json.dumps(facts), "utf-8")
        return folder
