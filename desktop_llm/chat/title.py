"""A conversation's title, taken from its first question."""

from __future__ import annotations

LONGEST = 60


def title_of(question: str) -> str:
    """The question on one line, at most 60 characters, cut at a word with an ellipsis."""
    line = " ".join(question.split())
    if len(line) <= LONGEST:
        return line
    cut = line[:LONGEST]
    head, space, _ = cut.rpartition(" ")
    return f"{head if space else cut[:-1]}…"
