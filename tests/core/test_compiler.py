"""What torch.compile needs on the CPU."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from desktop_llm.core.compiler import can_compile


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with g++ and the headers; what a test takes away is gone."""
    compiler = tmp_path / "g++"
    compiler.write_text("#!/bin/sh\n")
    compiler.chmod(0o700)
    (tmp_path / "Python.h").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setattr(sysconfig, "get_path", lambda _name: str(tmp_path))
    return tmp_path


def test_that_compiler_and_headers_are_enough(machine: Path) -> None:
    assert can_compile()


@pytest.mark.parametrize("missing", ["g++", "Python.h"])
def test_that_both_are_needed(machine: Path, missing: str) -> None:
    (machine / missing).unlink()
    assert not can_compile()


def test_that_the_compiler_the_person_names_is_the_one_that_counts(
    machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "clang++")
    assert not can_compile()
    (machine / "g++").rename(machine / "clang++")
    assert can_compile()
