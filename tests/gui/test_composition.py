"""One conversation's composition, step by step, without a window."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.gui.chat_page.composition import NEW_CHAT, Composition, Edit, Letter, Mode
from desktop_llm.gui.chat_page.drafts import Drafts
from desktop_llm.gui.tasks import Background

DRAFT = Composition("my draft")


def test_that_a_question_leaves_an_empty_field_and_an_edit_leaves_the_draft() -> None:
    sent = DRAFT.submitted("c")
    assert sent.letter == Letter("c", "my draft")
    assert (sent.mode, sent.text) == (Mode.WRITING, "")
    edited = DRAFT.editing("m", "old words").written("new words")
    assert (edited.mode, edited.text) == (Mode.EDITING, "new words")
    sent = edited.submitted("c")
    assert sent.letter == Letter("c", "new words", edit_of="m")
    assert (sent.mode, sent.text) == (Mode.WRITING, "my draft")
    assert sent.sent() == DRAFT


def test_that_what_waits_is_shown_and_cannot_be_written_over() -> None:
    waiting = DRAFT.submitted("c").waiting()
    assert (waiting.mode, waiting.text) == (Mode.QUEUED, "my draft")
    assert waiting.written("other words") == waiting
    regenerating = DRAFT.posted(Letter("c", regenerate="a")).waiting()
    assert (regenerating.mode, regenerating.text) == (Mode.QUEUED, "my draft")


@pytest.mark.parametrize(
    ("composition", "back"),
    [
        (DRAFT.submitted("c"), DRAFT),
        (DRAFT.submitted("c").written("since"), Composition("my draft\nsince")),
        (DRAFT.editing("m", "e").submitted("c"), DRAFT.editing("m", "e")),
        (DRAFT.posted(Letter("c", regenerate="a")), DRAFT),
        (DRAFT.editing("m", "e").posted(Letter("c", regenerate="a")), DRAFT.editing("m", "e")),
        (DRAFT.posted(Letter("", "Hi?", suggested=True)), DRAFT),
        (Composition().posted(Letter("", "Hi?", suggested=True)), Composition("Hi?")),
    ],
)
def test_that_what_is_given_back_stands_where_it_was_written(
    composition: Composition, back: Composition
) -> None:
    assert composition.given_back() == back
    assert composition.waiting().cancelled() == back


def test_that_blank_lines_around_are_not_sent_and_indents_are() -> None:
    letter = Composition("\n    x = 1  \n\n").submitted("c").letter
    assert letter is not None
    assert letter.text == "    x = 1  "


@given(st.lists(st.sampled_from(["edit", "submit", "regenerate", "wait", "cancel", "back"])))
def test_that_no_order_of_steps_loses_a_draft_or_an_edit(steps: list[str]) -> None:
    composition = Composition("DRAFT")
    cancelled = False
    for step in steps:
        free = composition.letter is None
        match step:
            case "edit" if free:
                composition, cancelled = composition.editing("m", "EDIT"), False
            case "submit" if free:
                composition = composition.submitted("c")
            case "regenerate" if free:
                composition = composition.posted(Letter("c", regenerate="a"))
            case "wait" if not free:
                composition = composition.waiting()
            case "cancel":
                cancelled |= composition.mode is Mode.EDITING
                composition = composition.cancelled()
            case "back":
                composition = composition.given_back()
        home = composition.given_back()
        assert home.draft == "DRAFT"
        if "edit" in steps and home.edit is None and not cancelled:
            assert home == DRAFT_ALONE
        if home.edit is not None:
            assert home.edit == Edit("m", "EDIT")


DRAFT_ALONE = Composition("DRAFT")


@pytest.fixture
def background(qapp: object) -> Background:
    return Background()


def test_that_drafts_are_read_as_they_were_written(tmp_path: Path, background: Background) -> None:
    drafts = Drafts(tmp_path / "drafts.json", background)
    drafts.keep(NEW_CHAT, Composition("new").submitted(NEW_CHAT).waiting())
    drafts.keep("a", DRAFT)
    drafts.keep("b", DRAFT.editing("m", "edited"))
    drafts.keep("c", Composition("gone"))
    drafts.keep("c", Composition())
    drafts.flush()
    background.close()
    read = Drafts(tmp_path / "drafts.json", background)
    assert read.get(NEW_CHAT) == Composition("new"), "a start of the app sends nothing"
    assert read.get("a") == DRAFT
    assert read.get("b") == DRAFT.editing("m", "edited")
    assert set(read.conversations()) == {NEW_CHAT, "a", "b"}


@pytest.mark.parametrize("content", ["", "[1]", '{"a": 1, "b": {"draft": 2}, "c": {"edit": []}}'])
def test_that_a_damaged_file_of_drafts_is_an_empty_one(
    tmp_path: Path, background: Background, content: str
) -> None:
    path = tmp_path / "drafts.json"
    path.write_text(content, "utf-8")
    assert Drafts(path, background).conversations() == []
    background.close()


def test_that_drafts_of_earlier_versions_are_read(tmp_path: Path, background: Background) -> None:
    path = tmp_path / "drafts.json"
    path.write_text(json.dumps({"a": "my draft", "": "new"}), "utf-8")
    drafts = Drafts(path, background)
    assert drafts.get("a") == DRAFT
    assert drafts.get(NEW_CHAT) == Composition("new")
    background.close()
