"""The texts the app brings along: enough, varied, and measured on others than calibrated with."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest

from desktop_llm.config.paths import resources
from desktop_llm.quantize.calibration import CHARACTERS_PER_TOKEN, held_out
from desktop_llm.quantize.readers.shipped import read_shipped
from desktop_llm.quantize.types import QuantizeSettings

CALIBRATION = resources() / "calibration"
TRAINING = resources() / "guide-model" / "training" / "data"
WORDS = 9  # in a row: as many are not alike by chance


def sequences(texts: list[str]) -> set[tuple[str, ...]]:
    return {
        tuple(words[start : start + WORDS])
        for text in texts
        for words in [re.findall(r"\w+", text.lower())]
        for start in range(len(words) - WORDS + 1)
    }


@pytest.mark.parametrize("name", ["chat", "code"])
def test_that_a_set_fills_the_default_settings(name: str) -> None:
    texts = read_shipped(CALIBRATION / name)
    default = QuantizeSettings()
    needed = default.samples * default.sequence_length * CHARACTERS_PER_TOKEN
    assert sum(map(len, texts)) >= needed
    assert len(set(texts)) == len(texts) > 40
    assert all(len(text) > 80 for text in texts)


@pytest.mark.parametrize("name", ["chat", "code"])
def test_that_the_first_samples_are_a_mixture(name: str) -> None:
    """A job with few samples uses only the beginning."""
    origins = {
        text: path.name
        for path in (CALIBRATION / name).glob("*.txt")
        for text in read_shipped(path.parent)
        if text in path.read_text("utf-8")
    }
    beginning = [origins[text] for text in read_shipped(CALIBRATION / name)[:16]]
    assert set(beginning) == set(origins.values())
    assert any(one != other for one, other in pairwise(beginning))


def test_that_the_held_out_text_has_prose_and_code_and_is_of_the_promised_size() -> None:
    texts = held_out()
    assert 60_000 <= sum(len(text.encode()) for text in texts) <= 100_000
    assert any("KV cache" in text for text in texts)
    assert any("def " in text for text in texts)


def test_that_nothing_held_out_was_used_to_calibrate_or_to_train() -> None:
    held = sequences(held_out())
    used = [text for name in ("chat", "code") for text in read_shipped(CALIBRATION / name)]
    assert held.isdisjoint(sequences(used))
    assert held.isdisjoint(sequences([path.read_text("utf-8") for path in TRAINING.glob("*.txt")]))


@pytest.mark.parametrize("folder", [CALIBRATION, resources() / "held-out"])
def test_that_every_text_says_where_it_is_from_and_brings_its_licence(folder: Path) -> None:
    readme = (folder / "README.md").read_text("utf-8")
    texts = list(folder.rglob("*.txt"))
    assert texts
    for path in texts:
        assert f"`{path.relative_to(folder).as_posix()}`" in readme
    licences = re.findall(r"`(LICENSE-\w+)`", readme)
    assert licences
    for licence in licences:
        assert (folder / licence).stat().st_size > 1000


def test_that_a_heading_line_parts_texts_and_a_rule_of_equal_signs_does_not(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("=== one\nTitle\n=====\n\nbody\n\n=== two\n=== ===\nmore\n")
    assert sorted(read_shipped(tmp_path)) == ["=== ===\nmore", "Title\n=====\n\nbody"]
