"""An open fenced code block, read line by line: code is never parsed twice."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_llm.gui.messages.model import TOP, Kind, Line, Place, Run, Style

_OPENING = re.compile(r"(`{3,}|~{3,})([^\n]*)\n")
WIDEST = 2000
"""A line of code longer than this is laid out in pieces."""


def is_closer(line: str, markup: str) -> bool:
    """Whether `line` ends a fenced block that `markup` began."""
    pattern = rf" {{0,3}}{re.escape(markup[0])}{{{len(markup)},}}[ \t]*"
    return re.fullmatch(pattern, line) is not None


def language_of(info: str) -> str:
    """The language a fence's info string names, in lower case."""
    words = info.split()
    return words[0].strip("{}.").lower() if words else ""


def code_lines(text: str, number: int, language: str, place: Place = TOP) -> list[Line]:
    """Lines of code as lines of the model; a very long one becomes several joined ones."""
    lines = []
    for line in text.split("\n"):
        for begin in range(0, max(1, len(line)), WIDEST):
            piece = line[begin : begin + WIDEST]
            runs = (Run(piece, Style.CODE),) if piece else ()
            lines.append(Line(Kind.CODE, runs, 0, place, "", number, language, joined=begin > 0))
    return lines


@dataclass(slots=True)
class Fence:
    """What is being read. `length` is that of its opening line, `lines` how many came out."""

    markup: str
    number: int
    language: str
    length: int
    lines: int = 0
    wide: int = 0
    closed: bool = False

    def read(self, text: str, finished: bool) -> tuple[list[Line], str]:
        """Finished lines of code in `text`, and the text that is left."""
        lines: list[Line] = []
        begin = 0
        while not self.closed:
            end = text.find("\n", begin)
            if end < 0:
                break
            self._take(text[begin:end], lines)
            begin = end + 1
        rest = text[begin:]
        if finished and not self.closed:
            if rest.strip(" \t") or self.wide:
                self._take(rest, lines)
            self.closed, rest = True, ""
        while not self.closed and len(rest) > WIDEST:
            lines += self._lines(rest[:WIDEST])
            self.wide += 1
            rest = rest[WIDEST:]
        if self.closed and not self.lines:
            lines += self._lines("")
        return lines, rest

    def partial(self, text: str) -> tuple[Line, ...]:
        """The line being written, unless it may be the closing fence."""
        if text and not re.fullmatch(rf" {{0,3}}{re.escape(self.markup[0])}*[ \t]*", text):
            return (self._line(text),)
        return () if self.lines else (self._line(""),)

    def _take(self, line: str, lines: list[Line]) -> None:
        if not self.wide and is_closer(line, self.markup):
            self.closed = True
        else:
            lines += self._lines(line)
        self.wide = 0

    def _lines(self, text: str) -> list[Line]:
        made = code_lines(text, self.number, self.language)
        if self.wide:
            made[0] = self._line(made[0].text)
        self.lines += len(made)
        return made

    def _line(self, text: str) -> Line:
        runs = (Run(text, Style.CODE),) if text else ()
        return Line(Kind.CODE, runs, code=self.number, language=self.language, joined=self.wide > 0)


def open_fence(source: str, number: int) -> Fence | None:
    """The fenced block `source` begins with, if its opening line is finished and at the margin."""
    match = _OPENING.match(source)
    if match is None:
        return None
    return Fence(match[1], number, language_of(match[2]), match.end())
