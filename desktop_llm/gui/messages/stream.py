"""Markdown that grows: what is closed is parsed once, only the open end is parsed again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

from markdown_it.common.utils import normalizeReference

from desktop_llm.gui.messages.fences import Fence, code_lines, is_closer, open_fence
from desktop_llm.gui.messages.markdown import (
    Path,
    References,
    Unit,
    add_references,
    marked,
    parse,
    parse_inline,
)
from desktop_llm.gui.messages.model import Block, Kind, Line, Row, Run, Runs, clean
from desktop_llm.gui.messages.paragraphs import Cut, cuts, stable_length
from desktop_llm.gui.messages.source import Source
from desktop_llm.gui.messages.tentative import tentative

_LABEL = re.compile(r"\[((?:[^\[\]\\]|\\.)+)\]")
_GLUED = "x"
"""Stands before the rest of a cut paragraph, so that it is read as the rest and no beginning."""


@dataclass(frozen=True, slots=True)
class Update:
    """Blocks that will not change any more, and those at the end that still may."""

    closed: tuple[Block, ...]
    open: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the tail begins with for the sake of the rest.

    `stand_ins` units stand for what was closed of the items around the rest, and `numbers` are
    those items' own. The first unit after them goes on with a closed one if `part` names its kind;
    of a paragraph, its first `glued` characters are not its own.
    """

    stand_ins: int = 0
    numbers: tuple[int, ...] = ()
    part: str = ""
    glued: int = 0


