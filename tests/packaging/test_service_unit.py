"""The systemd unit: what it starts is a command that exists."""

from __future__ import annotations

import shlex
from configparser import ConfigParser
from pathlib import Path

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.serve_arguments import serve_options

UNIT = Path(__file__).resolve().parents[2] / "packaging" / "desktop-llm.service"


def test_that_the_unit_starts_the_server_and_lets_it_drain() -> None:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment]
    unit.read_string(UNIT.read_text("utf-8"))
    service = unit["Service"]
    shell, option, script = shlex.split(service["ExecStart"])
    assert (shell, option) == ("/bin/sh", "-c")
    _, program, *arguments = shlex.split(script)
    assert program == "$DESKTOP_LLM"
    options = serve_options(build_parser().parse_args(arguments))
    assert (options.host, options.port, options.json_log) == ("127.0.0.1", 8000, True)
    assert service["KillMode"] == "mixed"
    assert int(service["TimeoutStopSec"]) > 10
