"""Time and memory of the methods, by rates that were measured.

AWQ's time is that of its two searches. The one for scales runs each linear layer 20 times and more
on all calibration tokens; the one for clips looks at each weight with some 512 tokens, however many
there are. Its memory is the model's, and for one decoder layer the inputs of each linear layer for
all tokens, and what the larger of the two searches holds on top.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from desktop_llm.core.units import GIB, MIB
from desktop_llm.quantize.headers import Tensor
from desktop_llm.quantize.types import Method, QuantizeSettings

# Measured with AutoAWQ 0.2.9 and torch 2.13 on a Xeon server, in float32: processor seconds for
# each weight and token, and for each weight. From a layer like the guide model's (786,432 weights:
# 8.7 s with 1,024 tokens, 13.0 s with 8,192); they fit a Llama with hidden size 1,024 as well
# (22.5 million weights, 4,096 tokens: about 300 s).
_CPU_SCALE_SEARCH = 7.7e-10
_CPU_CLIP_SEARCH = 1.02e-5
# The README of AutoAWQ 0.2.9: 10 to 15 minutes for 7 billion parameters on one GPU. Its default is
# 128 samples of 512 tokens.
_GPU_SCALE_SEARCH = 750 / 7e9 / 65_536
# Rounding and packing: seconds of one core for each weight, on the same server.
_ROUNDING = 2e-8
_START_S = {Method.AWQ: 8.0, Method.RTN: 4.0}  # importing torch and the backend
_DISK_BYTES_PER_S = 500 * MIB  # reading and writing, of a slow SSD

# A process with torch, transformers and the backend, before it loads anything. Measured as above.
# AWQ's includes what its searches hold whatever the model's size.
_WORKER_BYTES = {Method.AWQ: 700 * MIB, Method.RTN: 280 * MIB}
_CUDA_CONTEXT = GIB // 2
_CLIP_ROWS = 256  # AutoAWQ's oc_batch_size
_CLIP_TOKENS = 512  # its n_sample_token; it takes every nth token, so there can be twice as many
_CLIP_COPIES = 1.15  # of the products, as measured
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
        work += weights * (tokens * _CPU_SCALE_SEARCH + _CPU_CLIP_SEARCH) / max(cores, 1)
    return _START_S[settings.method] + through_disk + work


def peak_bytes(
    tensors: Sequence[Tensor], quantized: Sequence[Tensor], settings: QuantizeSettings, tokens: int
) -> int:
    """The most memory a job holds: VRAM for AWQ on the GPU, else RAM."""
    base = _WORKER_BYTES[settings.method]
    if settings.method is Method.RTN:
        rounded = max((tensor.count for tensor in quantized), default=0) * _ROUNDING_BYTES
        return base + max(rounded, 3 * max((tensor.size for tensor in tensors), default=0))
    on_gpu = settings.device == "gpu"
    width = 2 if on_gpu else 4  # bytes of a value: float16, and on the CPU float32
    by_layer: dict[int | None, list[Tensor]] = defaultdict(list)
    for tensor in quantized:
        by_layer[tensor.layer].append(tensor)
    working = max((_layer_bytes(layer, tokens, width) for layer in by_layer.values()), default=0)
    return working + (_CUDA_CONTEXT if on_gpu else base + sum(tensor.size for tensor in tensors))


def _layer_bytes(layer: Sequence[Tensor], tokens: int, width: int) -> int:
    """What one decoder layer takes whose turn it is."""
    weights = 2 * sum(tensor.count for tensor in layer) * width  # and as they were before scaling
    inputs = [tensor.shape[1] for tensor in layer]
    kept = (sum(inputs) + min(inputs)) * tokens * width
    scale_search = 4 * max(max(tensor.shape) for tensor in layer) * tokens * width
    sampled = tokens // max(tokens // _CLIP_TOKENS, 1)
    clip_search = int(_CLIP_COPIES * _CLIP_ROWS * sampled * max(inputs) * width)
    return weights + kept + max(scale_search, clip_search)
