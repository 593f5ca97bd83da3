"""What a load asks of each device: weights, KV cache, activations, graphs and the runtime."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.kv_groups import KvPool, kv_pool
from desktop_llm.models.overheads import LoadShape, Overheads
from desktop_llm.models.weight_memory import DTYPE_BYTES, WeightMemory

TYPICAL_CONTEXT = 4096  # of a config that names none


class Part(StrEnum):
    """What memory is taken for."""

    WEIGHTS = "weights"
    KV_CACHE = "kv_cache"
    ACTIVATIONS = "activations"
    GRAPHS = "graphs"
    RUNTIME = "runtime"


@dataclass(frozen=True)
class MemoryRow:
    """One summand, in bytes on each device."""

    part: Part
    bytes: int


@dataclass(frozen=True)
class Demand:
    """The sum, on each device, for `concurrency` chats at `context` tokens each.

    `learned` says that activations, graphs and runtime are from loads on this machine, and not the
    defaults.
    """

    rows: tuple[MemoryRow, ...]
    context: int
    concurrency: int
    learned: bool

    @property
    def total(self) -> int:
        return sum(row.bytes for row in self.rows)

    def of(self, part: Part) -> int:
        """Bytes for `part`; 0 where there is no such row."""
        return sum(row.bytes for row in self.rows if row.part is part)


def kv_value_bytes(profile: LoadProfile) -> int:
    """Bytes of one key or value in the KV cache."""
    return 1 if profile.kv_cache_dtype != "auto" else DTYPE_BYTES[profile.dtype]


def pool_of(facts: ModelFacts, profile: LoadProfile, *, cpu: bool) -> KvPool | None:
    """How the KV cache of this model is laid out; None where its config does not tell."""
    if facts.kv_layout is None:
        return None
    return kv_pool(
        facts.kv_layout,
        kv_bytes=kv_value_bytes(profile),
        state_bytes=DTYPE_BYTES[profile.dtype],
        devices=profile.tensor_parallel_size,
        cpu=cpu,
        batched_tokens=profile.max_batched_tokens,
        prefix_caching=profile.prefix_caching,
    )


def asked_context(facts: ModelFacts, profile: LoadProfile) -> int:
    """The context a load would try to give, in tokens."""
    return profile.context_length or facts.context_length or TYPICAL_CONTEXT


def load_shape(facts: ModelFacts, profile: LoadProfile, *, cpu: bool) -> LoadShape:
    """The sizes that the memory beside weights and KV cache depends on."""
    shape = facts.shape
    return LoadShape(
        cpu=cpu,
        eager=profile.enforce_eager or cpu,
        hidden_size=shape.hidden_size or 0,
        inner_size=facts.feed_forward_width or 4 * (shape.hidden_size or 0),
        vocab_size=shape.vocab_size or 0,
        layers=shape.layers or 0,
        batched_tokens=profile.max_batched_tokens,
        sequences=profile.max_sequences,
        devices=profile.tensor_parallel_size,
    )


def demand(
    facts: ModelFacts,
    profile: LoadProfile,
    weights: WeightMemory,
    pool: KvPool,
    overheads: Overheads,
    *,
    cpu: bool,
    context: int,
    concurrency: int = 1,
    cache_bytes: int | None = None,
) -> Demand:
    """The sum of a load. Pure arithmetic: any thread.

    The KV cache has `cache_bytes` where the person set them, else what the chats take.
    """
    shape = load_shape(facts, profile, cpu=cpu)
    beside = overheads.estimate(shape)
    cache = pool.bytes_for(context, concurrency) if cache_bytes is None else cache_bytes
    parts = [
        MemoryRow(Part.WEIGHTS, weights.held),
        MemoryRow(Part.KV_CACHE, cache),
        MemoryRow(Part.ACTIVATIONS, beside.activations),
        MemoryRow(Part.GRAPHS, beside.graphs),
        MemoryRow(Part.RUNTIME, beside.runtime),
    ]
    rows = tuple(row for row in parts if row.bytes or row.part is not Part.GRAPHS)
    return Demand(rows, context, concurrency, beside.learned)
