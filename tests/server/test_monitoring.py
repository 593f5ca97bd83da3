"""Dashboard and alert rules: they use names that are exported, and Prometheus takes them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from desktop_llm.server.metrics import exposition
from tests.server.exported import (
    MONITORING,
    PROMETHEUS,
    Names,
    asked_for,
    exported,
    missing,
    of_types,
    panel_expressions,
    panels,
    rules,
)
from tests.server.figures import PORT, machine, traffic

HERE = Path(__file__).parent

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool comes with prometheus"
)


@pytest.fixture(scope="module")
def names() -> Names:
    """Everything that is exported, with labels; of vLLM what a real load exported."""
    ours = exported(exposition(PORT, traffic(), machine()).decode())
    return {**ours, **of_types(HERE / "recorded" / "vllm-metrics.txt"), **PROMETHEUS}


def test_that_every_panel_asks_for_names_and_labels_that_are_exported(
    names: Names,
) -> None:
    expressions = panel_expressions()
    assert len(expressions) > 40
    assert {wrong for text in expressions for wrong in missing(text, names)} == set()


def test_that_every_rule_asks_for_names_and_labels_that_are_exported(
    names: Names,
) -> None:
    found = {rule["alert"]: missing(rule["expr"], names) for rule in rules()}
    assert {alert: wrong for alert, wrong in found.items() if wrong} == {}


def test_that_nothing_we_export_of_the_port_is_left_for_nobody_to_see(
    names: Names,
) -> None:
    asked = {
        name
        for text in [*panel_expressions(), *(rule["expr"] for rule in rules())]
        for name in asked_for(text)
    }
    ours = {name for name in names if name.startswith("desktop_llm_port")}
    kept_for_rates = {name for name in ours if name.endswith(("_sum", "_count"))}
    assert ours - kept_for_rates - asked == set()


def test_that_a_misspelt_name_or_label_would_be_found(names: Names) -> None:
    asked = 'sum by (gpu, colour) (rate(desktop_llm_gpu_upp{state="x"}[5m])) / vllm:kv_cache'
    assert set(asked_for(asked)) == {"desktop_llm_gpu_upp", "vllm:kv_cache"}
    assert set(missing(asked, names)) == {"desktop_llm_gpu_upp", "vllm:kv_cache"}
    assert missing('desktop_llm_gpu_up{card="0"}', names) == ["desktop_llm_gpu_up{card}"]
    assert missing("max by (colour) (desktop_llm_gpu_up)", names) == ["desktop_llm_gpu_up{colour}"]


def test_that_panels_have_ids_places_and_words_of_their_own() -> None:
    found = list(panels())
    assert len({panel["id"] for panel in found}) == len(found)
    assert all(panel["title"] and panel["description"] for panel in found)
    cells = [
        (panel["gridPos"]["y"] + row, panel["gridPos"]["x"] + column)
        for panel in found
        for row in range(panel["gridPos"]["h"])
        for column in range(panel["gridPos"]["w"])
    ]
    assert len(cells) == len(set(cells)), "two panels overlap"


@needs_promtool
def test_that_promtool_accepts_the_rules() -> None:
    command = ["promtool", "check", "rules", str(MONITORING / "alerts.yml")]
    ran = subprocess.run(command, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"{len(rules())} rules found" in ran.stdout


@needs_promtool
def test_that_each_alert_fires_when_it_should_and_only_then(tmp_path: Path) -> None:
    file = HERE / "alerts.test.yml"
    ran = subprocess.run(
        ["promtool", "test", "rules", str(file)], capture_output=True, text=True, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    tested = yaml.safe_load(file.read_text())["tests"]
    fired = {
        test["alertname"]
        for group in tested
        for test in group["alert_rule_test"]
        if test["exp_alerts"]
    }
    assert fired == {rule["alert"] for rule in rules()}, "an alert that no test lets fire"
