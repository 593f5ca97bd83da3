"""Code to spans of colour, line by line, with Pygments. Without Qt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, TypeGuard

from pygments.lexer import ExtendedRegexLexer, Lexer, RegexLexer
from pygments.token import Token, _TokenType

from desktop_llm.gui.messages.model import Line

Spans = tuple[tuple[int, int, str], ...]
"""Start and length in characters, and a name of `SyntaxColors`."""

_LAG = 15
"""Lines at the end of growing code that later text may still colour differently."""
_LAG_WIDTH = 1_500
"""Characters of those lines at most, unless the last one alone is longer."""
_WINDOW = 80
_WINDOW_WIDTH = 2_500
"""Lines and characters of growing code from which on a lexer that cannot resume begins anew."""
_AT_ONCE = 4_000
"""Characters coloured in one update; what came above them waits until the code is finished."""

_NAMES: tuple[tuple[_TokenType, str], ...] = (
    (Token.Comment.Preproc, "decorator"),
    (Token.Comment, "comment"),
    (Token.Keyword.Type, "type"),
    (Token.Keyword.Constant, "builtin"),
    (Token.Keyword, "keyword"),
    (Token.Operator.Word, "keyword"),
    (Token.Literal.String.Doc, "comment"),
    (Token.Literal.String.Escape, "number"),
    (Token.Literal.String.Interpol, "number"),
    (Token.Literal.String, "string"),
    (Token.Literal.Number, "number"),
    (Token.Literal.Date, "number"),
    (Token.Name.Function, "function"),
    (Token.Name.Class, "type"),
    (Token.Name.Namespace, "type"),
    (Token.Name.Exception, "type"),
    (Token.Name.Builtin, "builtin"),
    (Token.Name.Constant, "builtin"),
    (Token.Name.Decorator, "decorator"),
    (Token.Name.Tag, "tag"),
    (Token.Name.Attribute, "attribute"),
    (Token.Name.Variable, "attribute"),
    (Token.Generic.Inserted, "inserted"),
    (Token.Generic.Deleted, "deleted"),
    (Token.Generic.Heading, "keyword"),
    (Token.Generic.Subheading, "keyword"),
    (Token.Generic.Prompt, "comment"),
)


@cache
def _name(kind: _TokenType) -> str:
    # A token type contains its own subtypes; the tuple it also is has another idea of `in`.
    return next((name for parent, name in _NAMES if parent.__contains__(kind)), "")


def spans_by_line(tokens: Iterable[tuple[int, _TokenType, str]]) -> Iterator[Spans]:
    """The spans of each finished line, then those of the last."""
    spans: list[tuple[int, int, str]] = []
    column = 0
    for _, kind, value in tokens:
        name = _name(kind)
        parts = value.split("\n")
        for position, part in enumerate(parts):
            if position:
                yield tuple(spans)
                spans, column = [], 0
            if part and name:
                _add(spans, column, len(part), name)
            column += len(part)
    yield tuple(spans)


def _add(spans: list[tuple[int, int, str]], start: int, length: int, name: str) -> None:
    if spans and spans[-1][2] == name and spans[-1][0] + spans[-1][1] == start:
        start, length = spans[-1][0], spans.pop()[1] + length
    spans.append((start, length, name))


def whole(lexer: Lexer, code: str) -> Iterator[Spans]:
    """The spans of each line of finished code; a generator, so that it can be spread over time."""
    return spans_by_line(lexer.get_tokens_unprocessed(code))


@dataclass(slots=True)
class GrowingCode:
    """Colours code that is still being written, by its last lines only.

    The lexer's stack is remembered some lines before the end and taken up again there. What it
    cannot know yet, a comment that closes far below, is set right by `whole` at the end.
    """

    lexer: Lexer
    line: int = 0
    stack: tuple[str, ...] = ("root",)
    _marks: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)

    def update(self, lines: Sequence[Line]) -> tuple[int, list[Spans]]:
        """Index of the first line looked at again, and the spans from there on."""
        if len(lines) <= self.line:
            self.line, self.stack = 0, ("root",)
        first = self.line = _within(_AT_ONCE, lines, self.line)
        text = "\n".join(line.text for line in lines[first:])
        spans = list(spans_by_line(self._tokens(text)))
        self._advance(lines)
        return first, spans

    def _tokens(self, text: str) -> Iterable[tuple[int, _TokenType, str]]:
        self._marks = []
        if not _resumable(self.lexer):
            return self.lexer.get_tokens_unprocessed(text)
        return _lex(self.lexer, text, self.stack, self._marks)

    def _advance(self, lines: Sequence[Line]) -> None:
        limit = max(len(lines) - _LAG, _within(_LAG_WIDTH, lines, self.line))
        for row, stack in reversed(self._marks):
            if self.line + row <= limit:
                self.line, self.stack = self.line + row, stack
                return
        many = len(lines) - self.line > _WINDOW
        if many or _within(_WINDOW_WIDTH, lines, self.line) > self.line:
            self.line = limit


def _within(width: int, lines: Sequence[Line], first: int) -> int:
    """The first of those last lines, from `first` on, that have `width` characters together; the
    last line in any case."""
    for index in range(len(lines) - 1, first - 1, -1):
        width -= len(lines[index].text) + 1
        if width < 0:
            return min(index + 1, len(lines) - 1)
    return first


def _resumable(lexer: Lexer) -> TypeGuard[RegexLexer]:
    return isinstance(lexer, RegexLexer) and not isinstance(lexer, ExtendedRegexLexer)


def _lex(
    lexer: RegexLexer, text: str, stack: Sequence[str], marks: list[tuple[int, tuple[str, ...]]]
) -> Iterator[tuple[int, _TokenType, str]]:
    """What `RegexLexer.get_tokens_unprocessed` does, noting the stack where tokens begin a line."""
    states: dict[str, Any] = vars(type(lexer))["_tokens"]
    current = list(stack)
    position = row = counted = 0
    while True:
        if position == 0 or (position <= len(text) and text[position - 1] == "\n"):
            row += text.count("\n", counted, position)
            counted = position
            if not marks or marks[-1][0] != row:
                marks.append((row, tuple(current)))
        for match_at, action, change in states[current[-1]]:
            if (match := match_at(text, position)) is None:
                continue
            if action is not None:
                if isinstance(action, _TokenType):
                    yield position, action, match.group()
                else:
                    yield from action(lexer, match)
            position = match.end()
            _change(current, change)
            break
        else:
            if position >= len(text):
                return
            if text[position] == "\n":
                current[:] = ["root"]
                yield position, Token.Text, "\n"
            else:
                yield position, Token.Error, text[position]
            position += 1


def _change(stack: list[str], change: Any) -> None:
    """Apply a rule's state transition; the last state is never popped."""
    if change is None:
        return
    if isinstance(change, int):
        del stack[max(1, len(stack) + change) :]
        return
    for state in (change,) if isinstance(change, str) else change:
        if state == "#pop":
            del stack[max(1, len(stack) - 1) :]
        elif state == "#push":
            stack.append(stack[-1])
        else:
            stack.append(state)
