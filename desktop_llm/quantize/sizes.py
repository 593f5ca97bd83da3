"""How many bytes a quantized model will have, tensor by tensor."""

from __future__ import annotations

from collections.abc import Iterable

from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.headers import Tensor, is_quantized
from desktop_llm.quantize.types import Method, QuantizeSettings

_WEIGHT_SUFFIXES = (".safetensors", ".bin", ".pt", ".pth", ".ckpt", ".gguf", ".index.json")
_HEADER_BYTES = 130  # of one tensor in a safetensors header


def output_bytes(facts: ModelFacts, tensors: Iterable[Tensor], settings: QuantizeSettings) -> int:
    """The size of the finished folder: its weights, and the small files that are copied.

    Raises nothing for a copied file that is gone; it counts as empty.
    """
    weights = sum(
        _quantized_bytes(tensor, settings)
        if is_quantized(tensor, settings.modules_left_out)
        else _kept_bytes(tensor, settings)
        for tensor in tensors
    )
    copied = [name for name in facts.files if not name.endswith(_WEIGHT_SUFFIXES)]
    return weights + sum(_size(facts, name) for name in copied)


def _quantized_bytes(tensor: Tensor, settings: QuantizeSettings) -> int:
    """4 bits a weight, a 16-bit scale for each group, and a 4-bit zero point where there is one.

    AWQ's GEMM format has the zero points even where all of them are alike.
    """
    groups = tensor.count // settings.group_size
    zero_points = settings.zero_point or settings.method is Method.AWQ
    size = tensor.count // 2 + groups * 2 + (groups // 2 if zero_points else 0)
    return size + 3 * _HEADER_BYTES


def _kept_bytes(tensor: Tensor, settings: QuantizeSettings) -> int:
    return min(tensor.size, tensor.count * 2) + _HEADER_BYTES


def _size(facts: ModelFacts, name: str) -> int:
    try:
        return (facts.path / name).stat().st_size
    except OSError:
        return 0
