"""Very long paragraphs, cut where a reader minds least, so that no frame ever lays out more."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

LIMIT = 2500
"""Characters of a paragraph from which on it is cut."""
_MARGIN = 500
_DEFINITION = re.compile(r"\[[^\]]+\]:")
_SENTENCE = re.compile(r"[.!?…。！？][\"'”’)]*(?=\s)")


@dataclass(frozen=True, slots=True)
class Cut:
    """`text` is the piece, `end` where the next one begins, `glue` the white space between."""

    text: str
    end: int
    glue: str


def cuts(source: str, stable: int, limit: int = LIMIT) -> Iterator[Cut]:
    """Cut while more than `limit` of the first `stable` characters are left.

    Where a cut falls depends only on the `limit` characters before it, so an answer that grows is
    cut as one that is whole.
    """
    begin = 0
    while stable - begin > limit:
        window = source[begin : begin + limit]
        length, glue = _place(window)
        end = begin + length + len(glue)
        yield Cut(window[:length], end, glue)
        begin = end


def stable_length(source: str, closed: bool) -> int:
    """How much of a paragraph cannot turn into something else any more.

    While it is open, it may turn out to be a link's definition, its last finished line may become
    a table's header, and the line being written may begin another block, unless it is too long.
    """
    source = source.rstrip()
    if closed:
        return len(source)
    if _DEFINITION.match(source):
        return 0
    last = source.rfind("\n")
    if len(source) - last > _MARGIN:
        return len(source) - _MARGIN
    return max(0, source.rfind("\n", 0, max(last, 0)))


def _place(window: str) -> tuple[int, str]:
    half = len(window) // 2
    ends = [i for i, char in enumerate(window) if char == "\n" and i > half]
    ends = ends or [match.end() for match in _SENTENCE.finditer(window, half)]
    ends = ends or [i for i, char in enumerate(window) if char == " " and i > half]
    if not ends:
        return len(window), ""
    best = next((end for end in reversed(ends) if _balanced(window[:end])), ends[-1])
    return best, window[best]


def _balanced(text: str) -> bool:
    """No emphasis, code or link seems open at the end of `text`."""
    return (
        text.count("`") % 2 == 0
        and text.count("**") % 2 == 0
        and text.rfind("[") <= max(text.rfind("]"), text.rfind(")"))
    )
