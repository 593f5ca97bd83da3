from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.paths import AppPaths
from desktop_llm.doctor.findings import Surroundings
from desktop_llm.telemetry.gpus import Gpu, GpuReading
from desktop_llm.telemetry.machine import MachineFacts

GIB = 1024**3
RTX = Gpu(0, "NVIDIA GeForce RTX 4090", 24 * GIB, 2 * GIB, 22 * GIB, (8, 9))
Make = Callable[..., Surroundings]


@pytest.fixture
def surroundings(tmp_path: Path) -> Make:
    """Surroundings where all is well, with the changes a test makes. Machine facts by name too."""
    healthy = {
        "gpus": GpuReading("580.95.05", (RTX,)),
        "ram_total_bytes": 32 * GIB,
        "ram_available_bytes": 20 * GIB,
        "disk_free_bytes": 100 * GIB,
        "cpu_name": "A processor",
        "cores": 2,
        "instruction_sets": ("AVX-512", "AVX2"),
        "python": "3.11.7",
        "system": "Linux",
        "engine_build": "cpu",
    }

    def make(**changes: Any) -> Surroundings:
        facts = {name: changes.pop(name, value) for name, value in healthy.items()}
        values: dict[str, Any] = {
            "paths": AppPaths(*(tmp_path / name for name in ("config", "data", "cache", "logs"))),
            "environment": dict(os.environ),
            "machine": MachineFacts(**facts),
            "build": "cpu",
            "versions": {},
            "models": (),
        }
        return Surroundings(**values | changes)

    return make
