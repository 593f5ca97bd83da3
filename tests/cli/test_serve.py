"""`desktop-llm serve` up to where the engine would start: what it says, and with which code."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm.cli.arguments import build_parser
from desktop_llm.cli.serve_arguments import serve_options
from desktop_llm.config.paths import guide_model
from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.server.listening import bind


def serve(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop_llm", "serve", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ | {"DESKTOP_LLM_HOME": str(home)},
    )


def settings(*arguments: str, saved: ServerSettings | None = None) -> ServerSettings:
    parsed = build_parser().parse_args(["serve", "--model", "m", *arguments])
    return serve_options(parsed).over(saved or ServerSettings())


def test_that_without_options_it_is_for_this_machine_alone() -> None:
    """Also where the window's port was opened to the network."""
    saved = ServerSettings(host="0.0.0.0", port=9000, origins=("https://app.example",), max_n=3)
    chosen = settings(saved=saved)
    assert (chosen.host, chosen.port) == ("127.0.0.1", 8000)
    assert (chosen.origins, chosen.max_n) == (("https://app.example",), 3)


def test_that_options_are_taken() -> None:
    chosen = settings("--host", "0.0.0.0", "--port", "81", "--max-concurrency", "5")
    assert (chosen.host, chosen.port, chosen.max_concurrency) == ("0.0.0.0", 81, 5)
    chosen = settings("--tool-parser", "pythonic", "--reasoning-parser", "none")
    assert (chosen.tool_parser, chosen.reasoning_parser) == ("pythonic", "none")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--port", "0"),
        ("--port", "70000"),
        ("--max-concurrency", "0"),
        ("--certificate-key", "key.pem"),
        ("--host", ""),
    ],
)
def test_that_bad_options_are_refused(arguments: tuple[str, ...]) -> None:
    with pytest.raises(AppError) as raised:
        settings(*arguments)
    assert raised.value.code == "cli.bad_option"


def test_that_a_taken_port_is_said_with_a_free_one(tmp_path: Path) -> None:
    with bind("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        ran = serve(tmp_path, "--model", str(guide_model()), "--port", port)
    assert ran.returncode == 1
    assert f"Port {port} is taken" in ran.stderr
    assert "is free" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_that_a_missing_key_file_never_means_an_open_port(tmp_path: Path) -> None:
    missing = tmp_path / "no-key"
    ran = serve(tmp_path, "--model", str(guide_model()), "--api-key-file", str(missing))
    assert ran.returncode == 1
    assert f"The API key in {missing} cannot be used" in ran.stderr


def test_that_a_folder_without_a_model_is_bad_input(tmp_path: Path) -> None:
    ran = serve(tmp_path, "--model", str(tmp_path))
    assert ran.returncode == 2
    assert "Traceback" not in ran.stderr
