"""Whether the models that a chat starts with are whole, and their parts agree."""

from __future__ import annotations

import json
from pathlib import Path

from desktop_llm.doctor.children import run_python
from desktop_llm.doctor.findings import Finding, Surroundings, failed, noted, passed
from desktop_llm.doctor.libraries import REINSTALL
from desktop_llm.models.catalog import read_entry

_PROBE_SECONDS = 240


def whole(surroundings: Surroundings) -> Finding:
    """The guide model and the default model can be loaded, as far as their files tell."""
    names = []
    for path in surroundings.models:
        entry = read_entry(path)
        if entry.problem is not None:
            return failed(entry.problem.message, entry.problem.hint)
        names.append(entry.name)
    return passed(f"Whole: {', '.join(names)}.")


def templates_agree(surroundings: Surroundings) -> Finding:
    """The chat template writes what the tokenizer reads as the special tokens it means."""
    result = run_python(
        ["-m", "desktop_llm.doctor.template_probe", *map(str, surroundings.models)],
        _PROBE_SECONDS,
        surroundings.environment,
    )
    if result.code != 0:
        return failed(f"The templates could not be tried: {result.last_line}.", REINSTALL)
    found: dict[str, dict[str, list[str]]] = json.loads(result.stdout.splitlines()[-1])
    for kind, finding in (("broken", failed), ("odd", noted)):
        texts = [
            f"{Path(f).name}: {' '.join(said[kind])}" for f, said in found.items() if said[kind]
        ]
        if texts:
            return finding(
                f"Chat template and tokenizer do not agree. {' '.join(texts)}",
                "Copy tokenizer.json, tokenizer_config.json and the chat template together from "
                "where the model comes from.",
            )
    return passed("Chat template and tokenizer agree.")
