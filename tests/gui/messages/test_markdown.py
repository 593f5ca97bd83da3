"""What Markdown comes to, block by block."""

from __future__ import annotations

import pytest

from desktop_llm.gui.messages.model import LINE_BREAK, Kind, Line, Row, Run, Style
from desktop_llm.gui.messages.plain import plain_lines
from tests.gui.messages.helpers import blocks_of


def _one(text: str) -> Line:
    (block,) = blocks_of(text)
    assert isinstance(block, Line)
    return block


def test_that_styles_nest() -> None:
    assert _one("a **b *c* `d`** ~~e~~").runs == (
        Run("a "),
        Run("b ", Style.BOLD),
        Run("c", Style.BOLD | Style.ITALIC),
        Run(" ", Style.BOLD),
        Run("d", Style.BOLD | Style.CODE),
        Run(" "),
        Run("e", Style.STRIKE),
    )


def test_that_a_line_break_is_kept() -> None:
    assert (
        _one("Roses are red\nviolets are blue").text == f"Roses are red{LINE_BREAK}violets are blue"
    )


@pytest.mark.parametrize(
    ("text", "level"), [("# a", 1), ("### a", 3), ("a\n===", 1), ("a\n---", 2)]
)
def test_that_headings_have_levels(text: str, level: int) -> None:
    assert (_one(text).kind, _one(text).level, _one(text).text) == (Kind.HEADING, level, "a")


def test_that_lists_nest_with_their_markers() -> None:
    text = "1. one\n   - in one\n     1. deep\n2. two\n\n   more of two\n"
    assert [(b.marker, b.place.indent, b.text) for b in blocks_of(text) if isinstance(b, Line)] == [
        ("1.", 1, "one"),
        ("◦", 2, "in one"),
        ("1.", 3, "deep"),
        ("2.", 1, "two"),
        ("", 1, "more of two"),
    ]


def test_that_an_item_without_words_keeps_its_marker() -> None:
    blocks = blocks_of("-\n- ```\n  code\n  ```\n")
    assert [(b.marker, b.kind, b.text) for b in blocks if isinstance(b, Line)] == [
        ("•", Kind.PARAGRAPH, ""),
        ("•", Kind.PARAGRAPH, ""),
        ("", Kind.CODE, "code"),
    ]


def test_that_tasks_have_boxes() -> None:
    blocks = blocks_of("- [x] done\n- [ ] to do\n- [z] neither\n")
    assert [(b.marker, b.text) for b in blocks if isinstance(b, Line)] == [
        ("☑", "done"),
        ("☐", "to do"),
        ("•", "[z] neither"),
    ]


def test_that_quotes_know_the_lists_around_them() -> None:
    blocks = blocks_of("> a\n>\n> > b\n> ```\n> c\n> ```\n\n- d\n  > e\n")
    assert [(b.place.quotes, b.text) for b in blocks if isinstance(b, Line)] == [
        ((0,), "a"),
        ((0, 0), "b"),
        ((0,), "c"),
        ((), "d"),
        ((1,), "e"),
    ]


def test_that_a_table_has_rows_cells_and_alignment() -> None:
    head, row = blocks_of("| a | **b** | c |\n|:--|:-:|--:|\n| 1 | `2` |\n")
    align = ("left", "center", "right")
    assert head == Row(((Run("a"),), (Run("b", Style.BOLD),), (Run("c"),)), align, header=True)
    assert row == Row(((Run("1"),), (Run("2", Style.CODE),), ()), align)


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b> and <script>alert(1)</script>",
        "<!-- a comment -->",
        "https://example.org/bare",
    ],
)
def test_that_html_and_bare_addresses_stay_text(text: str) -> None:
    assert _one(text).runs == (Run(text),)


@pytest.mark.parametrize(
    "url", ["http://a.example/x?y=1", "https://a.example", "HTTPS://A.example"]
)
def test_that_links_lead_to_the_web(url: str) -> None:
    assert _one(f"[text]({url})").runs == (Run("text", link=url),)


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "docs/x.md", "mailto:a@b.c"],
)
def test_that_nothing_else_is_a_link(url: str) -> None:
    assert not any(run.link for run in _one(f"[text]({url}) ![img]({url}) <{url}>").runs)


def test_that_an_image_is_its_text_with_a_link() -> None:
    assert _one("![A cat](https://cats.example/1.png)").runs == (
        Run("A cat", link="https://cats.example/1.png"),
    )


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        (r"Euler: \(e^{i\pi}_x = -1\)", r"e^{i\pi}_x = -1"),
        (r"Sum: \[ \sum_i a_i * b_i * c \]", r"\sum_i a_i * b_i * c"),
        ("Inline $$a_1 * a_2 * a_3$$", "a_1 * a_2 * a_3"),
        ("The set $x_i$ of", "x_i"),
    ],
)
def test_that_formulas_are_shown_as_their_source(text: str, formula: str) -> None:
    runs = _one(text).runs
    assert [run.text for run in runs if run.style & Style.CODE] == [formula]
    assert not any(run.style & Style.ITALIC for run in runs)


def test_that_a_formula_block_is_no_list() -> None:
    line = _one("$$\na\n+ b\n- c\n$$\n")
    assert line.runs == (Run(f"a{LINE_BREAK}+ b{LINE_BREAK}- c", Style.CODE),)


@pytest.mark.parametrize("text", ["It costs $5 or $10 a day.", "From $5-$10", "a $ b $ c"])
def test_that_money_is_no_formula(text: str) -> None:
    assert _one(text).runs == (Run(text),)


def test_that_the_language_of_code_is_its_first_word() -> None:
    assert [b.language for b in blocks_of("```Python title=x\na\n```\n~~~ {.js}\nb\n~~~")] == [  # type: ignore[union-attr]
        "python",
        "js",
    ]


def test_that_a_question_is_shown_as_written() -> None:
    text = "**not bold**\n\n- no list\n```py\nx = '`'\n```\nend ``` no fence\n```\nnever closed"
    assert [(line.kind, line.text) for line in plain_lines(text)] == [
        (Kind.PLAIN, "**not bold**"),
        (Kind.PLAIN, ""),
        (Kind.PLAIN, "- no list"),
        (Kind.CODE, "x = '`'"),
        (Kind.PLAIN, "end ``` no fence"),
        (Kind.PLAIN, "```"),
        (Kind.PLAIN, "never closed"),
    ]
