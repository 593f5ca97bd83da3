"""How each method stores four-bit weights, as vLLM reads them: tensors, and quantization_config."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from desktop_llm.quantize.types import Method, QuantizeSettings

_PER_INT32 = 8

Shapes = dict[str, tuple[str, tuple[int, ...]]]


def parts(
    module: str, outputs: int, inputs: int, settings: QuantizeSettings, *, dtype: str = "F16"
) -> Shapes:
    """The tensors that take the place of a module's weight: dtype and shape by full name.

    Dtypes are spelled as in safetensors; scales are in `dtype`, of AWQ always in F16.
    """
    groups = inputs // settings.group_size
    if settings.method is Method.AWQ:
        return {
            f"{module}.qweight": ("I32", (inputs, outputs // _PER_INT32)),
            f"{module}.qzeros": ("I32", (groups, outputs // _PER_INT32)),
            f"{module}.scales": ("F16", (groups, outputs)),
        }
    made: Shapes = {
        f"{module}.weight_packed": ("I32", (outputs, inputs // _PER_INT32)),
        f"{module}.weight_scale": (dtype, (outputs, groups)),
        f"{module}.weight_shape": ("I64", (2,)),
    }
    if settings.zero_point:
        made[f"{module}.weight_zero_point"] = ("I32", (outputs // _PER_INT32, groups))
    return made


def quantization_config(settings: QuantizeSettings, left_out: Sequence[str]) -> dict[str, Any]:
    """config.json's section for it. `left_out` are full names of modules."""
    if settings.method is Method.AWQ:
        return {
            "quant_method": "awq",
            "bits": settings.bits,
            "group_size": settings.group_size,
            # The format has zero points, also where all are alike: readers must look for them.
            "zero_point": True,
            "version": settings.version.lower(),
            "modules_to_not_convert": list(left_out) or None,
        }
    weights = {
        "num_bits": settings.bits,
        "type": "int",
        "symmetric": not settings.zero_point,
        "strategy": "group",
        "group_size": settings.group_size,
        "dynamic": False,
    }
    group = {
        "targets": ["Linear"],
        "weights": weights,
        "input_activations": None,
        "output_activations": None,
    }
    return {
        "quant_method": "compressed-tensors",
        "format": "pack-quantized",
        "quantization_status": "compressed",
        "config_groups": {"group_0": group},
        "ignore": ["lm_head", *left_out],
        "kv_cache_scheme": None,
    }
