"""The systemd user unit: systemd takes it, and the app takes what it is started with."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.serve_arguments import serve_options
from tests.packaging.tiny_checkout import ROOT

UNIT = ROOT / "packaging" / "systemd" / "desktop-llm.service"


def service() -> configparser.SectionProxy:
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]  # keys keep their case
    parser.read(UNIT)
    return parser["Service"]


def test_that_the_app_takes_the_command_that_it_is_started_with() -> None:
    model = {"${DESKTOP_LLM_MODEL}": ["/models/a b"]}
    options = {"$DESKTOP_LLM_OPTIONS": ["--port", "8001", "--json-log"]}
    words = shlex.split(service()["ExecStart"])
    assert words[:2] == ["/usr/bin/env", "desktop-llm"]
    given = [part for word in words[2:] for part in (model | options).get(word, [word])]
    parsed = serve_options(build_parser().parse_args(given))
    assert (parsed.model, parsed.port, parsed.json_log) == (Path("/models/a b"), 8001, True)


def test_that_only_the_app_gets_the_signal_and_has_the_time_to_drain() -> None:
    assert service()["KillMode"] == "mixed"
    assert int(service()["TimeoutStopSec"]) > 60


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_that_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    """It looks units up by their real names, and wants a folder of its own."""
    env = os.environ | {"XDG_RUNTIME_DIR": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--user", "--man=no", str(UNIT)],
        capture_output=True,
        text=True,
        env=env,
    )
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")
