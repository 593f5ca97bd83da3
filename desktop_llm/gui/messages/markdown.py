"""Markdown as units: the innermost blocks, each with its lines of source and what is around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token

from desktop_llm.gui.messages.fences import code_lines, language_of
from desktop_llm.gui.messages.formulas import add_formulas
from desktop_llm.gui.messages.inline import runs_of
from desktop_llm.gui.messages.model import (
    LINE_BREAK,
    TOP,
    Block,
    Kind,
    Line,
    Place,
    Row,
    Run,
    Runs,
    Style,
)

References = dict[str, Any]
_TASK = re.compile(r"\[([ xX])\]\s+")
_BULLETS = "•◦▪"


@dataclass(frozen=True, slots=True)
class Container:
    """A quote or a list's item around a unit. `start` is the line it begins on.

    Of an item, `before` is the line on which the item before it in its list begins (-1: it is the
    first), and `number` its own in an ordered list.
    """

    item: bool
    start: int
    before: int = -1
    number: int = 0


@dataclass(frozen=True, slots=True)
class Unit:
    """A block that holds no other block: the least that can be closed.

    `start` and `end` are lines of the source parsed, `begin` is where it or the outermost container
    that begins with it does. `kind` is the token's name without ``_open``, `path` the containers
    from the outermost in, `code` the text of a fenced block.
    """

    kind: str
    start: int
    end: int
    begin: int
    blocks: tuple[Block, ...]
    path: tuple[Container, ...] = ()
    markup: str = ""
    code: str = ""
    definitions: tuple[dict[str, Any], ...] = ()


Path = tuple[Container, ...]


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Raw HTML stays text; bare addresses stay text; definitions show up as tokens.
    markdown = MarkdownIt("commonmark", {"html": False, "inline_definitions": True})
    markdown.enable(["table", "strikethrough"])
    add_formulas(markdown)
    return markdown


def parse(
    source: str, references: References, first_code: int = 0, numbers: Sequence[int] = ()
) -> list[Unit]:
    """The units of `source`. `first_code` numbers its first code block, `numbers` the first items
    of the lists, one inside the other, that `source` begins with."""
    tokens = _parser().parse(source, {"references": dict(references)})
    return _Builder(first_code, numbers).units(tokens, (), TOP)


def parse_inline(source: str, references: References) -> Runs:
    """The runs of one paragraph's text."""
    tokens = _parser().parseInline(source, {"references": dict(references)})
    return runs_of(tokens[0].children or [])


def _closing(tokens: Sequence[Token], opening: int) -> int:
    level = tokens[opening].level
    return next(
        i
        for i in range(opening + 1, len(tokens))
        if tokens[i].level == level and tokens[i].nesting < 0
    )


