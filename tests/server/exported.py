"""The names that `/metrics` exports, and those that dashboards and rules ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from desktop_llm.config.paths import resources

MONITORING = resources() / "monitoring"

# `up` is what Prometheus itself notes of a scrape, and these labels what it adds to each sample.
Names = Mapping[str, AbstractSet[str] | None]
PROMETHEUS = {"up": frozenset({"job", "instance"})}
ADDED = {"job", "instance"}
_WORDS = {"and", "or", "unless", "bool", "offset"}


def exported(text: str) -> dict[str, set[str]]:
    """The sample names in Prometheus `text`, each with the labels that occur."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def of_types(file: Path) -> dict[str, None]:
    """The sample names of recorded ``NAME TYPE`` lines; their labels are not known."""
    found: dict[str, None] = {}
    for line in file.read_text().splitlines():
        name, kind = line.split()
        endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
        found.update(dict.fromkeys(name + ending for ending in endings))
    return found


def asked_for(expression: str) -> dict[str, set[str]]:
    """The names in a PromQL `expression`, each with the labels that are matched or grouped by."""
    bare = re.sub(r'"[^"]*"', "", expression)
    grouped = {
        label
        for group in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", bare)
        for label in re.findall(r"\w+", group)
    }
    bare = re.sub(r"\b(by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", "", bare)
    bare = re.sub(r"\[[^\]]*\]", "", bare)
    found: dict[str, set[str]] = {}
    outside = re.sub(r"\{[^}]*\}", "", bare)
    for name in re.findall(r"\b([a-zA-Z_][\w:]*)\b(?!\s*\()", outside):
        if name not in _WORDS:
            matchers = re.findall(re.escape(name) + r"\{([^}]*)\}", bare)
            found[name] = set(re.findall(r"(\w+)\s*[=!]", ",".join(matchers))) | grouped
    return found


def missing(expression: str, names: Names) -> list[str]:
    """What `expression` asks for and nobody exports."""
    wrong = []
    for name, labels in asked_for(expression).items():
        if name not in names:
            wrong.append(name)
        elif (known := names[name]) is not None:
            unknown = labels - known - ADDED
            wrong += [f"{name}{{{label}}}" for label in sorted(unknown)]
    return wrong


def panels() -> list[dict[str, Any]]:
    """The dashboard's panels, without the headings."""
    dashboard = json.loads((MONITORING / "grafana-dashboard.json").read_text())
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def panel_expressions() -> list[str]:
    """All that the dashboard asks for."""
    return [target["expr"] for panel in panels() for target in panel["targets"]]


def rules() -> list[dict[str, Any]]:
    """The alert rules of all groups."""
    groups = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]
