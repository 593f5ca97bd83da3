"""Source of which the beginning was closed: kept so that the rest still means the same.

A list's item whose first blocks are closed is replaced by one with an empty heading, which nothing
that follows can continue; quotes need nothing, as each of their lines has its own mark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_llm.gui.messages.markdown import Container, Path, Unit

_QUOTE = re.compile(r" {0,3}> ?")
_INDENT = re.compile(r" *")
_ITEM = re.compile(r" *(?:[-+*]|\d{1,9}[.)])(?: {1,4}(?! )(?!$)| ?)")
_MARKER = re.compile(r"[^ >]")
_DELIMITERS = re.compile(r"\s*[|:-][|:\-\s]*")
_STAND_IN = "#"


@dataclass(frozen=True, slots=True)
class Source:
    """Text and its lines. `starts` holds where each begins; all but the last are finished."""

    text: str
    starts: list[int]

    @classmethod
    def of(cls, text: str) -> Source:
        starts = [0]
        while (end := text.find("\n", starts[-1])) >= 0:
            starts.append(end + 1)
        return cls(text, starts)

    @property
    def finished(self) -> int:
        """How many lines are finished."""
        return len(self.starts) - 1

    def offset(self, line: int) -> int:
        """Where `line` begins, or the end of the text."""
        return self.starts[line] if line < len(self.starts) else len(self.text)

    def line(self, line: int) -> str:
        """`line` without its end."""
        return self.text[self.offset(line) : self.offset(line + 1)].removesuffix("\n")

    def prefix(self, line: int, path: Path) -> str | None:
        """What stands on `line` for the containers of `path`; None where that is not clear."""
        text = self.line(line)
        position = 0
        for depth, container in enumerate(path):
            if container.item and container.start != line:
                width = self._width(container, path[:depth])
                spaces = _INDENT.match(text, position)
                position += min(width, len(spaces[0]) if spaces else 0)
                continue
            if (match := (_ITEM if container.item else _QUOTE).match(text, position)) is None:
                return None
            position = match.end()
        return None if "\t" in text[: position + 1] else text[:position]

    def _width(self, item: Container, around: Path) -> int:
        """How far what is in `item` is indented."""
        outside = self.prefix(item.start, around)
        inside = self.prefix(item.start, (*around, item))
        return len(inside or "") - len(outside or "")

    def stand_ins(self, path: Path, before: int) -> list[str] | None:
        """Lines that open the items of `path` that begin on lines before `before`."""
        lines = []
        for line in sorted({c.start for c in path if c.item and c.start < before}):
            last = max(i for i, c in enumerate(path) if c.item and c.start == line)
            prefix = self.prefix(line, path[: last + 1])
            if prefix is None:
                return None
            lines.append(prefix + ("" if prefix.endswith(" ") else " ") + _STAND_IN)
        return lines

    def blank_prefix(self, line: int, path: Path) -> str | None:
        """The prefix of `line`, as a line reads that goes on with the items it begins."""
        prefix = self.prefix(line, path)
        return None if prefix is None else _MARKER.sub(" ", prefix)

    def may_be_table(self, line: int) -> bool:
        """Whether `line` can still turn out to be a table's header: tables come before all else."""
        if not self.decided(line):
            return True
        return "|" in self.line(line) and bool(_DELIMITERS.fullmatch(self.line(line + 1)))

    def decided(self, line: int) -> bool:
        """Whether enough has come to tell a table's header on `line` from all else."""
        return "|" not in self.line(line) or line + 1 < self.finished

    def regular(self, unit: Unit) -> bool:
        """Whether each item around `unit` is indented as the one before it in its list: then it
        means the same when that one is gone."""
        for depth, container in enumerate(unit.path):
            if container.item and container.before >= 0:
                now, was = (
                    self._indent(line, unit.path[:depth])
                    for line in (container.start, container.before)
                )
                if now is None or now != was:
                    return False
        return True

    def _indent(self, line: int, path: Path) -> int | None:
        prefix = self.prefix(line, path)
        if prefix is None:
            return None
        match = _INDENT.match(self.line(line), len(prefix))
        return match.end() if match else None
