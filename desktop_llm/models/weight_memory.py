"""What a model's weights take once vLLM holds them, which is not what their files take.

Loading changes dtypes, pads the vocabulary, keeps a tied embedding once, leaves out what is only
for training or speculative decoding, shares matrices out over the devices, and may quantize or
leave layers in RAM.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.units import GIB
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.parameters import ParameterCount
from desktop_llm.models.weights import TensorFacts

DTYPE_BYTES = {"float32": 4, "bfloat16": 2, "float16": 2, "auto": 2}
_FLOATS = {"F64", "F32", "F16", "BF16"}
_PADDED_VOCABULARY = 64  # vLLM's DEFAULT_VOCAB_PADDING_SIZE
_LAYER = re.compile(r"\.(?:layers|h|blocks|block)\.(\d+)\.")
# One whole copy on every device (ReplicatedLinear): MLA's way down, and the routers.
_REPLICATED = ("q_a_proj", "kv_a_proj_with_mqa", "mlp.gate.weight", "router.weight", "indexer.")
_KV_HEADS = re.compile(r"\.(?:k|v)_proj\.weight$")
# Never held: buffers that are computed anew, and the scales' leftovers of training.
_NOT_HELD = ("rotary_emb.inv_freq", ".attn.masked_bias", ".attention.bias_mask")


class WeightSource(StrEnum):
    """Where the sizes are from, the surest first."""

    HEADERS = "headers"
    LISTING = "listing"
    CONFIG = "config"


@dataclass(frozen=True)
class WeightMemory:
    """Bytes on each device. `offloaded` are held in RAM instead and not in `held`.

    `layers` is the part of `held` and `offloaded` that belongs to decoder layers, the only part
    that vLLM can leave in RAM; `linear` the part that FP8 at load halves.
    """

    held: int
    offloaded: int
    layers: int
    linear: int
    source: WeightSource


def weights_from_tensors(
    tensors: Iterable[TensorFacts], facts: ModelFacts, profile: LoadProfile, *, cpu: bool
) -> WeightMemory:
    """From the headers of the safetensors files."""
    value, devices = DTYPE_BYTES[profile.dtype], profile.tensor_parallel_size
    held = layers = linear = 0
    for tensor in tensors:
        layer = _LAYER.search(tensor.name)
        if _is_left_out(tensor.name, layer, facts):
            continue
        size = tensor.size
        if tensor.dtype in _FLOATS and _is_cast(tensor, facts):
            size = math.prod(tensor.shape) * value
        if _is_vocabulary(tensor, facts):
            size = size // max(tensor.shape[0], 1) * _padded(tensor.shape[0])
        quantizable = layer is not None and len(tensor.shape) > 1 and tensor.dtype in _FLOATS
        if quantizable and profile.quantization == "fp8":
            size //= DTYPE_BYTES[profile.dtype]
        own = _share(tensor, size, facts, devices)
        held += own
        if layer is not None:
            layers += own
        if quantizable:
            linear += own
    return _offload(held, layers, linear, WeightSource.HEADERS, profile, cpu=cpu)


def with_offload(weights: WeightMemory, profile: LoadProfile, *, cpu: bool) -> WeightMemory:
    """The same weights, of which the profile's CPU offload leaves its part in RAM."""
    whole = weights.held + weights.offloaded
    return _offload(whole, weights.layers, weights.linear, weights.source, profile, cpu=cpu)


def weights_from_config(
    facts: ModelFacts, profile: LoadProfile, *, cpu: bool
) -> WeightMemory | None:
    """From the sizes in the config alone: unquantized, or as its quantization says.

    None where the config does not tell them.
    """
    count = facts.parameters
    if count is None:
        return None
    value, devices = DTYPE_BYTES[profile.dtype], profile.tensor_parallel_size
    linear = _linear_bytes(count, facts, profile, value) // devices
    vocabulary = facts.shape.vocab_size or 1
    grown = _padded(vocabulary) / vocabulary
    words = int((count.embedding + count.lm_head) * grown) * value // devices
    layers = linear + count.small * value
    return _offload(words + layers, layers, linear, WeightSource.CONFIG, profile, cpu=cpu)


