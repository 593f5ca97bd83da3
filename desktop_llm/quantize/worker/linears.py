"""Which tensors of a model get four bits, and whether they can."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desktop_llm.quantize.headers import Tensor, linear_layers
from desktop_llm.quantize.types import Method, QuantizeSettings
from desktop_llm.quantize.worker.failures import bad_group_size, unsupported
from desktop_llm.quantize.worker.source import Source

_GROUP_SIZES = (128, 64)
# Of a layer's outputs: AutoAWQ searches clips in 64s at least, vLLM's kernels take 32s.
_OUTPUTS = {Method.AWQ: 64, Method.RTN: 32}


@dataclass(frozen=True)
class Linears:
    """The linear layers inside decoder layers: (outputs, inputs) by module name, in file order.

    Embeddings and lm_head are none of them and always stay.
    """

    quantized: dict[str, tuple[int, int]]
    left_out: tuple[str, ...]


def plan(source: Source, settings: QuantizeSettings) -> Linears:
    """Raises JobFailedError bad_group_size, or unsupported where nothing would be quantized."""
    tensors = [Tensor(name, source.dtypes[name], shape, 0) for name, shape in source.shapes.items()]
    shapes = _by_module(linear_layers(tensors))
    quantized = _by_module(linear_layers(tensors, settings.modules_left_out))
    if not quantized:
        raise unsupported(
            "Nothing would be quantized: every linear layer is left out.",
            "Leave fewer modules out.",
        )
    _require_fit(quantized, settings)
    return Linears(quantized, tuple(name for name in shapes if name not in quantized))


def _by_module(weights: Iterable[Tensor]) -> dict[str, tuple[int, int]]:
    return {
        weight.name.removesuffix(".weight"): (weight.shape[0], weight.shape[1])
        for weight in weights
    }


def _require_fit(quantized: dict[str, tuple[int, int]], settings: QuantizeSettings) -> None:
    step = _OUTPUTS[settings.method]
    for name, (outputs, inputs) in quantized.items():
        if inputs % settings.group_size:
            raise bad_group_size(name, inputs, settings.group_size, _what_works(quantized))
        if outputs % step:
            raise unsupported(
                f"{name} has {outputs} outputs, which is no multiple of {step}.",
                "Leave that module out.",
            )


def _what_works(quantized: dict[str, tuple[int, int]]) -> str:
    for size in _GROUP_SIZES:
        if all(inputs % size == 0 for _, inputs in quantized.values()):
            return f"Groups of {size} fit every layer of this model."
    return ""
