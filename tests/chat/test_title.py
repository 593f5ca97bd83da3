"""Titles from first questions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.chat.title import title_of


@pytest.mark.parametrize(
    ("question", "title"),
    [
        ("What is a KV cache?", "What is a KV cache?"),
        ("  two\n lines\t here ", "two lines here"),
        ("a" * 70, "a" * 59 + "…"),
        ("word " * 12 + "x", "word " * 11 + "word…"),
        ("word " * 11 + "wordy", "word " * 11 + "wordy"),
        ("word " * 11 + "wordily", "word " * 10 + "word…"),
    ],
)
def test_that_a_title_is_one_line_cut_at_a_word(question: str, title: str) -> None:
    assert title_of(question) == title


@given(question=st.text(max_size=200))
def test_that_a_title_is_short(question: str) -> None:
    title = title_of(question)
    assert len(title) <= 60
    assert title.split("\n") == [title]
