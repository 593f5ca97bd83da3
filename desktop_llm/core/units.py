"""Figures as a person reads them: GiB (binary), ms or s, tokens."""

from __future__ import annotations

KIB = 1024
MIB = 1024**2
GIB = 1024**3


def format_bytes(count: float) -> str:
    """A size with its binary unit: ``512 B``, ``9.8 MiB``, ``15.2 GiB``."""
    if abs(count) < KIB:
        return f"{count:.0f} B"
    for factor, unit in ((KIB, "KiB"), (MIB, "MiB"), (GIB, "GiB")):
        if abs(count) < factor * 1024 or unit == "GiB":
            return f"{count / factor:.1f} {unit}"
    raise AssertionError("unreachable: GiB takes every size")


def format_seconds(seconds: float) -> str:
    """A duration: ``840 ms``, ``3.2 s``, ``4 min 5 s``, ``2 h 3 min``."""
    if round(seconds * 1000) < 1000:
        return f"{seconds * 1000:.0f} ms"
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def format_count(count: int) -> str:
    """A whole number with thousands separated: ``131,072``."""
    return f"{count:,}"
