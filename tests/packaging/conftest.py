"""Fixtures around tiny checkouts; the bootstrap's own modules become importable."""

from __future__ import annotations

import shutil
import sys
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.packaging.tiny_checkout import ROOT, Checkout, Index, make_checkout

sys.path.insert(0, str(ROOT / "packaging"))


@pytest.fixture
def fresh(tmp_path: Path) -> Checkout:
    """A tiny checkout as cloned, in a folder whose name has a space in it."""
    return make_checkout(tmp_path / "my checkout", tmp_path / "wheels")


@pytest.fixture(scope="session")
def bare_environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with nothing but pip: making one takes seconds, copying it does not."""
    folder = tmp_path_factory.mktemp("bare") / ".venv"
    venv.create(folder, with_pip=True)
    return folder


@pytest.fixture
def checkout(fresh: Checkout, bare_environment: Path) -> Checkout:
    """A tiny checkout whose environment is made and has no package yet."""
    shutil.copytree(bare_environment, fresh.root / ".venv", symlinks=True)
    return fresh


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory, bare_environment: Path) -> Checkout:
    """A tiny checkout that is set up for the CPU. Shared: tests copy it, or leave it as it is."""
    base = tmp_path_factory.mktemp("prepared")
    made = make_checkout(base / "checkout", base / "wheels")
    shutil.copytree(bare_environment, made.root / ".venv", symlinks=True)
    result = made.run("run", "--device", "cpu")
    assert result.returncode == 0, result.stderr
    return made


@pytest.fixture
def installed(prepared: Checkout, tmp_path: Path) -> Checkout:
    """A copy of the prepared checkout, stamped for its new place."""
    root = tmp_path / "checkout"
    shutil.copytree(prepared.root, root, symlinks=True)
    copy = Checkout(root, prepared.wheels, dict(prepared.environment))
    result = copy.run("run")
    assert result.returncode == 0, result.stderr
    return copy


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    """A package index that serves the folder `served`."""
    served = tmp_path / "served"
    served.mkdir()
    index = Index(served)
    yield index
    index.close()
