"""Configs of real sizes with the tests' tokenizer: for dummy weights, or with random ones."""

from __future__ import annotations

import json
import subprocess
import sys
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


# The weights of a folder's config, random: made on the GPU in a process of its own.
_WRITE = """
import sys, torch, transformers
folder = sys.argv[1]
config = transformers.AutoConfig.from_pretrained(folder)
with torch.device("cuda"):
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
model.to("cpu").save_pretrained(folder)
"""


class Shapes:
    """Makes the folders. The weight file of `folder` is a tiny model's: dummy weights need none."""

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

    def real(self, name: str, shape: dict[str, Any], **changes: Any) -> Path:
        """The same with weights as the config describes them, random. Takes VRAM for seconds."""
        folder = self.folder(name, shape, **changes)
        subprocess.run([sys.executable, "-c", _WRITE, str(folder)], check=True)
        return folder
