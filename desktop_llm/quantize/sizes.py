"""How many bytes a quantized model will have, tensor by tensor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.headers import Tensor
from desktop_llm.quantize.types import Method, QuantizeSettings

# Tokenizer, chat template and settings go along; code, pickles and pictures do not.
_COPIED = {".json", ".jinja", ".txt", ".model", ".tiktoken"}
_FLOATS = {"F64", "F32", "F16", "BF16"}
_HEADER_BYTES = 110  # of one tensor in a safetensors header


def output_bytes(
    facts: ModelFacts,
    tensors: Sequence[Tensor],
    quantized: Sequence[Tensor],
    settings: QuantizeSettings,
) -> int:
    """The size of the finished folder: its weights, and the small files that are copied.

    `quantized` are those of `tensors` that get 4 bits. Any thread.
    """
    names = {tensor.name for tensor in quantized}
    weights = sum(
        _quantized_bytes(tensor, settings) if tensor.name in names else _kept_bytes(tensor)
        for tensor in tensors
    )
    copied = [
        name
        for name in facts.files
        if Path(name).suffix in _COPIED and not name.endswith(".index.json")
    ]
    return weights + sum(_size(facts.path / name) for name in copied)


def _quantized_bytes(tensor: Tensor, settings: QuantizeSettings) -> int:
    """4 bits a weight, a 16-bit scale for each group, and a 4-bit zero point where there is one.

    AWQ's GEMM format has the zero points even where all of them are alike.
    """
    groups = tensor.count // settings.group_size
    zero_points = settings.zero_point or settings.method is Method.AWQ
    size = tensor.count // 2 + groups * 2 + (groups // 2 if zero_points else 0)
    return size + 3 * _HEADER_BYTES


def _kept_bytes(tensor: Tensor) -> int:
    size = tensor.count * 2 if tensor.dtype in _FLOATS else tensor.size
    return size + _HEADER_BYTES


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone since the folder was read; a job tells, an estimate need not
        return 0
