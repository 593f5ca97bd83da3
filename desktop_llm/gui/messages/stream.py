"""Markdown that grows: what is closed is parsed once, only the open end is parsed again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.common.utils import normalizeReference

from desktop_llm.gui.messages.fences import Fence, is_closer, open_fence
from desktop_llm.gui.messages.markdown import (
    References,
    Unit,
    add_references,
    parse,
    parse_inline,
)
from desktop_llm.gui.messages.model import Block, Kind, Line, Run, Runs, Table, clean
from desktop_llm.gui.messages.paragraphs import cuts, stable_length
from desktop_llm.gui.messages.tentative import tentative

_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\]")
_UNDERLINED = (("heading", "="), ("heading", "-"))
_DELIMITERS = re.compile(r"\s*[|:-][|:\-\s]*")
_GLUED = "x"
"""Stands before the rest of a cut paragraph, so that it is read as the rest and no beginning."""


@dataclass(frozen=True, slots=True)
class Update:
    """Blocks that will not change any more, and those at the end that still may."""

    closed: tuple[Block, ...]
    open: tuple[Block, ...]


class MarkdownStream:
    """Feed text, ask for the update. Where the text was cut makes no difference to the result.

    A block is closed when a later one has begun on a finished line: in CommonMark no later line
    reopens it. Lists close item by item, fenced code line by line, very long paragraphs piece by
    piece. The one exception is a reference used before it is defined: `stale` says that a label
    was defined after text naming it had been closed; rendering from the start with `references`
    sets that right.
    """

    def __init__(self, references: References | None = None) -> None:
        self.references: References = dict(references or {})
        self.stale = False
        self._labels: set[str] = set()
        self._tail = ""
        self._carriage = False
        self._finished = False
        self._codes = 0
        self._number = 0
        self._fence: Fence | None = None
        self._glue: str | None = None

    def feed(self, text: str) -> None:
        """Append `text`; nothing is parsed."""
        if self._carriage:
            text = "\r" + text
        self._carriage = text.endswith("\r")
        if self._carriage:
            text = text[:-1]
        self._tail += clean(text)

    def finish(self) -> Update:
        """There is no more text: everything is closed."""
        self._finished = True
        if self._carriage:
            self._carriage = False
            self._tail += "\n"
        return self.update()

    def update(self) -> Update:
        """What came of the text fed since the last update."""
        closed: list[Block] = []
        while True:
            if self._fence is not None:
                lines, self._tail = self._fence.read(self._tail, self._finished)
                closed += lines
                if not self._fence.closed:
                    return Update(tuple(closed), self._fence.partial(self._tail))
                self._fence = None
                self._codes += 1
            opened = self._close(_Parsed.of(self._source(), self._units()), closed)
            if opened is not None:
                return Update(tuple(closed), opened)

    def _source(self) -> str:
        return self._tail if self._glue is None else _GLUED + self._glue + self._tail

    def _units(self) -> list[Unit]:
        source = self._source()
        shown = source if self._finished else tentative(source)
        units = parse(shown, self.references, self._codes, self._number)
        if units and self._glue is not None:
            first = units[0]
            units[0] = replace(first, blocks=_unglued(first.blocks, len(_GLUED + self._glue)))
        return units

    def _close(self, parsed: _Parsed, closed: list[Block]) -> tuple[Block, ...] | None:
        """Move what is final to `closed`. Returns the blocks left open, or None: look again."""
        final = parsed.final(self._finished)
        for position in range(min(final + 1, len(parsed.units))):
            if self._cut(parsed, position, position < final, closed):
                return None
        self._commit(parsed, final, closed)
        rest = parsed.units[final:]
        if len(rest) == 1 and rest[0].kind == "fence":
            self._fence = open_fence(self._tail, self._codes)
            if self._fence is not None:
                self._tail = self._tail[self._fence.length :]
                return None
        return tuple(block for unit in rest for block in unit.blocks)

    def _cut(self, parsed: _Parsed, position: int, final: bool, closed: list[Block]) -> bool:
        """Close the beginning of a very long paragraph and all before it."""
        unit = parsed.units[position]
        if unit.kind != "paragraph" and (unit.kind, unit.markup[:1]) not in _UNDERLINED:
            return False
        begin = parsed.offset(position)
        if position == 0 and self._glue is not None:
            begin = len(_GLUED + self._glue)
        text = parsed.source[begin : parsed.end(position)]
        found = list(cuts(text, stable_length(text, final)))
        if not found:
            return False
        joined = position == 0 and self._glue is not None
        if position > 0:
            self._commit(parsed, position, closed)
        for cut in found:
            runs = parse_inline(cut.text.strip(), self.references)
            closed.append(Line(Kind.PARAGRAPH, runs, joined=joined))
            joined = True
        self._note(text)
        self._tail, self._glue, self._number = parsed.source[begin + cut.end :], cut.glue, 0
        return True

    def _commit(self, parsed: _Parsed, count: int, closed: list[Block]) -> None:
        """Take the first `count` units as final, and their text off the tail."""
        if count == 0:
            if parsed.units and self._glue is None:
                self._tail = parsed.source[parsed.offset(0) :]
            return
        units = parsed.units[:count]
        blocks = [block for unit in units for block in unit.blocks]
        closed += blocks
        codes = {block.code for block in blocks if isinstance(block, Line)}
        self._codes += len(codes - {-1})
        for unit in units:
            if set(add_references(self.references, unit.definitions)) & self._labels:
                self.stale = True
        end = parsed.end(count - 1) if count == len(parsed.units) else parsed.offset(count)
        self._note(parsed.source[:end])
        self._tail, self._glue = parsed.source[end:], None
        following = parsed.units[count] if count < len(parsed.units) else None
        self._number = following.number if following is not None and following.item else 0

    def _note(self, source: str) -> None:
        """Remember what closed text names in brackets."""
        if "[" in source:
            self._labels.update(normalizeReference(label) for label in _LABEL.findall(source))


@dataclass(frozen=True, slots=True)
class _Parsed:
    """Units with the source they came from. `starts` holds where each line begins."""

    source: str
    units: list[Unit]
    starts: list[int]

    @classmethod
    def of(cls, source: str, units: list[Unit]) -> _Parsed:
        starts = [0]
        while (end := source.find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        return cls(source, units, starts)

    def offset(self, position: int) -> int:
        return self.starts[self.units[position].start]

    def end(self, position: int) -> int:
        line = self.units[position].end
        return self.starts[line] if line < len(self.starts) else len(self.source)

    def final(self, finished: bool) -> int:
        """How many units no further text can change."""
        if finished or (self.units and self._ends_itself(self.units[-1])):
            return len(self.units)
        for position in range(len(self.units) - 1, 0, -1):
            if self._begins(position):
                return position
        return 0

    def _ends_itself(self, unit: Unit) -> bool:
        if unit.end >= len(self.starts) or self._may_be_table(unit.start):
            return False
        if unit.kind == "fence":
            last = self._line(unit.end - 1).removesuffix("\n")
            return unit.end - unit.start > 1 and is_closer(last, unit.markup)
        return unit.kind == "hr" or (unit.kind == "heading" and unit.markup.startswith("#"))

    def _begins(self, position: int) -> bool:
        """Whether this unit stays where it begins: its first line (a table's first two) is
        finished, and it cannot turn out to be the title of a definition right above it."""
        unit, before = self.units[position], self.units[position - 1]
        if unit.start + (2 if unit.kind == "table" else 1) >= len(self.starts):
            return False
        if before.kind == "definition" and before.end == unit.start:
            return False
        if not unit.item:
            return True
        # An item read on its own must mean what it means in its list.
        same_indent = self._indent(position) == self._indent(position - unit.item) < 4
        return same_indent and not self._may_be_table(unit.start)

    def _may_be_table(self, line: int) -> bool:
        """Whether `line` can still turn out to be a table's header: tables come before all else."""
        if "|" not in self._line(line):
            return False
        return line + 2 >= len(self.starts) or bool(_DELIMITERS.fullmatch(self._line(line + 1)))

    def _line(self, line: int) -> str:
        end = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.source)
        return self.source[self.starts[line] : end]

    def _indent(self, position: int) -> int:
        begin = self.offset(position)
        return len(self.source[begin : begin + 4]) - len(self.source[begin : begin + 4].lstrip(" "))


def _unglued(blocks: Sequence[Block], length: int) -> tuple[Block, ...]:
    """Take the stand-in off the first words again."""
    first = blocks[0] if blocks else None
    if isinstance(first, Table):
        head = (_without(first.rows[0][0], length), *first.rows[0][1:])
        return (replace(first, rows=(head, *first.rows[1:])), *blocks[1:])
    if isinstance(first, Line):
        runs = _without(first.runs, length)
        return (replace(first, runs=runs, joined=True), *blocks[1:]) if runs else tuple(blocks[1:])
    return tuple(blocks)


def _without(runs: Runs, length: int) -> Runs:
    if not runs:
        return runs
    rest = Run(runs[0].text[length:], runs[0].style, runs[0].link)
    return (rest, *runs[1:]) if rest.text else runs[1:]
