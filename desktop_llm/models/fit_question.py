"""Whether a load fits: what is asked, what there is, and the sum of both. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_llm.config.profiles import KvCacheAuto, KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB
from desktop_llm.models.demand import Demand, Part, demand, pool_of
from desktop_llm.models.device_memory import (
    RAM_SHARE,
    VRAM_MARGIN,
    DeviceMemory,
    vram_share,
)
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.kv_groups import KvPool
from desktop_llm.models.overheads import Overheads
from desktop_llm.models.weight_memory import (
    WeightMemory,
    weights_from_config,
    weights_from_listing,
    weights_from_tensors,
    with_offload,
)
from desktop_llm.models.weights import TensorFacts

_CountedBy = tuple[str, int, str]
_Counted = tuple[tuple[TensorFacts, ...], ModelFacts, WeightMemory]


@dataclass(frozen=True)
class FitQuestion:
    """Does this model fit, for `concurrency` chats at `context` tokens each?

    `memory` is the device as it is now; `given_back` bytes of it will be free once the present
    model is unloaded, and `others` are who else holds some. `tensors` come from the files' headers;
    without them, `listing` gives sizes by file name; without both, the config alone counts.
    `ram_free` is what layers may be left in, None where it was not read; so is the GPU's
    `compute_capability`. `counted` keeps the sums
    over `tensors`, tens of thousands in a model with many experts: a question that `replace` makes
    of this one shares it.
    """

    facts: ModelFacts
    profile: LoadProfile
    memory: DeviceMemory
    context: int
    concurrency: int = 1
    cpu: bool = False
    given_back: int = 0
    others: tuple[MemoryHolder, ...] = ()
    overheads: Overheads = field(default_factory=Overheads)
    tensors: tuple[TensorFacts, ...] = ()
    listing: Mapping[str, int] | None = None
    ram_free: int | None = None
    compute_capability: tuple[int, int] | None = None
    counted: dict[_CountedBy, _Counted] = field(default_factory=dict, repr=False, compare=False)

    @property
    def free(self) -> int:
        """Bytes free on the device once the present model is unloaded."""
        return min(self.memory.free + self.given_back, self.memory.total)


class Shortfall(StrEnum):
    """Why it does not fit."""

    NONE = "none"
    WEIGHTS = "weights"  # the weights alone, with what runs them, are too much
    KV_CACHE = "kv_cache"  # the weights fit, but not the chats' KV cache beside them
    CACHE_SIZE = "cache_size"  # the size that the profile gives the KV cache is too small
    SHARE_NOT_FREE = "share_not_free"  # the share that the profile asks for is not free


@dataclass(frozen=True)
class Sum:
    """What is asked against what there is, in bytes on each device.

    `cache_needed` is what the chats take; `cache_room` the most that the KV cache can have.
    """

    demand: Demand
    available: int
    cache_needed: int
    cache_room: int
    shortfall: Shortfall
    weights: WeightMemory
    pool: KvPool

    @property
    def fits(self) -> bool:
        return self.shortfall is Shortfall.NONE

    @property
    def short_by(self) -> int:
        """Bytes that are missing; 0 where it fits."""
        if self.fits:
            return 0
        over = self.demand.total - self.available
        return max(over, self.cache_needed - self.cache_room, 1)


def weights_of(question: FitQuestion) -> WeightMemory | None:
    """From the best source that there is; None where even the config does not tell."""
    facts, profile, cpu = question.facts, question.profile, question.cpu
    if question.tensors:
        return with_offload(_whole_weights(question), profile, cpu=cpu)
    if question.listing:
        return weights_from_listing(question.listing, facts, profile, cpu=cpu)
    return weights_from_config(facts, profile, cpu=cpu)


def _whole_weights(question: FitQuestion) -> WeightMemory:
    """Counted once for all that they depend on; CPU offload only moves them."""
    tensors, facts, profile = question.tensors, question.facts, question.profile
    key = (profile.dtype, profile.tensor_parallel_size, profile.quantization)
    known = question.counted.get(key)
    if known is not None and known[0] is tensors and known[1] is facts:
        return known[2]
    weights = weights_from_tensors(tensors, facts, profile, cpu=question.cpu)
    question.counted[key] = (tensors, facts, weights)
    return weights


def sum_up(question: FitQuestion) -> Sum | None:
    """The sum; None where the config does not tell the sizes. Microseconds to milliseconds."""
    weights = weights_of(question)
    pool = pool_of(question.facts, question.profile, cpu=question.cpu)
    if weights is None or pool is None:
        return None
    needed = pool.bytes_for(question.context, question.concurrency)
    kv_cache = question.profile.kv_cache
    given = int(kv_cache.gib * GIB) if isinstance(kv_cache, KvCacheSize) else None
    asked = demand(
        question.facts,
        question.profile,
        weights,
        pool,
        question.overheads,
        cpu=question.cpu,
        context=question.context,
        concurrency=question.concurrency,
        cache_bytes=given,
    )
    available = _available(question)
    beside = asked.total - asked.of(Part.KV_CACHE)
    room = _cache_room(question, available, beside)
    shortfall = _shortfall(question, available, beside, needed, room, given)
    return Sum(asked, available, needed, room, shortfall, weights, pool)


def _available(question: FitQuestion) -> int:
    """Bytes of each device that the load may take in all.

    The processes of a parallel model on the CPU share the RAM.
    """
    kv_cache, free = question.profile.kv_cache, question.free
    if isinstance(kv_cache, KvCacheShare):
        return min(int(kv_cache.share * question.memory.total), free)
    if question.cpu:
        return free // question.profile.tensor_parallel_size
    if isinstance(kv_cache, KvCacheSize):
        return max(free - VRAM_MARGIN, 0)
    share = vram_share(DeviceMemory(question.memory.total, free))
    return min(int(share * question.memory.total), free)


def _cache_room(question: FitQuestion, available: int, beside: int) -> int:
    kv_cache = question.profile.kv_cache
    left = max(available - beside, 0)
    if isinstance(kv_cache, KvCacheSize):
        return int(kv_cache.gib * GIB)
    if question.cpu and isinstance(kv_cache, KvCacheAuto):
        return min(left, int(question.free * RAM_SHARE) // question.profile.tensor_parallel_size)
    return left


def _shortfall(
    question: FitQuestion, available: int, beside: int, needed: int, room: int, given: int | None
) -> Shortfall:
    kv_cache = question.profile.kv_cache
    if isinstance(kv_cache, KvCacheShare):
        wanted = int(kv_cache.share * question.memory.total)
        if wanted > question.free:
            return Shortfall.SHARE_NOT_FREE
    if beside > available:
        return Shortfall.WEIGHTS
    if given is not None and needed > given:
        return Shortfall.CACHE_SIZE
    if needed > room or beside + (given or 0) > available:
        return Shortfall.KV_CACHE
    return Shortfall.NONE
