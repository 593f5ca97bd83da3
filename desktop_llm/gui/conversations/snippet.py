"""The text around what a search found, with its marks read."""

from __future__ import annotations

from desktop_llm.chat.types import MATCH_BEGIN, MATCH_END

Ranges = list[tuple[int, int]]
"""Start and length of each matched word, in characters."""


def unmark(marked: str) -> tuple[str, Ranges]:
    """A snippet's text on one line, and where its matched words are."""
    text: list[str] = []
    ranges: Ranges = []
    start = 0
    for character in " ".join(marked.split()):
        if character == MATCH_BEGIN:
            start = len(text)
        elif character == MATCH_END:
            ranges.append((start, len(text) - start))
        else:
            text.append(character)
    return "".join(text), ranges


def around_match(text: str, ranges: Ranges, before: int = 14) -> tuple[str, Ranges]:
    """Cut what comes long before the first match, so that the match is in sight."""
    cut = (ranges[0][0] if ranges else 0) - before
    if cut <= before:
        return text, ranges
    shift = 1 - cut
    return f"…{text[cut:]}", [(start + shift, length) for start, length in ranges]


def matched_words(marked: str) -> list[str]:
    """The words of a snippet that matched, each once, as they are written there."""
    text, ranges = unmark(marked)
    return list(dict.fromkeys(text[start : start + length] for start, length in ranges))


def in_utf16(text: str, ranges: Ranges) -> Ranges:
    """The same ranges counted as Qt does, where 😀 is two."""
    if text.isascii():
        return ranges
    return [
        (_units(text[:start]), _units(text[start : start + length])) for start, length in ranges
    ]


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2
