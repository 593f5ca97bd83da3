"""Colours of code: close while it grows, Pygments' own when it is done."""

from __future__ import annotations

import pytest
from pygments.lexers import get_lexer_by_name

from desktop_llm.gui.messages.fences import code_lines
from desktop_llm.gui.messages.lexing import GrowingCode, Spans, whole

PYTHON = (
    '''import os


class Reader:
    """A docstring
    of several
    lines."""

    def read(self, path: str = "x") -> int:
        # a comment
        return len(open(path).read()) + 0x1F


'''
    * 12
)

GO = (
    "package main\n\n"
    + "/* a comment\n   of two lines */\nfunc f(a int) string {\n\treturn `x`\n}\n" * 15
)


def _grown(language: str, code: str, step: int) -> list[Spans]:
    growing = GrowingCode(get_lexer_by_name(language))
    known: list[Spans] = []
    for end in range(step, len(code) + step, step):
        lines = code_lines(code[:end], 0, language)
        row, spans = growing.update(lines)
        known[row:] = spans
    return known


@pytest.mark.parametrize("step", [7, 40, 333])
@pytest.mark.parametrize(("language", "code"), [("python", PYTHON), ("go", GO)])
def test_that_growing_code_ends_up_coloured_as_a_whole(language: str, code: str, step: int) -> None:
    code = code.rstrip("\n")
    assert _grown(language, code, step) == list(whole(get_lexer_by_name(language), code))


@pytest.mark.parametrize("language", ["json", "yaml", "html", "console", "diff", "markdown", "php"])
def test_that_every_kind_of_lexer_can_grow(language: str) -> None:
    code = '{"a": [1, true]}\n- b: <p>x</p>\n+ $ ls # **c**\n' * 40
    spans = _grown(language, code, 50)
    assert len(spans) == code.count("\n") + 1


def test_that_only_the_last_lines_are_looked_at_again() -> None:
    growing = GrowingCode(get_lexer_by_name("python"))
    code = PYTHON * 20
    for count in range(0, len(code), 500):
        lines = code_lines(code[:count], 0, "python")
        row, spans = growing.update(lines)
        assert len(spans) <= 15 + 500 // 10
        assert row + len(spans) == len(lines)


def test_that_spans_are_of_one_line_and_do_not_overlap() -> None:
    for line, spans in zip(
        PYTHON.split("\n"), whole(get_lexer_by_name("python"), PYTHON), strict=True
    ):
        end = 0
        for start, length, name in spans:
            assert start >= end
            assert length > 0
            assert name
            end = start + length
        assert end <= len(line)


def test_that_words_have_the_colour_of_what_they_are() -> None:
    line = 'def f(x): return "s"  # c'
    (spans,) = whole(get_lexer_by_name("python"), line)
    named = {line[start : start + length]: name for start, length, name in spans}
    assert named["def"] == "keyword"
    assert named["f"] == "function"
    assert named['"s"'] == "string"
    assert named["# c"] == "comment"


@pytest.mark.parametrize("language", ["json", "python"])
@pytest.mark.parametrize("step", [100, 30_000])
def test_that_no_more_is_looked_at_again_than_a_frame_has_time_for(
    language: str, step: int
) -> None:
    growing = GrowingCode(get_lexer_by_name(language))
    wide = '{"name": "value", "list": [' + '"an item", ' * 170 + "0]}"
    code = "\n".join([wide] * 60)
    for end in range(step, len(code), step):
        lines = code_lines(code[:end], 0, language)
        row, spans = growing.update(lines)
        assert row + len(spans) == len(lines)
        assert sum(len(line.text) + 1 for line in lines[row:]) <= 4_000


def test_that_wide_code_is_coloured_where_it_is_written() -> None:
    lines = ['    {"name": "' + "value " * 310 + '"},'] * 40
    spans = _grown("json", "\n".join(lines), 100)
    assert all("string" in {name for _, _, name in line} for line in spans)
