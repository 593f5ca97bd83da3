"""What a job will need and what refuses it, told before anything is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_llm.core.errors import AppError
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.quantize.estimate import Estimate
from desktop_llm.quantize.failures import same_folder
from desktop_llm.quantize.placing import require_free, size_of, taken
from desktop_llm.quantize.steps import Steps
from desktop_llm.quantize.types import JobRequest, Method, QuantizeSettings

FreeMemory = Callable[[QuantizeSettings], int | None]


@dataclass(frozen=True)
class Check:
    """What a job will need, and what stands against it: with `problems` it is not begun.

    That the output is there is no problem yet, but something to be asked about.
    """

    estimate: Estimate
    facts: ModelFacts
    problems: tuple[AppError, ...]
    notes: tuple[str, ...]
    output_exists: bool


def check_request(request: JobRequest, steps: Steps, free_memory: FreeMemory) -> Check:
    """Look at the model's headers and the machine. Blocks for milliseconds to seconds.

    Raises AppError where the source is no model folder or its files are damaged.
    """
    facts = inspect_folder(request.source)
    estimate = steps.estimate(
        facts,
        request.settings,
        free_disk=free_disk(request.output),
        free_memory=free_memory(request.settings),
        replaced_bytes=size_of(request.output) if request.replace else 0,
    )
    refusals = [
        _refusal(lambda: steps.require_supported(facts, request.settings)),
        _refusal(lambda: _require_apart(request)),
        _refusal(lambda: require_free(request.output, replace=True)),
    ]
    return Check(
        estimate=estimate,
        facts=facts,
        problems=(*filter(None, refusals), *estimate.problems),
        notes=(*facts.warnings, *estimate.notes),
        output_exists=taken(request.output),
    )


def free_ram(settings: QuantizeSettings) -> int | None:
    """RAM that is free, in bytes; None for a job on the GPU, of which nothing is known here."""
    on_gpu = settings.device == "gpu" and settings.method is Method.AWQ
    return None if on_gpu else int(psutil.virtual_memory().available)


def free_disk(output: Path) -> int | None:
    """Bytes that are free where `output` will be; None where that cannot be told."""
    for folder in output.absolute().parents:
        try:
            return shutil.disk_usage(folder).free
        except FileNotFoundError:
            continue
        except OSError:
            return None
    return None


def _require_apart(request: JobRequest) -> None:
    """The result must not be written into the source, nor take the place of what it lies in."""
    source, output = request.source.resolve(), request.output.resolve()
    if source == output or source in output.parents or output in source.parents:
        raise same_folder()


def _refusal(require: Callable[[], None]) -> AppError | None:
    try:
        require()
    except AppError as error:
        return error
    return None
