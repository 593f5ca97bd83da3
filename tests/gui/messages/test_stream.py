"""Markdown that grows: the same in the end as all at once, and never parsed over again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given, settings

from desktop_llm.gui.messages import stream as stream_module
from desktop_llm.gui.messages.fences import WIDEST
from desktop_llm.gui.messages.markdown import parse
from desktop_llm.gui.messages.model import Block, Kind, Line, Row, Style, clean
from desktop_llm.gui.messages.paragraphs import LIMIT
from desktop_llm.gui.messages.stream import MarkdownStream
from tests.gui.messages.helpers import blocks_of, cut_markdown, pieces


@settings(max_examples=400)
@given(cut_markdown())
@example(("```a|b\n|---|:-:|\nx", [7]))
@example(("> ```a|b\n> |---|:-:|\n> x", [11]))
@example(("See [y].\n\n> q\n[y]: /z 'ti\n[y]: http://a.b 't\n", [35]))
@example(("See [y].\n> q\n>\n\n[y]: /z 'ti\n", [22]))
@example(("```a|b\nx\n|---|:-:|\n", [7, 10]))
def test_that_where_the_text_is_cut_makes_no_difference(case: tuple[str, list[int]]) -> None:
    text, cuts = case
    assert blocks_of(*pieces(text, cuts)) == blocks_of(text)


@settings(max_examples=400)
@given(cut_markdown())
def test_that_closing_blocks_early_does_not_change_what_they_are(
    case: tuple[str, list[int]],
) -> None:
    text, cuts = case
    stream = MarkdownStream()
    stream.feed(text)
    stream.finish()
    units = parse(clean(text), stream.references)
    assert blocks_of(*pieces(text, cuts)) == [block for unit in units for block in unit.blocks]


@settings(max_examples=150)
@given(cut_markdown())
def test_that_what_is_closed_stays_as_it_is(case: tuple[str, list[int]]) -> None:
    text, cuts = case
    stream = MarkdownStream()
    closed: list[Block] = []
    for part in pieces(text, cuts):
        stream.feed(part)
        closed += stream.update().closed
    closed += stream.finish().closed
    if not stream.stale:
        assert closed == blocks_of(text)


def test_that_a_list_closes_item_by_item_and_counts_on() -> None:
    stream = MarkdownStream()
    stream.feed("3. three\n3. four\n   more of four\n3. fi")
    update = stream.update()
    assert [(b.marker, b.text) for b in _lines(update.closed)] == [("3.", "three")]
    assert [(b.marker, b.text) for b in _lines(update.open)] == [
        ("4.", "four\u2028more of four"),
        ("5.", "fi"),
    ]
    stream.feed("ve\n3. six\n")
    assert [(b.marker, b.text) for b in _lines(stream.update().closed)] == [
        ("4.", "four\u2028more of four"),
        ("5.", "five"),
    ]
    assert [(b.marker, b.text) for b in _lines(stream.finish().closed)] == [("6.", "six")]


def test_that_open_code_closes_line_by_line() -> None:
    stream = MarkdownStream()
    stream.feed("```python\na = 1\n\nb =")
    update = stream.update()
    assert [line.text for line in _lines(update.closed)] == ["a = 1", ""]
    assert [line.text for line in _lines(update.open)] == ["b ="]
    assert {line.language for line in _lines((*update.closed, *update.open))} == {"python"}
    stream.feed(" 2\n``")
    assert [line.text for line in _lines(stream.update().closed)] == ["b = 2"]
    stream.feed("`\nafter")
    update = stream.update()
    assert update.closed == ()
    assert [(line.kind, line.text) for line in _lines(update.open)] == [(Kind.PARAGRAPH, "after")]


def test_that_code_blocks_are_numbered_in_order() -> None:
    text = "```\na\n```\n\n- x\n  ```\n  b\n  ```\n\n```\nc"
    numbers = [line.code for line in _lines(blocks_of(*text)) if line.kind is Kind.CODE]
    assert numbers == [0, 1, 2]


@pytest.mark.parametrize("ending", ["-", "--", "==", "1", "1.", "*", "#", "|", "|--", "``", "$$"])
def test_that_a_line_that_may_become_anything_is_held_back(ending: str) -> None:
    stream = MarkdownStream()
    stream.feed(f"Some words\n{ending}")
    assert [(b.kind, b.text) for b in _lines(stream.update().open)] == [
        (Kind.PARAGRAPH, "Some words")
    ]


@pytest.mark.parametrize(
    ("text", "shown", "style"),
    [
        ("so **bo", "bo", Style.BOLD),
        ("so `co", "co", Style.CODE),
        ("so ~~go", "go", Style.STRIKE),
    ],
)
def test_that_open_emphasis_is_shown_as_it_will_be(text: str, shown: str, style: Style) -> None:
    stream = MarkdownStream()
    stream.feed(text)
    (line,) = _lines(stream.update().open)
    assert (line.runs[-1].text, line.runs[-1].style) == (shown, style)
    assert "".join(run.text for run in _lines(stream.finish().closed)[0].runs) == text


def test_that_a_link_shows_its_text_before_its_address_is_there() -> None:
    stream = MarkdownStream()
    stream.feed("see [the docs](https://exam")
    assert _lines(stream.update().open)[0].text == "see the docs"
    stream.feed("ple.org)")
    assert _lines(stream.update().open)[0].runs[-1].link == "https://example.org"


def test_that_an_address_given_later_still_makes_the_link() -> None:
    text = (
        "See [one][1] and [two].\n\nMore.\n\n[1]: https://one.example\n[two]: https://two.example\n"
    )
    for parts in ([text], list(text)):
        links = [run.link for line in _lines(blocks_of(*parts)) for run in line.runs if run.link]
        assert links == ["https://one.example", "https://two.example"]


def test_that_line_ends_of_all_kinds_are_one() -> None:
    assert blocks_of("a\r", "\nb\r\rc\n\nd") == blocks_of("a\nb\n\nc\n\nd")


def test_that_a_paragraph_of_any_length_is_cut_the_same_way() -> None:
    sentence = "Some words of **one** paragraph with `code` and more, and then it stops. "
    text = sentence * (4 * LIMIT // len(sentence))
    whole = _lines(blocks_of(text))
    assert len(whole) >= 4
    assert not whole[0].joined
    assert all(line.joined for line in whole[1:])
    assert all(len(line.text) <= LIMIT for line in whole)
    assert " ".join(line.text for line in whole).count("paragraph") == text.count("paragraph")
    assert blocks_of(*(text[i : i + 7] for i in range(0, len(text), 7))) == whole
    assert blocks_of(text + "\n\nnext", "") == [*whole, *blocks_of("next")]


def test_that_the_rest_of_a_cut_paragraph_is_not_read_as_something_else() -> None:
    text = "word " * (LIMIT // 5) + "- no list # no heading 1. none\n---"
    *_, last = _lines(blocks_of(text))
    assert last.kind is Kind.HEADING
    assert last.joined
    assert "- no list # no heading 1. none" in last.text


def test_that_a_very_long_line_of_code_comes_in_joined_pieces() -> None:
    text = "```\n" + "x" * (2 * WIDEST + 10) + "\nshort\n```\n"
    lines = _lines(blocks_of(text))
    assert [(len(line.text), line.joined) for line in lines] == [
        (WIDEST, False),
        (WIDEST, True),
        (10, True),
        (5, False),
    ]
    assert blocks_of(*(text[i : i + 100] for i in range(0, len(text), 100))) == lines


@pytest.mark.parametrize(
    "text",
    [
        "- an **item** of a long list\n" * 3_000,
        "1. an item\n\n   with a second paragraph\n" * 2_000,
        "Words without an end, and `code`. " * 3_000,
        "Line after line of one paragraph\n" * 3_000,
        "```python\n" + "value = compute(1, 'two')\n" * 4_000,
        "## Heading\n\nA paragraph.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n> quote\n\n" * 1_200,
        "| a | b |\n|---|---|\n" + "| some words | `code` |\n" * 3_000,
        "- one\n" + "  - an **item** of a list in a list\n" * 2_500,
        "> a quoted paragraph\n>\n" * 3_000,
        "> line after line of one quoted paragraph\n" * 2_000,
        "1. so:\n   ```python\n" + "   value = compute(1, 'two')\n" * 3_000,
        "> - x\n>\n>   | a | b |\n>   |---|---|\n" + ">   | some words | `code` |\n" * 2_000,
    ],
    ids=[
        "list",
        "ordered",
        "paragraph",
        "lines",
        "code",
        "mixed",
        "table",
        "nested",
        "quote",
        "quoted lines",
        "code in an item",
        "deep table",
    ],
)
def test_that_only_the_open_end_is_ever_parsed(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    longest = 0

    def counting(source: str, *rest: Any) -> object:
        nonlocal longest
        longest = max(longest, len(source))
        return parse(source, *rest)

    monkeypatch.setattr(stream_module, "parse", counting)
    stream = MarkdownStream()
    for begin in range(0, len(text), 400):
        stream.feed(text[begin : begin + 400])
        stream.update()
    assert longest <= LIMIT + 1_000


def _lines(blocks: Sequence[Block]) -> list[Line]:
    found = [block for block in blocks if isinstance(block, Line)]
    assert not any(isinstance(block, Row) for block in blocks)
    return found
