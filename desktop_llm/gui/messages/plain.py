"""What a person wrote, shown as written: line by line, with fenced code as code."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_llm.gui.messages.fences import WIDEST, open_fence
from desktop_llm.gui.messages.model import Kind, Line, Run, clean


def plain_lines(text: str) -> Iterator[Line]:
    """The lines of `text`; a generator, so that it can be spread over time. Markdown is not
    applied: nothing a person typed may disappear."""
    text = clean(text).strip("\n")
    codes = begin = 0
    while begin <= len(text):
        fence = open_fence(text[begin:], codes) if text.startswith(("```", "~~~"), begin) else None
        if fence is not None:
            lines, rest = fence.read(text[begin + fence.length :], finished=False)
            if fence.closed:
                yield from lines
                codes += 1
                begin = len(text) - len(rest)
                if not rest:
                    break
                continue
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        yield from _lines(text[begin:end])
        begin = end + 1


def _lines(text: str) -> list[Line]:
    pieces = [text[i : i + WIDEST] for i in range(0, len(text), WIDEST)] or [""]
    return [
        Line(Kind.PLAIN, (Run(piece),) if piece else (), joined=position > 0)
        for position, piece in enumerate(pieces)
    ]
