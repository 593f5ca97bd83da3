"""Which requests the KV cache had no room for, and who held it then. Engine loop only."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from desktop_llm.core.memory import KvHolder, KvLedger
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState

log = logging.getLogger(__name__)

FULL = 0.9  # of the KV cache: soon a request is preempted
_EVERY_SECONDS = 0.25
_UNTOLD = "Who holds the KV cache could not be told"
_KEPT = 512  # of requests whose owners do not ask


class Preemptions:
    """Told by the recorder. `look` gives the figures and requests of this moment, `states` vLLM's
    own request states; both are asked only while the cache is full, or somebody was preempted."""

    def __init__(
        self,
        look: Callable[[], tuple[EngineStatistics, tuple[EngineRequest, ...]]],
        states: Callable[[], Iterable[Any]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._look = look
        self._states = states
        self._clock = clock
        self._looked = -_EVERY_SECONDS
        self._fullest: KvLedger | None = None
        self._found: dict[str, tuple[int, KvLedger | None]] = {}

    def filled(self) -> None:
        """The cache is nearly full: remember who holds it, a few times a second."""
        now = self._clock()
        if now - self._looked >= _EVERY_SECONDS:
            self._looked = now
            self._fullest = self._seen()

    def resumed(self) -> None:
        """Some that had been preempted run again; vLLM tells of a preemption only then."""
        with _harmless():
            for state in self._states():
                self._note(state.external_req_id, state.stats.num_preemptions)

    def finished(self, request_id: str, count: int) -> None:
        """It ended, after so many preemptions."""
        self._note(request_id, count)

    def take(self, request_id: str) -> tuple[int, KvLedger | None]:
        """How often it was preempted, and who held the cache the first time; forgets it."""
        return self._found.pop(request_id, (0, None))

    def _note(self, request_id: str, count: int) -> None:
        if not count:
            return
        # A small cache may be full, and not nearly full before, within one step.
        _, ledger = self._found.get(request_id) or (0, self._fullest or self._seen())
        self._found[request_id] = (count, ledger)
        if len(self._found) > _KEPT:
            del self._found[next(iter(self._found))]

    def _seen(self) -> KvLedger | None:
        """Who holds the cache now; what was known before where that cannot be told."""
        try:
            return kv_ledger(*self._look())
        except Exception:
            log.exception(_UNTOLD)
            return self._fullest


@contextlib.contextmanager
def _harmless() -> Iterator[None]:
    """What fails in here must not end vLLM's loop, which calls it."""
    try:
        yield
    except Exception:
        log.exception(_UNTOLD)


def kv_ledger(statistics: EngineStatistics, requests: Iterable[EngineRequest]) -> KvLedger:
    """Who holds the KV cache at this moment. Pure."""
    present = list(requests)
    holders = [
        KvHolder(
            request.owner.label,
            str(request.owner.kind),
            request.kv_tokens,
            request.owner.reference,
        )
        for request in present
        if request.kv_tokens
    ]
    return KvLedger(
        statistics.kv_capacity_tokens,
        statistics.kv_tokens_used,
        tuple(sorted(holders, key=lambda holder: -holder.tokens)),
        sum(request.state is not RequestState.RUNNING for request in present),
    )
