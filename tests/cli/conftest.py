"""The chat command in this process, on a scripted engine."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.cli.arguments import ChatOptions
from desktop_llm.cli.chat import run_chat
from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.paths import AppPaths
from tests.helpers.headless_core import EchoEngine, HeadlessFake, LoadableEngine
from tests.helpers.model_folders import make_model


@dataclass(frozen=True)
class Ran:
    """What a run printed and returned; `core` is None where none was made."""

    code: int
    out: str
    err: str
    core: HeadlessFake | None


Chat = Callable[..., Ran]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "mine")


@pytest.fixture
def chat(tmp_path: Path) -> Chat:
    """Run the command: `stdin` is what is piped in, `typed` a terminal instead; None is closed."""
    paths = AppPaths(*(tmp_path / name for name in ("config", "data", "cache", "logs")))

    def run(
        stdin: str | None = None,
        typed: io.StringIO | None = None,
        engine: LoadableEngine | None = None,
        stdout: io.StringIO | None = None,
        configure: Callable[[HeadlessFake], object] = lambda core: None,
        **options: Any,
    ) -> Ran:
        cores: list[HeadlessFake] = []

        def make_core() -> HeadlessFake:
            cores.append(HeadlessFake(paths, engine or EchoEngine()))
            configure(cores[0])
            return cores[0]

        out, err = stdout or io.StringIO(), io.StringIO()
        source = typed if stdin is None else io.StringIO(stdin)
        code = run_chat(ChatOptions(**options), Terminal(source, out, err), make_core)
        core = cores[0] if cores else None
        assert core is None or core.closed, "the core is closed however a run ends"
        return Ran(code, out.getvalue(), err.getvalue(), core)

    return run