class MarkdownStream:
    """Feed text, ask for the update. Where the text was cut makes no difference to the result.

    A block is closed when a later one has begun on a finished line: in CommonMark no later line
    reopens it. Lists and quotes close block by block, fenced code line by line, tables row by row,
    very long paragraphs piece by piece. The one exception is a reference used before it is
    defined: `stale` says that a label was defined after text naming it had been closed; rendering
    from the start with `references` sets that right.
    """

    def __init__(self, references: References | None = None) -> None:
        self.references: References = dict(references or {})
        self.stale = False
        self._labels: set[str] = set()
        self._tail = ""
        self._kept = _Kept()
        self._carriage = False
        self._finished = False
        self._codes = 0
        self._fence: Fence | None = None

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
            opened = self._close(Source.of(self._tail), self._units(self._tail), closed)
            if opened is not None:
                return Update(tuple(closed), opened)

    def _units(self, shown: str) -> list[Unit]:
        kept = self._kept
        if not self._finished:
            shown = tentative(shown, code=kept.part == "fence")
        units = parse(shown, self.references, self._codes, kept.numbers)[kept.stand_ins :]
        if units and kept.part:
            units[0] = _rest(units[0], kept)
        return units

    def _close(
        self, source: Source, units: Sequence[Unit], closed: list[Block]
    ) -> tuple[Block, ...] | None:
        """Move what is final to `closed`. Returns the blocks left open, or None: look again."""
        final = len(units) if self._finished else _final(source, units)
        if final and any(unit.definitions for unit in units[final:]):
            # What may yet turn out to be no definition must not make links in what is final.
            head = self._units(source.text[: source.offset(units[final].begin)])
            units = [*head, *units[final:]]
        for position in range(min(final + 1, len(units))):
            if cut := _Cut.of(source, units[position], position < final, self._glued(position)):
                if position:
                    self._commit(source, units[:position], units[position], closed)
                else:
                    self._shorten_paragraph(cut, units[0], closed)
                return None
        following = units[final] if final < len(units) else None
        if final:
            self._commit(source, units[:final], following, closed)
        if final + 1 == len(units) and following is not None:
            if following.kind == "fence" and not following.path:
                if not source.decided(following.start):
                    return following.blocks
                begin = source.offset(following.start)
                self._fence = open_fence(source.text[begin:], self._codes)
                if self._fence is not None:
                    self._tail = source.text[begin + self._fence.length :]
                    self._kept = _Kept()
                    return None
            elif following.kind in ("fence", "table"):
                # Where something was committed, the lines have new numbers: look again.
                return None if final else self._shorten(source, following, closed)
        return tuple(block for unit in units[final:] for block in unit.blocks)

    def _commit(
        self,
        source: Source,
        units: Sequence[Unit],
        following: Unit | None,
        closed: list[Block],
    ) -> None:
        """Take `units` as final, and their text off the tail; it begins with `following` then."""
        for unit in units:
            closed += unit.blocks
            self._codes += unit.kind in ("fence", "code_block")
            if set(add_references(self.references, unit.definitions)) & self._labels:
                self.stale = True
        if following is None:
            end = source.offset(units[-1].end)
            self._keep(source, end, [], _Kept())
        else:
            stand_ins = source.stand_ins(following.path, following.begin) or []
            kept = _Kept(len(stand_ins), _numbers(following.path))
            self._keep(source, source.offset(following.begin), stand_ins, kept)

    def _shorten(self, source: Source, unit: Unit, closed: list[Block]) -> tuple[Block, ...]:
        """Close the finished lines of open code, or the finished rows of a table."""
        prefix = source.blank_prefix(unit.start, unit.path)
        lines = source.stand_ins(unit.path, unit.start + 1)
        if prefix is None or lines is None:
            return unit.blocks
        stand_ins = len(lines)
        opening = source.line(unit.start)[len(prefix) :]
        lines.append(prefix + opening)
        if unit.kind == "fence":
            head, finished, done = unit.start + 1, unit.code.count("\n"), _code_done(unit)
            if "|" in opening:
                return unit.blocks  # it must never stand above a line that makes it a table
        else:
            head = unit.start + 2
            finished = min(unit.end, source.finished) - head
            done = len(unit.blocks) - (unit.end - head) + finished
            lines.append(source.line(unit.start + 1))
        if finished > 0:
            kept = _Kept(stand_ins, _numbers(unit.path), unit.kind)
            self._keep(source, source.offset(head + finished), lines, kept)
            closed += unit.blocks[:done]
            return unit.blocks[done:]
        return unit.blocks

    def _shorten_paragraph(self, cut: _Cut, unit: Unit, closed: list[Block]) -> None:
        """Close the beginning of a very long paragraph."""
        first = unit.blocks[0]
        joined = bool(self._kept.glued)
        for piece in cut.pieces:
            line = Line(
                Kind.PARAGRAPH,
                parse_inline(piece.text.strip(), self.references),
                place=first.place,
                joined=joined,
            )
            if not joined and isinstance(first, Line) and first.marker:
                line = cast(Line, marked((line,), first.place, first.marker)[0])
            closed.append(line)
            joined = True
        glue = _GLUED + cut.pieces[-1].glue
        kept = _Kept(len(cut.stand_ins), _numbers(unit.path), "paragraph", len(glue))
        self._keep(cut.source, cut.end, cut.stand_ins, kept, cut.prefix + glue)

    def _keep(
        self, source: Source, end: int, lines: Sequence[str], kept: _Kept, glue: str = ""
    ) -> None:
        """Go on with `lines` and what follows `end` in `source`, of which the rest is closed."""
        closed = source.text[:end]
        if "[" in closed:
            self._labels.update(normalizeReference(label) for label in _LABEL.findall(closed))
        self._tail = "".join(f"{line}\n" for line in lines) + glue + source.text[end:]
        self._kept = kept

    def _glued(self, position: int) -> int:
        return self._kept.glued if position == 0 else 0


@dataclass(frozen=True, slots=True)
class _Cut:
    """Where a very long paragraph is cut: the pieces that can be closed, the `end` of the last of
    them in the source, and how a line begins that goes on with the paragraph."""

    source: Source
    pieces: list[Cut]
    end: int
    stand_ins: list[str]
    prefix: str

    @classmethod
    def of(cls, source: Source, unit: Unit, final: bool, glued: int) -> _Cut | None:
        """None if `unit` is not so long, or no paragraph."""
        if not unit.blocks or not _is_text(unit):
            return None
        prefix = source.blank_prefix(unit.start, unit.path)
        stand_ins = source.stand_ins(unit.path, unit.start + 1)
        if prefix is None or stand_ins is None:
            return None
        lines = [source.line(unit.start)[len(prefix) :]]
        for number in range(unit.start + 1, min(unit.end, len(source.starts))):
            line = source.line(number)
            lines.append(line.lstrip(" \t>") if unit.path else line)
        text = "\n".join(lines)
        pieces = list(cuts(text[glued:], stable_length(text[glued:], final)))
        if not pieces:
            return None
        at = glued + pieces[-1].end
        number = text.count("\n", 0, at)
        left = len(lines[number]) - (at - (text.rfind("\n", 0, at) + 1))
        begin = source.offset(unit.start + number)
        whole = left == len(lines[number]) and number > 0
        end = begin if whole else begin + len(source.line(unit.start + number)) - left
        return cls(source, pieces, end, stand_ins, prefix)


