"""What a job is made of, and what it calls of its neighbours."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize import backends, calibration, checking, evaluation
from desktop_llm.quantize.estimate import Estimate, estimate
from desktop_llm.quantize.types import CalibrationChoice, QuantizeSettings

Conversations = Callable[[], Awaitable[Sequence[str]]]


class Prepare(Protocol):
    async def __call__(
        self,
        choice: CalibrationChoice,
        *,
        conversations: Conversations,
        resources: Path,
        settings: QuantizeSettings,
    ) -> list[str]: ...


class MakeEstimate(Protocol):
    def __call__(
        self,
        facts: ModelFacts,
        settings: QuantizeSettings,
        *,
        free_disk: int | None,
        free_memory: int | None,
        replaced_bytes: int = ...,
    ) -> Estimate: ...


@dataclass(frozen=True)
class Steps:
    """The parts of a job that are not the job itself; each raises AppError.

    `require_supported` refuses a model that the method cannot do, `check_folder` a result that is
    not whole. `prompts` are asked before and after.
    """

    prepare: Prepare
    held_out: Callable[[Path], list[str]]
    estimate: MakeEstimate
    require_supported: Callable[[ModelFacts, QuantizeSettings], None]
    check_folder: Callable[[Path, Path, QuantizeSettings], None]
    prompts: tuple[str, ...]
    worker_command: Sequence[str] = (sys.executable, "-P", "-m", "desktop_llm.quantize.worker")
    measure_command: Sequence[str] = (sys.executable, "-P", "-m", "desktop_llm", "measure")


def real_steps() -> Steps:
    """Those that the app uses."""
    return Steps(
        prepare=calibration.prepare,
        held_out=calibration.held_out,
        estimate=estimate,
        require_supported=backends.require_supported,
        check_folder=checking.check,
        prompts=evaluation.PROMPTS,
    )
