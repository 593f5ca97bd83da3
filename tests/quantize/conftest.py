"""A quantize service over real child processes that do as they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.service import QuantizeService
from desktop_llm.quantize.steps import Conversations, Steps
from desktop_llm.quantize.types import CalibrationChoice, Job, JobRequest, QuantizeSettings
from tests.helpers.job_processes import child
from tests.helpers.model_folders import make_model


@dataclass(frozen=True)
class FakeEstimate:
    seconds: float = 1.0
    output_bytes: int = 1000
    problems: tuple[AppError, ...] = ()
    notes: tuple[str, ...] = ("It will be quick.",)


async def three_texts(
    choice: CalibrationChoice,
    *,
    conversations: Conversations,
    resources: Path,
    settings: QuantizeSettings,
) -> list[str]:
    return ["one", "two\nlines", "\ud800three"]


def no_check(source: Path, output: Path, settings: QuantizeSettings) -> None:
    assert (output / "config.json").is_file()


def every_model(facts: ModelFacts, settings: QuantizeSettings) -> None:
    pass


STEPS = Steps(
    prepare=three_texts,
    held_out=lambda resources: ["held", "out"],
    estimate=lambda facts, settings, **_: FakeEstimate(),  # type: ignore[arg-type]
    require_supported=every_model,
    check_folder=no_check,
    prompts=("What can you do?", "Why?"),
)


async def no_conversations() -> Sequence[str]:
    return []


@dataclass
class Bench:
    """A service, what it told, and a model to work on."""

    folder: Path
    source: Path
    services: list[QuantizeService] = field(default_factory=list)
    told: list[Job] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.folder / "models" / "model-awq"

    @property
    def partial(self) -> Path:
        return self.folder / "models" / "model-awq.partial"

    @property
    def records(self) -> Path:
        return self.folder / "quantize"

    def request(self, **changes: Any) -> JobRequest:
        """Of a job that is not evaluated."""
        values: dict[str, Any] = {
            "source": self.source,
            "output": self.output,
            "evaluate": False,
        }
        return JobRequest(**values | changes)

    def service(
        self,
        *worker: str,
        measure: Sequence[str] = ("measured=3",),
        records: Path | None = None,
        verify: bool = True,
        **steps: Any,
    ) -> QuantizeService:
        """One whose worker does `worker` (by default: all, and well)."""
        service = QuantizeService(
            folder=records or self.records,
            resources=self.folder / "resources",
            conversations=no_conversations,
            verify=verify,
            worker_command=child(*(worker or ("work", "write", "result"))),
            measure_command=child(*measure),
            steps=replace(STEPS, **steps),
        )
        service.changed.subscribe(self.told.append)
        self.services.append(service)
        return service

    def beside(self) -> set[str]:
        """The names of what lies where the output does."""
        return {path.name for path in self.output.parent.iterdir()}


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    made = Bench(tmp_path, make_model(tmp_path / "models" / "model"))
    yield made
    for service in made.services:
        await service.close()