class _Builder:
    """Turns tokens into units, numbering code blocks as they come."""

    def __init__(self, first_code: int, numbers: Sequence[int]) -> None:
        self._code = first_code
        self._numbers = list(numbers)

    def units(self, tokens: Sequence[Token], path: Path, place: Place) -> list[Unit]:
        found: list[Unit] = []
        position = 0
        while position < len(tokens):
            token = tokens[position]
            end = _closing(tokens, position) if token.nesting > 0 else position
            found += self._unit(tokens[position : end + 1], path, place)
            position = end + 1
        return found

    def _unit(self, tokens: Sequence[Token], path: Path, place: Place) -> list[Unit]:
        head = tokens[0]
        start, end = head.map or (0, 0)
        if head.type in ("bullet_list_open", "ordered_list_open"):
            return self._list(tokens, path, place)
        if head.type == "blockquote_open":
            inside = (*path, Container(False, start))
            found = self.units(tokens[1:-1], inside, place.in_quote())
            empty = Unit("blockquote", start, end, start, (), inside)
            return _begun([*found] or [empty], start)
        kind = head.type.removesuffix("_open")
        definitions = (dict(head.meta),) if kind == "definition" else ()
        blocks = tuple(self._blocks(tokens, place))
        code = head.content if kind == "fence" else ""
        return [Unit(kind, start, end, start, blocks, path, head.markup, code, definitions)]

    def _list(self, tokens: Sequence[Token], path: Path, place: Place) -> list[Unit]:
        ordered = tokens[0].type == "ordered_list_open"
        number = int(tokens[0].attrs.get("start", 1)) if ordered else 0
        if self._numbers:
            number = self._numbers.pop(0)
        bullet = _BULLETS[min(place.indent, len(_BULLETS) - 1)]
        found: list[Unit] = []
        before = -1
        for item, (opening, closing) in enumerate(_children(tokens, 0)):
            start, end = tokens[opening].map or (0, 0)
            own = number + item if ordered else 0
            inside = (*path, Container(True, start, before, own))
            units = self.units(tokens[opening + 1 : closing], inside, place.in_item())
            units = units or [Unit("list_item", start, end, start, (), inside)]
            marker = f"{own}." if ordered else bullet
            units[0] = replace(units[0], blocks=marked(units[0].blocks, place.in_item(), marker))
            found += _begun(units, start)
            before = start
        return found

    def _blocks(self, tokens: Sequence[Token], place: Place) -> Iterator[Block]:
        head = tokens[0]
        match head.type:
            case "paragraph_open":
                runs = runs_of(tokens[1].children or [])
                yield Line(Kind.PARAGRAPH, runs, place=place)
            case "heading_open":
                runs = runs_of(tokens[1].children or [])
                level = int(head.tag[1:])
                yield Line(Kind.HEADING, runs, level=level, place=place)
            case "fence" | "code_block":
                content = head.content.removesuffix("\n")
                yield from code_lines(content, self._code, language_of(head.info), place)
                self._code += 1
            case "math_block":
                text = head.content.replace("\n", LINE_BREAK)
                runs = (Run(text, Style.CODE),) if text else ()
                yield Line(Kind.PARAGRAPH, runs, place=place)
            case "hr":
                yield Line(Kind.RULE, place=place)
            case "table_open":
                yield from _rows(tokens, place)


def _begun(units: list[Unit], line: int) -> list[Unit]:
    """`units` of which the first begins with the container around them, on `line`."""
    return [replace(units[0], begin=min(units[0].begin, line)), *units[1:]]


def marked(blocks: Sequence[Block], place: Place, marker: str) -> tuple[Block, ...]:
    """The blocks an item begins with, with its marker."""
    first = blocks[0] if blocks else None
    if not isinstance(first, Line) or not _takes_marker(first, place):
        # A code block, table or inner list cannot carry the marker: it gets a line of its own.
        return (Line(Kind.PARAGRAPH, place=place, marker=marker), *blocks)
    runs = first.runs
    if runs and (task := _TASK.match(runs[0].text)):
        marker = "☐" if task[1] == " " else "☑"
        rest = replace(runs[0], text=runs[0].text[task.end() :])
        runs = (rest, *runs[1:]) if rest.text else runs[1:]
    return (replace(first, runs=runs, marker=marker), *blocks[1:])


def _takes_marker(line: Line, place: Place) -> bool:
    here = line.place == place and not line.marker
    return here and line.kind in (Kind.PARAGRAPH, Kind.HEADING)


def _children(tokens: Sequence[Token], opening: int) -> Iterator[tuple[int, int]]:
    """Opening and closing positions of the tokens one level inside `opening`."""
    level = tokens[opening].level + 1
    begin = opening + 1
    for position in range(opening + 1, len(tokens)):
        if tokens[position].level == level and tokens[position].nesting < 0:
            yield begin, position
            begin = position + 1


def _rows(tokens: Sequence[Token], place: Place) -> Iterator[Row]:
    cells: list[Runs] = []
    align: list[str] = []
    header = True
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "th_open":
            style = str(token.attrs.get("style", ""))
            align.append(style.removeprefix("text-align:") or "left")
        elif token.type == "inline":
            cells.append(runs_of(token.children or []))
        elif token.type == "tr_close":
            yield Row(tuple(cells), tuple(align), place, header)
            header = False


def add_references(known: References, definitions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keep the definitions not known yet (the first of a label counts); returns their labels."""
    added = []
    for definition in definitions:
        label = str(definition["id"])
        if label not in known:
            known[label] = {"href": definition["url"], "title": definition["title"]}
            added.append(label)
    return added
