"""Markdown as units: top-level blocks and list items, each with its lines of source."""

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
    Run,
    Runs,
    Style,
    Table,
)

References = dict[str, Any]
_TASK = re.compile(r"\[([ xX])\]\s+")
_BULLETS = "•◦▪"


@dataclass(frozen=True, slots=True)
class Unit:
    """A top-level block, or one item of a top-level list: the least that can be closed.

    `start` and `end` are lines of the source parsed, `kind` is the token's name without ``_open``,
    `item` counts the items before it in its list, `number` is its own in an ordered list (else 0).
    """

    kind: str
    start: int
    end: int
    blocks: tuple[Block, ...]
    markup: str = ""
    item: int = 0
    number: int = 0
    definitions: tuple[dict[str, Any], ...] = ()


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Raw HTML stays text; bare addresses stay text; definitions show up as tokens.
    markdown = MarkdownIt("commonmark", {"html": False, "inline_definitions": True})
    markdown.enable(["table", "strikethrough"])
    add_formulas(markdown)
    return markdown


def parse(
    source: str, references: References, first_code: int = 0, first_number: int = 0
) -> list[Unit]:
    """The units of `source`. `first_code` numbers its first code block; `first_number`, if not 0,
    that of its first item when it goes on with an ordered list."""
    tokens = _parser().parse(source, {"references": dict(references)})
    builder = _Builder(first_code)
    units: list[Unit] = []
    for position, group in enumerate(_top_level(tokens)):
        units.extend(builder.units(group, first_number if position == 0 else 0))
    return units


def parse_inline(source: str, references: References) -> Runs:
    """The runs of one paragraph's text."""
    tokens = _parser().parseInline(source, {"references": dict(references)})
    return runs_of(tokens[0].children or [])


def _top_level(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """Split at every return to level 0."""
    begin = 0
    for position, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[begin : position + 1]
            begin = position + 1


def _closing(tokens: Sequence[Token], opening: int) -> int:
    level = tokens[opening].level
    return next(
        i
        for i in range(opening + 1, len(tokens))
        if tokens[i].level == level and tokens[i].nesting < 0
    )


class _Builder:
    """Turns tokens into blocks, numbering code blocks as they come."""

    def __init__(self, first_code: int) -> None:
        self._code = first_code

    def units(self, tokens: Sequence[Token], first_number: int) -> Iterator[Unit]:
        head = tokens[0]
        if head.type not in ("bullet_list_open", "ordered_list_open"):
            kind = head.type.removesuffix("_open")
            start, end = head.map or (0, 0)
            blocks = tuple(self._blocks(tokens, TOP))
            yield Unit(
                kind, start, end, blocks, head.markup, definitions=tuple(_definitions(tokens))
            )
            return
        number = first_number or int(head.attrs.get("start", 1))
        for item, (opening, closing) in enumerate(_children(tokens, 0)):
            start, end = tokens[opening].map or (0, 0)
            ordered = head.type == "ordered_list_open"
            marker = f"{number + item}." if ordered else _BULLETS[0]
            inner = tokens[opening : closing + 1]
            yield Unit(
                "list_item",
                start,
                end,
                tuple(self._item(inner[1:-1], TOP.in_item(), marker)),
                head.markup,
                item,
                number + item if ordered else 0,
                tuple(_definitions(inner)),
            )

    def _blocks(self, tokens: Sequence[Token], place: Place) -> Iterator[Block]:
        position = 0
        while position < len(tokens):
            token = tokens[position]
            end = _closing(tokens, position) if token.nesting > 0 else position
            yield from self._block(tokens[position : end + 1], place)
            position = end + 1

    def _block(self, tokens: Sequence[Token], place: Place) -> Iterator[Block]:
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
            case "blockquote_open":
                yield from self._blocks(tokens[1:-1], place.in_quote())
            case "bullet_list_open" | "ordered_list_open":
                yield from self._list(tokens, place)
            case "table_open":
                yield _table(tokens, place)

    def _list(self, tokens: Sequence[Token], place: Place) -> Iterator[Block]:
        ordered = tokens[0].type == "ordered_list_open"
        number = int(tokens[0].attrs.get("start", 1))
        for item, (opening, closing) in enumerate(_children(tokens, 0)):
            bullet = _BULLETS[min(place.indent, len(_BULLETS) - 1)]
            marker = f"{number + item}." if ordered else bullet
            yield from self._item(tokens[opening + 1 : closing], place.in_item(), marker)

    def _item(self, tokens: Sequence[Token], place: Place, marker: str) -> Iterator[Block]:
        blocks = list(self._blocks(tokens, place))
        first = blocks[0] if blocks else None
        if not isinstance(first, Line) or not _takes_marker(first, place):
            # A code block, table or inner list cannot carry the marker: it gets a line of its own.
            yield Line(Kind.PARAGRAPH, place=place, marker=marker)
            yield from blocks
            return
        runs = first.runs
        if runs and (task := _TASK.match(runs[0].text)):
            marker = "☐" if task[1] == " " else "☑"
            rest = replace(runs[0], text=runs[0].text[task.end() :])
            runs = (rest, *runs[1:]) if rest.text else runs[1:]
        yield replace(first, runs=runs, marker=marker)
        yield from blocks[1:]


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


def _definitions(tokens: Sequence[Token]) -> Iterator[dict[str, Any]]:
    return (dict(token.meta) for token in tokens if token.type == "definition")


def _table(tokens: Sequence[Token], place: Place) -> Table:
    rows: list[tuple[Runs, ...]] = []
    cells: list[Runs] = []
    align: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            cells = []
        elif token.type == "th_open":
            style = str(token.attrs.get("style", ""))
            align.append(style.removeprefix("text-align:") or "left")
        elif token.type == "inline":
            cells.append(runs_of(token.children or []))
        elif token.type == "tr_close":
            rows.append(tuple(cells))
    return Table(tuple(rows), tuple(align), place)


def add_references(known: References, definitions: Sequence[Mapping[str, Any]]) -> list[str]:
    """Keep the definitions not known yet (the first of a label counts); returns their labels."""
    added = []
    for definition in definitions:
        label = str(definition["id"])
        if label not in known:
            known[label] = {"href": definition["url"], "title": definition["title"]}
            added.append(label)
    return added
