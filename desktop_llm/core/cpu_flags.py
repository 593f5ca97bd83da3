"""The processor's instruction sets, as the kernel names them."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def cpu_flags() -> frozenset[str]:
    """Such as ``avx512f`` or ``amx_tile``; empty where /proc/cpuinfo cannot be read. Any thread."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return frozenset()
    named = (line.partition(":") for line in lines)
    flags = next((text for key, _, text in named if key.strip() in {"flags", "Features"}), "")
    return frozenset(flags.split())
