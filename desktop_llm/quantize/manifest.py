"""quantize.json: everything that shaped a quantized model, beside its weights."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import desktop_llm
from desktop_llm.quantize.types import QuantizeSettings

NAME = "quantize.json"
FORMAT = 1
_SOURCE_FILES = ("config.json", "model.safetensors.index.json")
_MEASURED = ("samples_used", "tokens_used", "seconds", "peak_bytes")


def write(
    output: Path,
    *,
    source: Path,
    settings: QuantizeSettings,
    texts: Path | None,
    seed: int,
    left_out: Sequence[str],
    measured: Mapping[str, Any],
) -> None:
    """Write it into `output`. `texts` is the calibration text that was used, None for none.

    `measured` has the versions of the libraries under ``versions`` and what `_MEASURED` names, in
    tokens, seconds and bytes. Raises OSError as the file system gives it.
    """
    value = {
        "format": FORMAT,
        "app": {"name": "Desktop LLM", "version": desktop_llm.__version__},
        "versions": measured.get("versions", {}),
        "source": {"name": source.name, "sha256": _hashes(source)},
        "settings": settings.model_dump(mode="json"),
        "modules_left_out": list(left_out),
        "seed": seed,
        "calibration": {"sha256": None if texts is None else _hash(texts)},
        **{name: measured.get(name) for name in _MEASURED},
    }
    text = json.dumps(value, indent=2, ensure_ascii=False) + "\n"
    (output / NAME).write_text(text, "utf-8")


def _hashes(source: Path) -> dict[str, str]:
    """Of the files that name every tensor; hashing the weights would take as long as reading."""
    return {name: _hash(source / name) for name in _SOURCE_FILES if (source / name).is_file()}


def _hash(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
