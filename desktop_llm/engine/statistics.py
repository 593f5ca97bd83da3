"""What the engine is doing now, in figures. Standard library only: importing it is free."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from desktop_llm.engine.types import Owner


@dataclass(frozen=True)
class Latency:
    """One kind of waiting, in seconds, over the latest values; `count` is how many those are.

    All but `count` are None where there are no values yet.
    """

    count: int = 0
    mean: float | None = None
    last: float | None = None
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True)
class EngineStatistics:
    """A loaded model at one moment. What is called a total counts since the load.

    `kv_usage` is the share (0–1) of the KV blocks that requests hold; blocks that only keep a
    prefix for later ones count as free, as in vLLM. `kv_blocks` are the blocks that requests can
    have: vLLM keeps one for itself. `kv_tokens_used` is that share of `kv_capacity_tokens`.
    `prompt_tokens` holds those read from the prefix cache (`cached_prompt_tokens`), the speed
    `prompt_tokens_per_s` does not; vLLM counts a prompt when its first token has come. Speeds are
    over the last two seconds. Preemptions are counted when the request runs again.

    `prefix_queries` and `prefix_hits` are tokens that were looked for, and found, in the prefix
    cache; both stay 0 where the model was loaded without one. The latencies are vLLM's:
    `ttft_s` from a request's arrival to its first token, `queue_s` until it was first scheduled,
    `prefill_s` from then to the first token, `decode_s` from the first token to the last, and
    `end_to_end_s` from arrival to the end. Of those that were stopped there are none.
    """

    kv_usage: float
    kv_blocks: int
    kv_blocks_used: int
    kv_block_size: int
    kv_capacity_tokens: int
    kv_tokens_used: int
    running: int
    waiting: int
    preempted: int
    preemptions: int
    prefix_queries: int
    prefix_hits: int
    prompt_tokens: int
    cached_prompt_tokens: int
    generation_tokens: int
    finished_requests: int
    prompt_tokens_per_s: float
    generation_tokens_per_s: float
    ttft_s: Latency = field(default_factory=Latency)
    inter_token_s: Latency = field(default_factory=Latency)
    queue_s: Latency = field(default_factory=Latency)
    prefill_s: Latency = field(default_factory=Latency)
    decode_s: Latency = field(default_factory=Latency)
    end_to_end_s: Latency = field(default_factory=Latency)

    @property
    def prefix_hit_rate(self) -> float | None:
        """The share (0–1) of the tokens looked for that were found; None before any was."""
        return self.prefix_hits / self.prefix_queries if self.prefix_queries else None


class RequestState(StrEnum):
    """`PREEMPTED` waits again, for the KV cache had no room for it."""

    RUNNING = "running"
    WAITING = "waiting"
    PREEMPTED = "preempted"


@dataclass(frozen=True)
class EngineRequest:
    """One request in the engine.

    `kv_tokens` are the tokens whose keys and values it holds in the KV cache, those of a prefix
    that it shares with others included; None during prefill, of which vLLM tells nothing.
    `cached_tokens` of its prompt were read from the prefix cache, None until its first token.
    `age_s` is in seconds since it arrived. `priority` is None where nobody gave one.
    """

    id: str
    owner: Owner
    state: RequestState
    prompt_tokens: int
    generated_tokens: int
    kv_tokens: int | None
    cached_tokens: int | None
    age_s: float
    priority: int | None = None
    preemptions: int = 0

    def kv_blocks(self, block_size: int) -> int | None:
        """The KV blocks of `block_size` tokens that it takes; None during prefill."""
        return None if self.kv_tokens is None else -(-self.kv_tokens // block_size)
