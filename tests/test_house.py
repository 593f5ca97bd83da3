"""The house rules, held at run time: what a clean interpreter has loaded after each feature.

import-linter reads the import statements; this sees what they really bring in.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import desktop_llm

PACKAGE = Path(desktop_llm.__file__).parent
HEAVY = {"awq", "huggingface_hub", "torch", "transformers", "vllm"}
WINDOW = {"PySide6", "qasync", "desktop_llm.gui"}
THIRD_PARTY = {"markdown_it", "platformdirs", "psutil", "pydantic", "pygments", "pynvml"}
# Imported in a child process, or when a model is loaded: these work with the heavy libraries.
WHEN_USED = (
    "engine/child",
    "engine/generation.py",
    "engine/prometheus.py",
    "engine/recorder.py",
    "engine/scoring.py",
    "quantize/worker",
    "server/vllm_routes.py",
)

NOT_TO_LOAD = {
    "core": HEAVY | WINDOW | THIRD_PARTY | {"desktop_llm.config"},
    "config": HEAVY | WINDOW,
    "models": HEAVY | WINDOW | {"desktop_llm.engine", "desktop_llm.chat"},
    "engine": HEAVY | WINDOW | {"desktop_llm.chat"},
    "telemetry": HEAVY | WINDOW | {"desktop_llm.engine", "desktop_llm.chat"},
    "quantize": HEAVY | WINDOW | {"desktop_llm.engine", "desktop_llm.chat"},
    "chat": HEAVY | WINDOW,
    "server": HEAVY | WINDOW,
    "cli": HEAVY | WINDOW,
    "doctor": HEAVY | WINDOW | {"desktop_llm.engine", "desktop_llm.chat"},
    "gui": HEAVY,
    "app.py": HEAVY,
    "desktop_entry.py": HEAVY | WINDOW,
    "__main__.py": HEAVY | WINDOW | THIRD_PARTY,
}


def modules(feature: str) -> list[str]:
    """The dotted names of a feature's modules, without those that are imported when used."""
    top = PACKAGE / feature
    files = [top] if top.is_file() else sorted(top.rglob("*.py"))
    relative = [file.relative_to(PACKAGE) for file in files]
    return [
        ".".join(("desktop_llm", *path.with_suffix("").parts)).removesuffix(".__init__")
        for path in relative
        if not path.as_posix().startswith(WHEN_USED)
    ]


def loaded_after(names: list[str]) -> set[str]:
    """What a new interpreter has in sys.modules after importing `names`."""
    code = (
        "import importlib, json, sys\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps(list(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    return set(json.loads(result.stdout.splitlines()[-1]))


def test_that_every_part_of_the_house_has_its_rule() -> None:
    parts = {
        path.name
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - {"__init__.py"} <= NOT_TO_LOAD.keys()


@pytest.mark.parametrize("feature", [name for name in NOT_TO_LOAD if (PACKAGE / name).exists()])
def test_that_a_feature_loads_nothing_it_should_not_know(feature: str) -> None:
    assert loaded_after(modules(feature)) & NOT_TO_LOAD[feature] == set()


def test_that_a_start_waits_for_no_library_of_the_charts() -> None:
    first_shown = ["desktop_llm.gui.workbench", "desktop_llm.gui.monitor_page.page"]
    assert loaded_after(first_shown) & {"numpy", "pyqtgraph"} == set()
