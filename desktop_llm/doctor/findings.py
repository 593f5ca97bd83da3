"""What a check looks at, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from desktop_llm.config.paths import AppPaths
from desktop_llm.telemetry.machine import MachineFacts


class Status(StrEnum):
    PASS = "pass"
    NOTE = "note"
    FAIL = "fail"


@dataclass(frozen=True)
class Finding:
    """`text` says what was found, `fix` what to do; a pass needs no fix."""

    status: Status
    text: str
    fix: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What the checks look at. `build` is the installed build of vLLM: cuda, cpu, or empty."""

    paths: AppPaths
    environment: Mapping[str, str]
    machine: MachineFacts
    build: str
    versions: Mapping[str, str]
    models: tuple[Path, ...]


@dataclass(frozen=True)
class Check:
    """One pitfall. `run` may block for as long as a child process takes; any thread."""

    name: str
    run: Callable[[Surroundings], Finding]


def passed(text: str) -> Finding:
    return Finding(Status.PASS, text)


def noted(text: str, fix: str) -> Finding:
    return Finding(Status.NOTE, text, fix)


def failed(text: str, fix: str) -> Finding:
    return Finding(Status.FAIL, text, fix)
