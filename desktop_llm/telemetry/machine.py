"""What this machine has, in one quick look."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_llm.core.builds import engine_build
from desktop_llm.telemetry.gpus import GpuReading, read_gpus

# What vLLM's CPU build has kernels for, best first, as /proc/cpuinfo names them.
_INSTRUCTION_SETS = {
    "amx_bf16": "AMX",
    "avx512_bf16": "AVX-512 BF16",
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "asimd": "NEON",
}


@dataclass(frozen=True)
class MachineFacts:
    """A reading of the machine. Sizes in bytes; `cores` are the logical ones we may use."""

    gpus: GpuReading
    ram_total_bytes: int
    ram_available_bytes: int
    disk_free_bytes: int
    cpu_name: str
    cores: int
    instruction_sets: tuple[str, ...]
    python: str
    system: str
    engine_build: str

    @property
    def computes_on_gpu(self) -> bool:
        """Whether models run on a GPU here: there is one, and vLLM's CUDA build to use it."""
        return bool(self.gpus.gpus) and self.engine_build == "cuda"


def read_machine(data: Path) -> MachineFacts:
    """Read the machine; `disk_free_bytes` is on the file system that holds `data`.

    Any thread; under 50 ms (`read_gpus` says when it is not). Raises OSError if no disk answers.
    """
    ram = psutil.virtual_memory()
    cpu_name, flags = _cpu()
    return MachineFacts(
        gpus=read_gpus(),
        ram_total_bytes=ram.total,
        ram_available_bytes=ram.available,
        disk_free_bytes=disk_free(data),
        cpu_name=cpu_name,
        cores=_usable_cores(),
        instruction_sets=tuple(name for flag, name in _INSTRUCTION_SETS.items() if flag in flags),
        python=platform.python_version(),
        system=platform.platform(),
        engine_build=engine_build(),
    )


def disk_free(folder: Path) -> int:
    """Bytes free where `folder` is, or would be made. Raises OSError."""
    existing = folder.absolute()
    while not existing.exists():
        existing = existing.parent
    return int(psutil.disk_usage(str(existing)).free)


def _usable_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _cpu() -> tuple[str, frozenset[str]]:
    """The processor's name and its instruction-set flags, from the kernel."""
    name, flags = "", frozenset[str]()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        lines = []
    for line in lines:
        key, _, value = line.partition(":")
        if key.strip() == "model name" and not name:
            name = value.strip()
        elif key.strip() in {"flags", "Features"} and not flags:
            flags = frozenset(value.split())
    return name or platform.processor() or platform.machine(), flags
