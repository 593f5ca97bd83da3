"""The list of checks, and how they are run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from desktop_llm.config.paths import app_paths, guide_model
from desktop_llm.config.settings import Settings
from desktop_llm.core.builds import engine_build
from desktop_llm.doctor import hardware, libraries, models, storage, system
from desktop_llm.doctor.findings import Check, Finding, Surroundings, failed
from desktop_llm.telemetry.machine import read_machine

CHECKS = (
    Check("Libraries", libraries.installed),
    Check("vLLM", libraries.importable("vllm")),
    Check("Transformers", libraries.importable("transformers")),
    Check("AutoAWQ", libraries.importable("awq")),
    Check("Qt library", libraries.importable("PySide6.QtWidgets")),
    Check("CPU wheels", libraries.stray_wheels),
    Check("Package indexes", libraries.package_indexes),
    Check("Driver", hardware.driver),
    Check("GPU", hardware.gpus),
    Check("CUDA libraries", hardware.cuda_libraries),
    Check("Processor", hardware.processor),
    Check("Compiler", hardware.compiler),
    Check("Memory", hardware.memory),
    Check("Disk", hardware.disk),
    Check("Shared memory", hardware.shared_memory),
    Check("Open files", hardware.open_files),
    Check("Spawn", system.spawn),
    Check("Network", system.privacy),
    Check("Locale", system.text_encoding),
    Check("Qt", system.qt_offscreen),
    Check("Display", system.qt_display),
    Check("Folders", storage.folders),
    Check("Privacy", storage.data_is_private),
    Check("Settings", storage.settings),
    Check("Conversations", storage.database),
    Check("Models", models.whole),
    Check("Chat templates", models.templates_agree),
)


@dataclass(frozen=True)
class Result:
    """A check's name and what it found."""

    name: str
    finding: Finding


def look_around() -> Surroundings:
    """This installation, this process's environment, this machine. Under a second."""
    paths = app_paths()
    chosen = _default_model(paths.settings)
    return Surroundings(
        paths=paths,
        environment=dict(os.environ),
        machine=read_machine(paths.data),
        build=engine_build(),
        versions=libraries.read_versions(),
        models=(guide_model(), *((chosen,) if chosen else ())),
    )


def examine(surroundings: Surroundings, checks: Sequence[Check] = CHECKS) -> Iterator[Result]:
    """Results in the order of `checks`, each as soon as those before it are there.

    Some import libraries in child processes, which takes half a minute all in all.
    """
    with ThreadPoolExecutor(max_workers=min(4, surroundings.machine.cores)) as pool:
        running = [pool.submit(_run, check, surroundings) for check in checks]
        for check, future in zip(checks, running, strict=True):
            yield Result(check.name, future.result())


def _run(check: Check, surroundings: Surroundings) -> Finding:
    try:
        return check.run(surroundings)
    except Exception as error:  # noqa: BLE001  the other checks must still be heard
        return failed(f"This check itself failed: {error!r}.", "Please report it with this output.")


def _default_model(path: Path) -> Path | None:
    """The chosen model; a damaged settings file has a check of its own."""
    try:
        chosen = Settings.model_validate_json(path.read_bytes()).default_model
    except (OSError, ValueError):
        return None
    return Path(chosen) if chosen else None
