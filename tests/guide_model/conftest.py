"""Puts the training package, which lives beside its data, where tests can import it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODEL_DIR = ROOT / "resources" / "guide-model"
sys.path.insert(0, str(MODEL_DIR / "training"))


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """Folder of the shipped guide model."""
    return MODEL_DIR
