"""Time and memory of the methods, by rates that were measured.

AWQ's time is that of its search for scales, which runs each linear layer 20 times and more on all
calibration tokens. Its memory is the model's, and for one decoder layer the inputs of each linear
layer for all tokens, and what the search holds on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from desktop_llm.core.units import GIB, MIB
from desktop_llm.quantize.headers import Tensor
from desktop_llm.quantize.types import Method, QuantizeSettings

# Measured with AutoAWQ 0.2.9 and torch 2.13 on a Xeon server, in float32: processor seconds for
# each weight and token, from a layer like the guide model's (786,432 weights) with 1,024 to 8,192
# tokens.
_CPU_SCALE_SEARCH = 7.7e-10
# The README of AutoAWQ 0.2.9: 10 to 15 minutes for 7 billion parameters on one GPU. Its default is
# 128 samples of 512 tokens.
_GPU_SCALE_SEARCH = 750 / 7e9 / 65_536
# Rounding and packing: seconds of one core for each weight, on the same server.
_ROUNDING = 2e-8
_START_S = {Method.AWQ: 8.0, Method.RTN: 4.0}  # importing torch and the backend
_DISK_BYTES_PER_S = 500 * MIB  # reading and writing, of a slow SSD

# A process with torch, transformers and the backend, before it loads anything. Measured as above.
# AWQ's is of the guide model's job, less what grows with its tokens: 2.1 GiB with 65,536 of them,
# 0.8 GiB with 8,192.
_WORKER_BYTES = {Method.AWQ: 650 * MIB, Method.RTN: 280 * MIB}
_CUDA_CONTEXT = GIB // 2
_FLOAT16, _FLOAT32 = 2, 4  # bytes of a value
_EMBEDDINGS = "embed_tokens.weight"  # AutoAWQ moves them to the GPU along with a layer
_ROUNDING_BYTES = 26  # for each weight of the tensor at work: codes are packed in 64 bits


def seconds(
    tensors: Sequence[Tensor],
    quantized: Sequence[Tensor],
    settings: QuantizeSettings,
    tokens: int,
    cores: int,
) -> float:
    """How long a job takes from start to end, without measuring the models before and after."""
    weights = sum(tensor.count for tensor in quantized)
    through_disk = sum(tensor.size for tensor in tensors) * 1.3 / _DISK_BYTES_PER_S
    work = weights * _ROUNDING
    if settings.method is Method.AWQ and settings.device == "gpu":
        work += weights * tokens * _GPU_SCALE_SEARCH
    elif settings.method is Method.AWQ:
        work += weights * tokens * _CPU_SCALE_SEARCH / max(cores, 1)
    return _START_S[settings.method] + through_disk + work


def peak_bytes(
    tensors: Sequence[Tensor], quantized: Sequence[Tensor], settings: QuantizeSettings, tokens: int
) -> int:
    """The most memory a job holds: VRAM for AWQ on the GPU, else RAM."""
    base = _WORKER_BYTES[settings.method]
    if settings.method is Method.RTN:
        rounded = max((tensor.count for tensor in quantized), default=0) * _ROUNDING_BYTES
        return base + max(rounded, 3 * max((tensor.size for tensor in tensors), default=0))
    by_layer: dict[int | None, list[Tensor]] = defaultdict(list)
    for tensor in quantized:
        by_layer[tensor.layer].append(tensor)
    if settings.device == "gpu":
        embeddings = max((t.count for t in tensors if t.name.endswith(_EMBEDDINGS)), default=0)
        working = max((_layer_vram(layer, tokens) for layer in by_layer.values()), default=0)
        return _CUDA_CONTEXT + 2 * _FLOAT16 * embeddings + working
    working = max((_layer_ram(layer, tokens) for layer in by_layer.values()), default=0)
    return working + base + sum(tensor.size for tensor in tensors)


def _layer_ram(layer: Sequence[Tensor], tokens: int) -> int:
    """What one decoder layer takes whose turn it is on the CPU, in float32."""
    weights = 2 * sum(tensor.count for tensor in layer)  # and as they were before scaling
    inputs = [tensor.shape[1] for tensor in layer]
    kept = (sum(inputs) + min(inputs)) * tokens
    scale_search = 4 * max(max(tensor.shape) for tensor in layer) * tokens
    return _FLOAT32 * (weights + kept + scale_search)


def _layer_vram(layer: Sequence[Tensor], tokens: int) -> int:
    """The same on a GPU, in float16; the inputs of the linear layers stay in RAM.

    Measured with torch 2.11 on an H100, two layers of Llama-3-8B's shape: torch held 6.06 GiB with
    8,192 tokens and 7.88 GiB with 32,768, of which 3.52 and 5.73 GiB were tensors. Half of what
    does not grow with the tokens is its allocator's, as for the embeddings.
    """
    weights = 2 * sum(tensor.count for tensor in layer)
    searched = 4 * 2 * max(tensor.count for tensor in layer)  # gate and up together
    outputs = int(2.75 * max(max(tensor.shape) for tensor in layer) * tokens)
    return _FLOAT16 * (2 * (weights + searched) + outputs)
