"""The ledger of a load that failed for memory."""

from __future__ import annotations

from collections.abc import Callable

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import Remedy
from desktop_llm.core.memory import MemoryHolder, MemoryLedger
from desktop_llm.models.fit import DeviceMemory, LoadPlan, held_weights, one_chat_kv_cache_bytes

# By `engine.memory_failures`.
MEMORY_FAILURES = frozenset(
    {
        "engine.no_memory_for_weights",
        "engine.no_memory_for_kv_cache",
        "engine.context_does_not_fit",
        "engine.share_not_free",
    }
)

MemoryReader = Callable[[bool, int], DeviceMemory | None]
HoldersReader = Callable[[bool, int], tuple[MemoryHolder, ...] | None]
RemedyFinder = Callable[[LoadPlan, LoadProfile], tuple[Remedy, ...]]


def memory_ledger(
    plan: LoadPlan | None,
    profile: LoadProfile,
    read_memory: MemoryReader,
    read_holders: HoldersReader,
    *,
    cpu: bool,
) -> MemoryLedger:
    """Read it now. Blocks for the two readers, which are told what the model was to run on."""
    devices = profile.tensor_parallel_size
    memory = read_memory(cpu, devices)
    weights = cache = None
    if plan is not None:
        weights = held_weights(plan.facts, profile, cpu=cpu)
        # vLLM refuses a cache, of whatever size was set, that does not hold one chat in full.
        one_chat = one_chat_kv_cache_bytes(plan.facts, profile, cpu=cpu)
        cache = max(plan.kv_cache_bytes or 0, one_chat or 0) or None
    return MemoryLedger(
        on_gpu=not cpu,
        total=memory.total if memory else None,
        free=memory.free if memory else None,
        weights_needed=weights,
        kv_cache_needed=cache,
        holders=read_holders(cpu, devices),
    )


def unknown_holders(cpu: bool, devices: int) -> None:
    """A `HoldersReader` where nobody can tell."""


def no_remedies(plan: LoadPlan, profile: LoadProfile) -> tuple[Remedy, ...]:
    """A `RemedyFinder` where nobody knows of any."""
    return ()
