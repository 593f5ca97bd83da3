"""What a message looks like, without Qt: a flat list of lines and rows of tables."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import IntFlag, StrEnum

LINE_BREAK = "\u2028"
"""A line break inside a line of the model, as Qt spells it."""

_UNPRINTABLE = re.compile("[\0\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with one kind of line end, and without what no document can hold."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNPRINTABLE.sub("\ufffd", text)


def utf16_length(text: str) -> int:
    """How many positions `text` takes in a QTextDocument."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


class Style(IntFlag):
    """How a run of text is set."""

    PLAIN = 0
    BOLD = 1
    ITALIC = 2
    STRIKE = 4
    CODE = 8


class Kind(StrEnum):
    PARAGRAPH = "paragraph"
    PLAIN = "plain"
    HEADING = "heading"
    CODE = "code"
    RULE = "rule"


@dataclass(frozen=True, slots=True)
class Run:
    """Text in one style. `link` is where a click leads, or empty."""

    text: str
    style: Style = Style.PLAIN
    link: str = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a block stands in lists and quotes. `indent` counts the lists around it, `quotes`
    holds for each quote around it how many lists are around that."""

    indent: int = 0
    quotes: tuple[int, ...] = ()

    def in_item(self) -> Place:
        return Place(self.indent + 1, self.quotes)

    def in_quote(self) -> Place:
        return Place(self.indent, (*self.quotes, self.indent))


TOP = Place()


@dataclass(frozen=True, slots=True)
class Line:
    """One block of text: a paragraph, a heading, or one line of a code block.

    `PLAIN` is a line of text that is not Markdown. `level` is a heading's (1 to 6), `marker` the
    bullet or number that begins an item. Lines of one code block share `code`, its number in the
    message. `joined` continues the line before it.
    """

    kind: Kind
    runs: Runs = ()
    level: int = 0
    place: Place = TOP
    marker: str = ""
    code: int = -1
    language: str = ""
    joined: bool = False

    @property
    def text(self) -> str:
        return "".join(run.text for run in self.runs)

    @property
    def right_to_left(self) -> bool:
        """Whether its first letter is of a script that is written so; code never is."""
        if self.kind is Kind.CODE:
            return False
        letters = (letter for run in self.runs for letter in run.text)
        directions = map(unicodedata.bidirectional, letters)
        return next((d for d in directions if d in ("L", "R", "AL")), "L") != "L"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table; a `header` begins one. `align` holds left, center or right per column."""

    cells: tuple[Runs, ...]
    align: tuple[str, ...]
    place: Place = TOP
    header: bool = False

    def cell(self, column: int) -> Runs:
        """The text of one cell; a row may have fewer than its table has columns."""
        return self.cells[column] if column < len(self.cells) else ()


Block = Line | Row
