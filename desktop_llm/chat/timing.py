"""How long an answer took, as the person felt it."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

from desktop_llm.chat.types import AnswerMetrics
from desktop_llm.core.memory import KvLedger
from desktop_llm.engine.types import Delta


@dataclass
class Timing:
    """Seconds on `time.perf_counter`, and the tokens that had come by then."""

    sent: float
    first: float | None = None
    last: float = 0.0
    first_tokens: int = 0

    def took(self, delta: Delta) -> None:
        """Note that `delta` has just come."""
        if not delta.completion_tokens:
            return
        self.last = time.perf_counter()
        if self.first is None:
            self.first, self.first_tokens = self.last, delta.completion_tokens

    def metrics(self, last: Delta, dropped_turns: int) -> AnswerMetrics:
        """Speed is that of decoding: the tokens after the first delta, over the time they took."""
        ttft_ms = tokens_per_s = None
        if self.first is not None:
            ttft_ms = (self.first - self.sent) * 1000
            decoded = last.completion_tokens - self.first_tokens
            if decoded and self.last > self.first:
                tokens_per_s = decoded / (self.last - self.first)
        return AnswerMetrics(
            prompt_tokens=last.prompt_tokens,
            completion_tokens=last.completion_tokens,
            cached_tokens=last.cached_tokens,
            ttft_ms=ttft_ms,
            tokens_per_s=tokens_per_s,
            finish_reason=last.finish_reason,
            dropped_turns=dropped_turns,
            preemptions=last.preemptions,
            kv=_without_titles(last.kv),
        )


def _without_titles(ledger: KvLedger | None) -> KvLedger | None:
    """A conversation's title is not kept with another's answer: it may be deleted or renamed."""
    if ledger is None:
        return None
    holders = (
        replace(holder, name="") if holder.reference else holder for holder in ledger.holders
    )
    return replace(ledger, holders=tuple(holders))
