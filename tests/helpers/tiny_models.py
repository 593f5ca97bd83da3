"""Tiny random models of the families the app supports, as real folders for the engine's tests.

    from tests.helpers.tiny_models import tiny_models  # a session-scoped fixture, in a conftest

    def test_that_qwen3_loads(tiny_models: TinyModels) -> None:
        folder = tiny_models.folder("qwen3")

Folders are made on demand, once a session, by a child process: torch and transformers never enter
the test process. They use the guide model's tokenizer, so its chat template works on all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

FAMILIES = ("llama", "qwen2", "qwen3", "mistral")
AWQ = "llama-awq"
CONTEXT_LENGTH = 512
GUIDE = Path(__file__).resolve().parents[2] / "resources" / "guide-model"
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
# Divisible by the AWQ group size (128) and by a head size the CPU attention has (64).
SHAPE: dict[str, Any] = {
    "hidden_size": 128,
    "intermediate_size": 256,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "num_key_value_heads": 1,
    "head_dim": 64,
    "max_position_embeddings": CONTEXT_LENGTH,
    "tie_word_embeddings": False,
}


class TinyModels:
    """Makes and keeps the folders under one root."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, name: str) -> Path:
        """The folder of `name` (one of FAMILIES, or AWQ); shared, so treat it as read-only."""
        folder = self._root / name
        if not folder.is_dir():
            # The plain ones cost little beyond importing torch, so they are made together.
            build_apart((name,) if name == AWQ else FAMILIES, self._root)
        return folder

    def copy(self, name: str, target: Path) -> Path:
        """A copy at `target` that a test may damage."""
        shutil.copytree(self.folder(name), target)
        return target


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> TinyModels:
    # One root for the session, also where several conftests bring this fixture in.
    return TinyModels(tmp_path_factory.getbasetemp() / "tiny-models")


def build_apart(names: tuple[str, ...], root: Path) -> None:
    """Build `names` in `root` in a child process; raises RuntimeError with its output."""
    command = [sys.executable, "-m", "tests.helpers.tiny_models", str(root), *names]
    environment = os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""}
    root = Path(__file__).resolve().parents[2]
    child = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=240
    )
    if child.returncode != 0:
        raise RuntimeError(f"Building {names} failed:\n{child.stdout}\n{child.stderr}")


def build(name: str, folder: Path) -> None:
    """Write a random model of family `name`; AWQ is a quantized random Llama."""
    partial = folder.with_name(f".{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    if name == AWQ:
        plain = partial / "plain"
        plain.mkdir()
        _build_plain("llama", plain)
        _quantize(plain, partial / "awq")
        shutil.rmtree(plain)
        (partial / "awq").rename(folder)
        shutil.rmtree(partial)
    else:
        _build_plain(name, partial)
        partial.rename(folder)


def _build_plain(family: str, folder: Path) -> None:
    import torch
    import transformers

    _write_tokenizer(folder)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    config_class = {
        "llama": transformers.LlamaConfig,
        "qwen2": transformers.Qwen2Config,
        "qwen3": transformers.Qwen3Config,
        "mistral": transformers.MistralConfig,
    }[family]
    config = config_class(
        **SHAPE,
        vocab_size=(len(tokenizer) + 127) // 128 * 128,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        **({"sliding_window": None} if family == "mistral" else {}),
    )
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16)
    model.save_pretrained(folder)


def _quantize(plain: Path, folder: Path) -> None:
    import torch
    import transformers
    from awq import AutoAWQForCausalLM

    tokenizer = transformers.AutoTokenizer.from_pretrained(plain)
    model = AutoAWQForCausalLM.from_pretrained(
        str(plain), device_map="cpu", torch_dtype=torch.float16, use_cache=False, safetensors=True
    )
    # AutoAWQ drops samples longer than max_calib_seq_len, so they are written short.
    samples = [f"Sample {number}: the KV cache holds keys and values." for number in range(32)]
    settings = {"zero_point": True, "q_group_size": 128, "w_bit": 4, "version": "GEMM"}
    model.quantize(
        tokenizer,
        quant_config=settings,
        calib_data=samples,
        max_calib_samples=32,
        max_calib_seq_len=64,
    )
    model.save_quantized(str(folder), safetensors=True)
    for name in TOKENIZER_FILES:
        if (plain / name).exists():
            shutil.copy(plain / name, folder / name)


def _write_tokenizer(folder: Path) -> None:
    """Copy the guide model's tokenizer, or train one of the same shape where it is not there."""
    if (GUIDE / "tokenizer.json").exists():
        for name in TOKENIZER_FILES:
            if (GUIDE / name).exists():
                shutil.copy(GUIDE / name, folder / name)
        return
    training = GUIDE / "training"
    sys.path.insert(0, str(training))
    from guide_training.tokenizer import train_tokenizer

    texts = [path.read_text("utf-8") for path in sorted((training / "data").glob("*.txt"))]
    train_tokenizer(texts).save_pretrained(folder)


def facts_of(folder: Path) -> dict[str, Any]:
    """The folder's config.json, for assertions."""
    config: dict[str, Any] = json.loads((folder / "config.json").read_text("utf-8"))
    return config


def main() -> None:
    parser = argparse.ArgumentParser(description="Build tiny random models.")
    parser.add_argument("root", type=Path)
    parser.add_argument("names", nargs="+", choices=[*FAMILIES, AWQ])
    arguments = parser.parse_args()
    for name in arguments.names:
        build(name, arguments.root.absolute() / name)


if __name__ == "__main__":
    main()
