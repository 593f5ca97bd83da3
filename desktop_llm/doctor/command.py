"""`desktop-llm doctor`: a table for people, one JSON object for programs."""

from __future__ import annotations

import dataclasses
import json
import textwrap
from collections.abc import Iterable
from typing import TextIO

from desktop_llm.doctor.examination import Result, examine, look_around
from desktop_llm.doctor.findings import Status, Surroundings

_MARKS = {Status.PASS: "ok", Status.NOTE: "note", Status.FAIL: "FAIL"}
_NAME_WIDTH = 16
_INDENT = " " * (7 + _NAME_WIDTH)


def run_doctor(stdout: TextIO, *, as_json: bool) -> int:
    """Examine this installation; returns 1 where something is broken, else 0. Takes a minute."""
    surroundings = look_around()
    return report(surroundings, examine(surroundings), stdout, as_json=as_json)


def report(
    surroundings: Surroundings, results: Iterable[Result], stdout: TextIO, *, as_json: bool
) -> int:
    """Print `results` as they come, or whole as JSON; returns the exit code."""
    seen = []
    if not as_json:
        stdout.write(f"{_heading(surroundings)}\n\n")
    for result in results:
        seen.append(result)
        if not as_json:
            stdout.write(_row(result))
            stdout.flush()
    broken = [result for result in seen if result.finding.status is Status.FAIL]
    if as_json:
        stdout.write(json.dumps(_as_object(surroundings, seen), indent=2) + "\n")
    else:
        notes = sum(result.finding.status is Status.NOTE for result in seen)
        stdout.write(f"\n{_summary(len(broken), notes)}\n")
    return 1 if broken else 0


def _heading(surroundings: Surroundings) -> str:
    machine = surroundings.machine
    versions = ", ".join(f"{name} {version}" for name, version in surroundings.versions.items())
    return textwrap.fill(f"{versions}, Python {machine.python}, {machine.system}", 100)


def _row(result: Result) -> str:
    finding = result.finding
    head = f"{_MARKS[finding.status]:<7}{result.name:<{_NAME_WIDTH}}"
    lines = textwrap.fill(
        finding.text, 100, initial_indent=head, subsequent_indent=_INDENT, break_long_words=False
    )
    if not finding.fix:
        return f"{lines}\n"
    fix = textwrap.fill(
        finding.fix,
        100,
        initial_indent=f"{_INDENT}→ ",
        subsequent_indent=f"{_INDENT}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return f"{lines}\n{fix}\n"


def _summary(broken: int, notes: int) -> str:
    noted = f" {notes} {'note' if notes == 1 else 'notes'}." if notes else ""
    if not broken:
        return f"Everything works.{noted}"
    return f"{broken} {'thing is' if broken == 1 else 'things are'} broken.{noted}"


def _as_object(surroundings: Surroundings, results: list[Result]) -> dict[str, object]:
    return {
        "ok": all(result.finding.status is not Status.FAIL for result in results),
        "build": surroundings.build,
        "versions": dict(surroundings.versions),
        "machine": dataclasses.asdict(surroundings.machine),
        "checks": [
            {"name": result.name, **dataclasses.asdict(result.finding)} for result in results
        ],
    }