def weights_from_listing(
    sizes: Mapping[str, int], facts: ModelFacts, profile: LoadProfile, *, cpu: bool
) -> WeightMemory:
    """From the sizes of weight files by name, as a hub lists them.

    The files hold what will be held, but in the dtype they were saved in. What is there twice is
    counted once: pickle beside safetensors, a folder for other programs, Mistral's own format.
    """
    total = sum(_counted_once(sizes).values())
    if facts.quantization is None and facts.dtype in DTYPE_BYTES:
        total = total * DTYPE_BYTES[profile.dtype] // DTYPE_BYTES[facts.dtype]
    count = facts.parameters
    in_layers = (count.linear + count.small) / count.total if count else 0.9
    in_linear = count.linear / count.total if count else 0.9
    layers, linear = int(total * in_layers), int(total * in_linear)
    if profile.quantization == "fp8" and facts.quantization is None:
        saved = linear - linear // DTYPE_BYTES[profile.dtype]
        total, layers, linear = total - saved, layers - saved, linear - saved
    devices = profile.tensor_parallel_size
    return _offload(
        total // devices,
        layers // devices,
        linear // devices,
        WeightSource.LISTING,
        profile,
        cpu=cpu,
    )


def _counted_once(sizes: Mapping[str, int]) -> Mapping[str, int]:
    safetensors = {name: size for name, size in sizes.items() if name.endswith(".safetensors")}
    here = {name: size for name, size in safetensors.items() if "/" not in name}
    plain = {name: size for name, size in here.items() if not name.startswith("consolidated")}
    return plain or here or safetensors or sizes


def _offload(
    held: int, layers: int, linear: int, source: WeightSource, profile: LoadProfile, *, cpu: bool
) -> WeightMemory:
    """vLLM's offloader takes whole parameters of decoder layers until it has what was asked for.

    The CPU build has nowhere to offload to.
    """
    asked = 0 if cpu else int(profile.cpu_offload_gib * GIB)
    offloaded = min(asked, layers)
    return WeightMemory(held - offloaded, offloaded, layers, linear, source)


def _linear_bytes(
    count: ParameterCount, facts: ModelFacts, profile: LoadProfile, value: int
) -> int:
    quantization = facts.quantization
    if quantization is None or quantization.bits is None:
        return count.linear * (1 if profile.quantization == "fp8" else value)
    size = count.linear * quantization.bits // 8
    if quantization.method == "mxfp4":  # one 8-bit scale for 32 values
        return size + count.linear // 32
    if group := quantization.group_size:  # a 16-bit scale and a zero point of the weights' bits
        size += count.linear // group * 2 + count.linear // group * quantization.bits // 8
    return size


def _is_left_out(name: str, layer: re.Match[str] | None, facts: ModelFacts) -> bool:
    if any(part in name for part in _NOT_HELD) or name.startswith("mtp."):
        return True
    if facts.tied_embeddings and name.endswith("lm_head.weight"):
        return True
    # Layers after the last are for speculative decoding (DeepSeek-V3's multi-token prediction).
    last = facts.shape.layers
    vision = "vision" in name or "visual" in name
    return bool(layer and last and not vision and int(layer[1]) >= last)


def _is_cast(tensor: TensorFacts, facts: ModelFacts) -> bool:
    """Quantization methods keep their scales in the dtype of the file; all else is cast."""
    return facts.quantization is None or not tensor.name.endswith(("_scale", "scale_inv"))


def _is_vocabulary(tensor: TensorFacts, facts: ModelFacts) -> bool:
    rows = facts.shape.vocab_size
    named = tensor.name.endswith(("embed_tokens.weight", "lm_head.weight", "wte.weight"))
    return named and bool(tensor.shape) and (rows is None or tensor.shape[0] == rows)


def _share(tensor: TensorFacts, size: int, facts: ModelFacts, devices: int) -> int:
    """The part of one device. Norms, biases and what vLLM replicates are whole on each."""
    if devices == 1 or len(tensor.shape) < 2 or any(name in tensor.name for name in _REPLICATED):
        return size
    kv_heads = facts.shape.kv_heads
    if kv_heads and kv_heads < devices and _KV_HEADS.search(tensor.name):
        return size // kv_heads
    return size // devices


def _padded(rows: int) -> int:
    return math.ceil(rows / _PADDED_VOCABULARY) * _PADDED_VOCABULARY
