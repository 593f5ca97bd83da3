"""Whether a model can be loaded here, and how much memory its KV cache should take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from desktop_llm.config.profiles import KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import GIB, MIB
from desktop_llm.models.checks import check_build, check_loadable
from desktop_llm.models.demand import TYPICAL_CONTEXT, asked_context, pool_of
from desktop_llm.models.device_memory import RAM_SHARE, DeviceMemory, tightest, vram_share
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.weight_memory import weights_from_tensors
from desktop_llm.models.weights import read_tensors

__all__ = [
    "DeviceMemory",
    "LoadPlan",
    "fitting_context",
    "held_weights",
    "one_chat_kv_cache_bytes",
    "plan_load",
    "tightest",
    "vram_share",
]

_SMALLEST_KV_CACHE = 64 * MIB
_TYPICAL_SEQUENCES = 16
_SHORTEST_CONTEXT = 256  # a question and a short answer
_KV_BLOCK = 16
# The CUDA context, activations, graphs and workspace of models up to some 10 billion parameters.
_VRAM_OVERHEAD = 4 * GIB


@dataclass(frozen=True)
class LoadPlan:
    """What vLLM is told about memory: an exact KV cache, or a share of the device's total.

    With both, the cache has its exact size and the share is only what must be free at the start.
    """

    facts: ModelFacts
    kv_cache_bytes: int | None = None
    memory_share: float | None = None


def plan_load(
    path: Path, profile: LoadProfile, *, cpu: bool, memory: DeviceMemory | None
) -> LoadPlan:
    """Check the folder and size the KV cache. Reads files: not for the GUI thread.

    `memory` is None where it could not be read; vLLM's own default then applies on a GPU.
    Raises AppError as `check_loadable` and `check_build` do.
    """
    facts = inspect_folder(path)
    check_loadable(facts, profile)
    check_build(profile, cpu=cpu, head_size=facts.shape.head_size)
    kv_cache = profile.kv_cache
    if isinstance(kv_cache, KvCacheShare):
        return LoadPlan(facts, memory_share=kv_cache.share)
    # vLLM asks for the share to be free even where the size of the cache overrules it.
    share = None if cpu or memory is None else vram_share(memory)
    if isinstance(kv_cache, KvCacheSize):
        return LoadPlan(facts, kv_cache_bytes=int(kv_cache.gib * GIB), memory_share=share)
    if cpu:
        size: int | None = cpu_kv_cache_bytes(facts, profile, memory.free if memory else 4 * GIB)
    else:
        size = gpu_kv_cache_bytes(facts, profile, memory.free) if memory else None
    return LoadPlan(facts, kv_cache_bytes=size, memory_share=share)


def cpu_kv_cache_bytes(facts: ModelFacts, profile: LoadProfile, free: int) -> int:
    """What the chats want, within a part of the free RAM; for each process of a parallel model.

    vLLM's default would take 92 % of all RAM, which a desktop needs for other things.
    """
    budget = int(free * RAM_SHARE) // profile.tensor_parallel_size
    # A config that does not tell the shape gets the whole budget.
    wanted = _wanted_kv_cache_bytes(facts, profile, cpu=True) or budget
    return max(min(wanted, budget), _SMALLEST_KV_CACHE)


def gpu_kv_cache_bytes(facts: ModelFacts, profile: LoadProfile, free: int) -> int | None:
    """What the chats want on each GPU, if it clearly fits beside the weights; else None.

    None has vLLM profile the model and give the cache all that is left of the share.
    """
    wanted = _wanted_kv_cache_bytes(facts, profile, cpu=False)
    weights = held_weights(facts, profile, cpu=False)
    if wanted is None or weights + wanted + _VRAM_OVERHEAD > free:
        return None
    return max(wanted, _SMALLEST_KV_CACHE)


def fitting_context(
    facts: ModelFacts, profile: LoadProfile, *, cpu: bool, memory: DeviceMemory
) -> int | None:
    """Tokens of context that would fit in `memory.free`, fewer than the profile asks for.

    An estimate for a load that failed; 0 where nothing fits, None for an unknown shape.
    """
    pool = pool_of(facts, profile, cpu=cpu)
    if pool is None:
        return None
    weights = held_weights(facts, profile, cpu=cpu)
    if cpu:
        share = int(memory.free * RAM_SHARE) // profile.tensor_parallel_size
        room = min(share, memory.free - weights * profile.tensor_parallel_size)
    else:
        room = memory.free - _VRAM_OVERHEAD - weights
    # It failed with what was asked for, so whatever the estimate says, that is too much.
    most = asked_context(facts, profile) // 2
    tokens = pool.longest_context(room, 1, most) // _KV_BLOCK * _KV_BLOCK
    return tokens if tokens >= _SHORTEST_CONTEXT else 0


def held_weights(facts: ModelFacts, profile: LoadProfile, *, cpu: bool) -> int:
    """Bytes of weights on each device once loaded; without readable headers, those of the files.

    Reads the headers: not for the GUI thread.
    """
    try:
        tensors = read_tensors(facts.path, facts.weights)
    except AppError:
        tensors = ()
    if tensors:
        return weights_from_tensors(tensors, facts, profile, cpu=cpu).held
    offloaded = 0 if cpu else int(profile.cpu_offload_gib * GIB)
    return max(facts.weight_bytes // profile.tensor_parallel_size - offloaded, 0)


def one_chat_kv_cache_bytes(facts: ModelFacts, profile: LoadProfile, *, cpu: bool) -> int | None:
    """What one chat at the context asked for takes on each device; None for an unknown shape."""
    pool = pool_of(facts, profile, cpu=cpu)
    return None if pool is None else pool.bytes_for(asked_context(facts, profile))


def _wanted_kv_cache_bytes(facts: ModelFacts, profile: LoadProfile, *, cpu: bool) -> int | None:
    """One chat at full context and others at a typical length; None for an unknown shape.

    On each of the devices: vLLM's size is one device's.
    """
    pool = pool_of(facts, profile, cpu=cpu)
    if pool is None:
        return None
    context = asked_context(facts, profile)
    others = min(profile.max_sequences, _TYPICAL_SEQUENCES) - 1
    typical = pool.request_bytes(min(context, TYPICAL_CONTEXT))
    return pool.bytes_for(context) + others * typical
