"""How vLLM lays the caches of a model's layers out in blocks, and what a request takes of them.

As vLLM 0.32 does it (get_kv_cache_groups and _get_kv_cache_groups_uniform_page_size in
v1/core/kv_cache_utils.py): layers of one kind make one group, or several of one number of layers
where a model has several kinds. All groups draw blocks of one size from one pool; a request holds
its blocks of every group.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from desktop_llm.core.cpu_flags import cpu_flags
from desktop_llm.models.kv_layout import AttentionCache, KvLayout

_CPU_BLOCK = 128  # tokens; vLLM's CpuPlatform.check_and_update_config
_GPU_BLOCK = 16
_GPU_LATENT_BLOCK = 64  # FlashMLA's
_CPU_LATENT_BLOCK = 16  # without AMX
_KERNEL_BLOCK = {True: 32, False: 16}  # the least that an attention kernel takes


@dataclass(frozen=True)
class KvGroup:
    """Layers that share a table of blocks. `block_tokens` is 0 for states: one block a request."""

    block_tokens: int
    window: int | None = None
    chunked: bool = False
    state_blocks: int = 0

    def blocks(self, context: int, in_flight: int) -> int:
        """Blocks one request at `context` tokens holds at most, with `in_flight` of them in a step.

        vLLM's max_memory_usage_bytes of each spec, in pages.
        """
        if self.state_blocks:
            return self.state_blocks
        if self.window is None:
            return _ceil(context, self.block_tokens)
        if self.chunked:
            return _ceil(min(self.window + in_flight, context), self.block_tokens)
        # One more, for a window need not begin where a block does.
        return _ceil(min(self.window - 1 + in_flight, context), self.block_tokens) + 1


@dataclass(frozen=True)
class KvPool:
    """The blocks of one device: `block_bytes` each, whichever group takes it.

    `in_flight` are the tokens that steps under way may hold beyond a window.
    """

    groups: tuple[KvGroup, ...]
    block_bytes: int
    in_flight: int

    def blocks(self, context: int) -> int:
        """Blocks that one request at `context` tokens holds, of all groups."""
        return sum(group.blocks(context, self.in_flight) for group in self.groups)

    def request_bytes(self, context: int) -> int:
        """Bytes that one request at `context` tokens holds."""
        return self.blocks(context) * self.block_bytes

    def bytes_for(self, context: int, requests: int = 1) -> int:
        """The KV cache that holds `requests` at `context` tokens each, in bytes on each device.

        One block more than they take: vLLM keeps one back (BlockPool's null block).
        """
        return (self.blocks(context) * requests + 1) * self.block_bytes

    def tokens(self, cache_bytes: int, context: int) -> int:
        """How many tokens vLLM says a cache of `cache_bytes` holds (get_kv_cache_capacity).

        That is how many requests at full `context` it holds, times their length.
        """
        blocks = self.blocks(context)
        return int(cache_bytes // self.block_bytes / blocks * context) if blocks else 0

    def requests(self, cache_bytes: int, context: int) -> int:
        """How many requests at `context` tokens a cache of `cache_bytes` holds at once."""
        each = self.blocks(context)
        return max((cache_bytes // self.block_bytes - 1) // each, 0) if each else 0

    def longest_context(self, cache_bytes: int, requests: int, limit: int) -> int:
        """The longest context up to `limit` at which `requests` fit in `cache_bytes`; 0 if none."""
        if self.bytes_for(1, requests) > cache_bytes:
            return 0
        low, high = 1, max(limit, 1)
        while low < high:
            middle = (low + high + 1) // 2
            if self.bytes_for(middle, requests) <= cache_bytes:
                low = middle
            else:
                high = middle - 1
        return low


def kv_pool(
    layout: KvLayout,
    *,
    kv_bytes: int,
    state_bytes: int,
    devices: int,
    cpu: bool,
    batched_tokens: int,
    prefix_caching: bool = True,
) -> KvPool:
    """The pool of one of `devices`; `kv_bytes` are those of one key or value, `state_bytes` of one
    value of a state. `batched_tokens` is vLLM's max_num_batched_tokens.
    """
    # With a GPU vLLM prepares one step while another runs (VllmConfig.max_in_flight_tokens).
    in_flight = batched_tokens if cpu else 2 * batched_tokens
    token_bytes = Counter(cache.page_bytes(kv_bytes, devices) for cache in layout.attention)
    # vLLM's CPU build has states in float32 where the processor computes in bfloat16.
    wide = cpu and "avx512_bf16" in cpu_flags()
    states = [cache.page_bytes(state_bytes, devices, wide=wide) for cache in layout.states]
    block = _block_tokens(layout, cpu=cpu)
    if states and token_bytes:
        # A block of attention must be as large as a state, which is padded to it.
        step = max(_KERNEL_BLOCK[cpu], block, 128 if layout.latent else 0)
        block = max(block, step * _ceil(max(states), step * min(token_bytes)))
    kinds = Counter(_group_of(cache, block) for cache in layout.attention)
    if states:
        checkpoints = int(any(state.checkpoint for state in layout.states))
        held = 2 + checkpoints if prefix_caching else 1
        kinds[KvGroup(0, state_blocks=held)] = len(states)
    if not kinds:
        return KvPool((), 1, in_flight)
    if len(kinds) == 1:
        # Also where the layers' pages differ: they lie side by side in one block.
        page = sum(bytes_ * block * count for bytes_, count in token_bytes.items())
        return KvPool(tuple(kinds), page or sum(states), in_flight)
    return _several_kinds(kinds, layout, kv_bytes, max(states, default=0), devices, in_flight)


def _block_tokens(layout: KvLayout, *, cpu: bool) -> int:
    if layout.latent and not cpu:
        return _GPU_LATENT_BLOCK
    if layout.latent and "amx_tile" not in cpu_flags():
        return _CPU_LATENT_BLOCK
    return _CPU_BLOCK if cpu else _GPU_BLOCK


def _several_kinds(
    kinds: Counter[KvGroup],
    layout: KvLayout,
    kv_bytes: int,
    largest_state: int,
    devices: int,
    in_flight: int,
) -> KvPool:
    """Groups of one number of layers and pages of one size (unify_kv_cache_spec_page_size)."""
    pages: dict[KvGroup, int] = {}
    for cache in layout.attention:
        kind = next(kind for kind in kinds if _alike(kind, cache))
        pages[kind] = max(
            pages.get(kind, 0), cache.page_bytes(kv_bytes, devices) * kind.block_tokens
        )
    page = max(*pages.values(), largest_state) if pages else largest_state
    fewest, most = min(kinds.values()), max(kinds.values())
    size = most if most < fewest * 1.5 else fewest
    groups: list[KvGroup] = []
    for kind, layers in kinds.items():
        own = pages.get(kind, page)
        # Smaller pages take more tokens where that fills a block; else they are padded.
        grown = page // own if own and page % own == 0 else 1
        each = replace(kind, block_tokens=kind.block_tokens * grown)
        groups += [each] * _ceil(layers, size)
    return KvPool(tuple(groups), page * size, in_flight)


def _group_of(cache: AttentionCache, block: int) -> KvGroup:
    return KvGroup(block, cache.window, cache.chunked)


def _alike(kind: KvGroup, cache: AttentionCache) -> bool:
    return not kind.state_blocks and (kind.window, kind.chunked) == (cache.window, cache.chunked)


def _ceil(count: int, by: int) -> int:
    return -(-count // by) if by else 0
