"""What a failed load left behind."""

from __future__ import annotations

import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_llm.engine.child.report import FailureReport, failure
from desktop_llm.engine.types import Stage

LOAD_STAGES = frozenset(Stage)
_WORKER_GONE = "WorkerProc initialization failed"  # vLLM's words


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed load.

    `vanished` is how the first process ended that did so before anything was reported: the signal
    that killed it, 0 where its parent alone learned that, None if there was no such process.
    `fitting_context` are the tokens that would fit, 0 if none do, None where that is unknown.
    """

    path: Path
    failures: Sequence[FailureReport]
    stage: Stage
    raised: BaseException | None = None
    weight_bytes: int = 0
    log: Path | None = None
    vanished: int | None = None
    automatic_kv_cache: bool = False
    fitting_context: int | None = None

    @property
    def ended_by_signal(self) -> int:
        """The signal that ended a process, 0 if none did; of EngineCore vLLM's error tells it."""
        return self.vanished or number_in(r"'EngineCore': -(\d+)", str(self.raised))

    @property
    def was_killed(self) -> bool:
        """Whether a process was ended from outside, as the kernel does where memory runs out."""
        told = any(report.stage in LOAD_STAGES for report in self.failures)
        if self.vanished is not None and not told:
            return self.vanished in (0, signal.SIGKILL)
        return self.ended_by_signal == signal.SIGKILL and not self.failures

    @property
    def first_cause(self) -> FailureReport:
        """The exception that began it.

        Reports of a load's stages come from where it broke; the others repeat them on the way up.
        """
        for report in self.failures:
            if report.stage in LOAD_STAGES:
                return report
        if self.failures:
            return self.failures[0]
        return failure(self.raised, "app") if self.raised else FailureReport("app", "", "")


def is_of_another(report: FailureReport) -> bool:
    """Whether EngineCore only says that a worker is gone, which knew why."""
    return report.stage not in LOAD_STAGES and _WORKER_GONE in report.message


def number_in(pattern: str, text: str) -> int:
    """The number that the first group of `pattern` finds in `text`, else 0."""
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0
