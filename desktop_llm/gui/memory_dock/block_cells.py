"""Who holds the KV blocks, and how many cells of a map each gets. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState

# At this most of them a map fits in the narrowest dock, a dozen rows high.
MOST_CELLS = 312
_STEPS = (1, 2, 5)


class HeldBy(StrEnum):
    """`SHARED` are prefixes that several requests read; `READING` belongs to prompts that are
    being read, of which vLLM tells nothing yet."""

    REQUEST = "request"
    SHARED = "shared"
    READING = "reading"
    FREE = "free"


@dataclass(frozen=True)
class Holding:
    """Some of the KV blocks. `request` is whose they are, for `HeldBy.REQUEST`."""

    by: HeldBy
    blocks: int
    request: EngineRequest | None = None


@dataclass(frozen=True)
class BlockCells:
    """The whole KV cache: each holding with its number of cells, of `per_cell` blocks each."""

    per_cell: int
    shares: tuple[tuple[Holding, int], ...]

    @property
    def count(self) -> int:
        """All cells."""
        return sum(cells for _, cells in self.shares)

    def at(self, cell: int) -> Holding | None:
        """Who holds the cell of that place, from 0; None beyond the last one."""
        for holding, cells in self.shares:
            if cell < cells:
                return holding
            cell -= cells
        return None


def block_cells(statistics: EngineStatistics, requests: Sequence[EngineRequest]) -> BlockCells:
    """The map of this moment; nothing is left out, and nobody who holds a block has no cell."""
    held = holdings(statistics, requests)
    per_cell = blocks_per_cell(statistics.kv_blocks)
    cells = _share_out([holding.blocks for holding in held], per_cell)
    return BlockCells(per_cell, tuple(zip(held, cells, strict=True)))


def holdings(
    statistics: EngineStatistics, requests: Sequence[EngineRequest]
) -> tuple[Holding, ...]:
    """Who holds how many of all KV blocks: the requests in their order, the free ones last.

    The scheduler tells how many are used, a request how many tokens it has in the cache. Where the
    requests together have more than is used, they share the prefixes that were found there.
    """
    total = statistics.kv_blocks
    running = [request for request in requests if request.state is RequestState.RUNNING]
    per_block = _tokens_per_block(statistics)
    told = [(request, request.kv_tokens) for request in running if request.kv_tokens]
    each = [(request, math.ceil(tokens / per_block)) for request, tokens in told]
    used = statistics.kv_blocks_used
    shared = 0
    # The figures are of two steps that follow each other: each request may be a block further.
    if sum(blocks for _, blocks in each) > used + len(each):
        each = [
            (request, max(blocks - math.floor((request.cached_tokens or 0) / per_block), 1))
            for request, blocks in each
        ]
        shared = max(used - sum(blocks for _, blocks in each), 0)
    left = total
    found = []
    for request, blocks in each:
        found.append(Holding(HeldBy.REQUEST, min(blocks, left), request))
        left -= min(blocks, left)
    shared = min(shared, left)
    reading = min(max(used - (total - left) - shared, 0), left - shared)
    found.append(Holding(HeldBy.SHARED, shared))
    fresh = [request for request in running if request.kv_tokens is None]
    if len(fresh) == 1:
        found.append(Holding(HeldBy.REQUEST, reading, fresh[0]))
    else:
        found.append(Holding(HeldBy.READING, reading))
    found.append(Holding(HeldBy.FREE, left - shared - reading))
    return tuple(holding for holding in found if holding.blocks)


def blocks_per_cell(blocks: int) -> int:
    """The smallest of 1, 2, 5, 10, 20 … with which a map has no more than `MOST_CELLS` cells."""
    factor = 1
    while True:
        for step in _STEPS:
            if math.ceil(blocks / (step * factor)) <= MOST_CELLS:
                return step * factor
        factor *= 10


def _tokens_per_block(statistics: EngineStatistics) -> float:
    """Of all tokens of a request: one whose layers see a window of it takes fewer blocks."""
    if statistics.kv_blocks and statistics.kv_capacity_tokens:
        return max(statistics.kv_capacity_tokens / (statistics.kv_blocks + 1), 1.0)
    return float(max(statistics.kv_block_size, 1))


def _share_out(blocks: Sequence[int], per_cell: int) -> list[int]:
    """Cells in proportion, at least one each; what that takes too much is the largest's."""
    if not blocks:
        return []
    total = max(math.ceil(sum(blocks) / per_cell), len(blocks))
    cells = [max(round(each / per_cell), 1) for each in blocks]
    while (over := sum(cells) - total) != 0:
        largest = max(range(len(cells)), key=lambda place: cells[place])
        cells[largest] -= 1 if over > 0 else -1
    return cells
