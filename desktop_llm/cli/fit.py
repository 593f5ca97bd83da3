"""`desktop-llm fit`: whether a model fits, with the sum and what would make it fit."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import GIB, format_bytes, format_count
from desktop_llm.models.device_memory import DeviceMemory, Surroundings
from desktop_llm.models.fit_changes import FitChange
from desktop_llm.models.fit_report import FitReport, Verdict, assess
from desktop_llm.models.fit_sentences import (
    asked_sentence,
    basis_sentence,
    change_sentence,
    part_name,
    room_sentences,
    verdict_sentence,
)
from desktop_llm.models.folder import inspect_folder
from desktop_llm.models.overheads import Overheads

FITS, DOES_NOT_FIT, BAD_INPUT = 0, 1, 2


@dataclass(frozen=True)
class FitOptions:
    """What `desktop-llm fit` was asked for. `vram_gib` is a GPU with so much free, and no other."""

    model: Path
    context: int | None = None
    concurrency: int = 1
    vram_gib: float | None = None
    json: bool = False


def add_fit(commands: Any) -> None:
    """Add the command to the parser."""
    fit = commands.add_parser(
        "fit",
        help="say whether a model fits in memory, and what would make it fit",
        description="Say whether a model fits, with the sum behind it. Nothing is loaded. Exits "
        "with 0 if it fits, 1 if it does not, 2 on bad input.",
    )
    fit.add_argument("--model", metavar="DIR", required=True, help="a model folder")
    fit.add_argument("--context", metavar="N", type=int, help="tokens a chat (default: the most)")
    fit.add_argument("--concurrency", metavar="N", type=int, default=1, help="chats at once")
    fit.add_argument("--vram", metavar="GIB", type=float, help="ask for a GPU with so much free")
    fit.add_argument("--json", action="store_true", help="print the report as one JSON object")


def fit_options(arguments: Any) -> FitOptions:
    """The options of a parsed `fit`. Raises AppError ``cli.bad_option`` with the reason."""
    for name, value in (("context", arguments.context), ("concurrency", arguments.concurrency)):
        if value is not None and value < 1:
            raise AppError("cli.bad_option", f"--{name} must be at least 1.", "See fit --help.")
    if arguments.vram is not None and not 0 < arguments.vram <= 100_000:
        raise AppError("cli.bad_option", "--vram must be a size in GiB.", "See fit --help.")
    model = Path(arguments.model).absolute()
    return FitOptions(
        model, arguments.context, arguments.concurrency, arguments.vram, arguments.json
    )


def run_fit(
    options: FitOptions,
    terminal: Terminal,
    *,
    profile: Callable[[Path], LoadProfile],
    surroundings: Callable[[LoadProfile], Surroundings],
    overheads: Overheads,
) -> int:
    """Print the report; returns the exit code: 0 fits, 1 does not, 2 bad input."""
    try:
        report = _report(options, profile(options.model), surroundings, overheads)
    except AppError as error:
        terminal.fail(error)
        if options.json:
            told = {"code": error.code, "message": error.message, "hint": error.hint}
            terminal.stdout.write(json.dumps({"error": told}) + "\n")
        return BAD_INPUT
    text = json.dumps(as_json(report)) if options.json else "\n".join(_lines(report))
    terminal.stdout.write(text + "\n")
    terminal.stdout.flush()
    return FITS if report.verdict is Verdict.FITS else DOES_NOT_FIT


def _report(
    options: FitOptions,
    profile: LoadProfile,
    surroundings: Callable[[LoadProfile], Surroundings],
    overheads: Overheads,
) -> FitReport:
    facts = inspect_folder(options.model)
    if options.concurrency > profile.max_sequences:
        most = max(options.concurrency, profile.max_batched_tokens)
        profile = profile.model_copy(
            update={"max_sequences": options.concurrency, "max_batched_tokens": most}
        )
    if options.vram_gib is None:
        around = surroundings(profile)
    else:
        size = int(options.vram_gib * GIB)
        around = Surroundings(cpu=False, memory=DeviceMemory(size, size))
    return assess(
        facts,
        profile,
        around.memory,
        cpu=around.cpu,
        context=options.context,
        concurrency=options.concurrency,
        others=around.others,
        overheads=overheads,
        ram_free=around.ram_free,
        compute_capability=around.compute_capability,
    )


def _lines(report: FitReport) -> list[str]:
    lines: list[str] = [verdict_sentence(report), asked_sentence(report), ""]
    rows = [(str(part_name(row.part)), row.bytes) for row in report.rows]
    rows += [("Together", report.total), ("It can have", report.available)]
    lines += [f"  {name:<12} {format_bytes(size):>12}" for name, size in rows]
    lines += ["", *room_sentences(report)]
    tokens = format_count(report.kv_cache_tokens)
    lines += [f"The KV cache holds {tokens} tokens.", basis_sentence(report)]
    if report.changes:
        lines += ["", "It fits with any one of these:"]
        lines += [f"  - {change_sentence(change)}" for change in report.changes]
    return lines


def as_json(report: FitReport) -> dict[str, Any]:
    """The report for programs; bytes are those on each device."""
    question = report.question
    return {
        "model": question.facts.name,
        "verdict": report.verdict.value,
        "shortfall": report.shortfall.value,
        "device": "cpu" if question.cpu else "gpu",
        "context": question.context,
        "concurrency": question.concurrency,
        "rows": [{"part": row.part.value, "bytes": row.bytes} for row in report.rows],
        "total_bytes": report.total,
        "available_bytes": report.available,
        "short_by_bytes": report.short_by,
        "device_total_bytes": question.memory.total,
        "device_free_bytes": question.memory.free,
        "held_by_others_bytes": report.held_by_others,
        "others": [{"name": holder.name, "bytes": holder.bytes} for holder in question.others],
        "kv_cache_tokens": report.kv_cache_tokens,
        "weights_from": report.weights_from.value,
        "overheads_learned": report.sum.demand.learned,
        "changes": [_change(change, question.profile) for change in report.changes],
    }


def _change(change: FitChange, before: LoadProfile) -> dict[str, Any]:
    after = {} if change.profile is None else change.profile.model_dump(mode="json")
    old = before.model_dump(mode="json")
    return {
        "kind": change.kind.value,
        "gives_bytes": change.gives,
        "context": change.context,
        "concurrency": change.concurrency,
        "profile": {name: value for name, value in after.items() if value != old[name]},
    }