def _is_text(unit: Unit) -> bool:
    """Whether it is a paragraph, or would be but for the line drawn under it."""
    return unit.kind == "paragraph" or (unit.kind == "heading" and unit.markup[:1] in "=-")


def _numbers(path: Path) -> tuple[int, ...]:
    return tuple(container.number for container in path if container.item)


def _code_done(unit: Unit) -> int:
    """How many of the unit's blocks hold finished lines of its code, or come before it."""
    before = sum(not isinstance(b, Line) or b.kind is not Kind.CODE for b in unit.blocks)
    done = unit.code[: unit.code.rfind("\n") + 1]
    return before + len(code_lines(done.removesuffix("\n"), 0, ""))


def _final(source: Source, units: Sequence[Unit]) -> int:
    """How many units no further text can change."""
    if units and _ends_itself(source, units[-1]):
        return len(units)
    for position in range(len(units) - 1, 0, -1):
        if _begins(source, units[position], units[position - 1]):
            return position
    return 0


def _ends_itself(source: Source, unit: Unit) -> bool:
    if unit.path or unit.end > source.finished or source.may_be_table(unit.start):
        return False
    if unit.kind == "fence":
        return unit.end - unit.start > 1 and is_closer(source.line(unit.end - 1), unit.markup)
    return unit.kind == "hr" or (unit.kind == "heading" and unit.markup.startswith("#"))


def _begins(source: Source, unit: Unit, before: Unit) -> bool:
    """Whether `unit` stays where it begins: its first line (a table's first two) is finished, and
    it cannot turn out to be the title of a definition right above it."""
    last = unit.start + 1 if unit.kind == "table" else unit.begin
    if last >= source.finished:
        return False
    if before.kind == "definition" and before.end == unit.begin:
        return False
    if not unit.path:
        return True
    # What stands in a list or quote must mean the same when all before it is gone.
    clear = source.prefix(unit.begin, unit.path) is not None
    if not clear or source.stand_ins(unit.path, unit.begin) is None or not source.regular(unit):
        return False
    inside = all(container.item and container.start < unit.begin for container in unit.path)
    return inside or not source.may_be_table(unit.begin)


def _rest(unit: Unit, kept: _Kept) -> Unit:
    """`unit`, which goes on with a closed one, without what is not its own."""
    match kept.part:
        case "fence":
            code = [b for b in unit.blocks if isinstance(b, Line) and b.kind is Kind.CODE]
            return replace(unit, blocks=tuple(code) if unit.code else ())
        case "table":
            rows = [b for b in unit.blocks if isinstance(b, Row) and not b.header]
            return replace(unit, blocks=tuple(rows))
        case _:
            return replace(unit, blocks=_unglued(unit.blocks, kept.glued))


def _unglued(blocks: Sequence[Block], length: int) -> tuple[Block, ...]:
    """Take the stand-in off the first words again."""
    first = blocks[0] if blocks else None
    if isinstance(first, Row):
        head = replace(first, cells=(_without(first.cells[0], length), *first.cells[1:]))
        return (head, *blocks[1:])
    if isinstance(first, Line):
        runs = _without(first.runs, length)
        return (replace(first, runs=runs, joined=True), *blocks[1:]) if runs else tuple(blocks[1:])
    return tuple(blocks)


def _without(runs: Runs, length: int) -> Runs:
    if not runs:
        return runs
    rest = Run(runs[0].text[length:], runs[0].style, runs[0].link)
    return (rest, *runs[1:]) if rest.text else runs[1:]
