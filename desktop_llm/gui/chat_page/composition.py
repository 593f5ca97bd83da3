"""What is being composed in one conversation: the draft, an edit beside it, a letter on its way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum, auto

NEW_CHAT = ""
"""The id of the conversation that is not stored yet."""


class Mode(Enum):
    """What the composer shows: the draft, an edited question, or what waits for a model."""

    WRITING = auto()
    EDITING = auto()
    QUEUED = auto()


@dataclass(frozen=True)
class Letter:
    """A question to send, an edited question (`edit_of`), or an answer to make anew
    (`regenerate`). A question that was `suggested` is nobody's writing."""

    conversation_id: str
    text: str = ""
    edit_of: str = ""
    regenerate: str = ""
    suggested: bool = False


@dataclass(frozen=True)
class Edit:
    """A stored question being rewritten."""

    message_id: str
    text: str


@dataclass(frozen=True)
class Composition:
    """The draft of the next question, and what stands before it for now.

    `letter` has been sent and is not stored yet; `waits` while that is for want of a model. There
    is no edit while an edited question is a letter: `edit` takes it when it is given back.
    """

    draft: str = ""
    edit: Edit | None = None
    letter: Letter | None = None
    waits: bool = False

    @property
    def mode(self) -> Mode:
        if self.waits:
            return Mode.QUEUED
        return Mode.WRITING if self.edit is None else Mode.EDITING

    @property
    def text(self) -> str:
        """What the composer shows."""
        if self.waits and self.letter is not None and self.letter.text:
            return self.letter.text
        return self.draft if self.edit is None else self.edit.text

    def written(self, text: str) -> Composition:
        """`text` was typed. What waits cannot be changed."""
        if self.waits:
            return self
        if self.edit is None:
            return replace(self, draft=text)
        return replace(self, edit=replace(self.edit, text=text))

    def editing(self, message_id: str, text: str) -> Composition:
        """A stored question is to be rewritten; the draft is kept beside it."""
        return replace(self, edit=Edit(message_id, text))

    def submitted(self, conversation_id: str) -> Composition:
        """What is written becomes the letter; an edit leaves the draft to be shown again."""
        text = self.text.strip("\n")
        if self.edit is None:
            return replace(self, draft="", letter=Letter(conversation_id, text))
        letter = Letter(conversation_id, text, edit_of=self.edit.message_id)
        return replace(self, edit=None, letter=letter)

    def posted(self, letter: Letter) -> Composition:
        """`letter` is sent beside what is written."""
        return replace(self, letter=letter)

    def waiting(self) -> Composition:
        """There is no model for the letter yet."""
        return replace(self, waits=True)

    def sending(self) -> Composition:
        """There is one now."""
        return replace(self, waits=False)

    def sent(self) -> Composition:
        """The letter is stored."""
        return replace(self, letter=None, waits=False)

    def given_back(self) -> Composition:
        """The letter was not sent: its text stands again where it was written."""
        letter, back = self.letter, self.sent()
        if letter is None or not letter.text or (letter.suggested and self.draft):
            return back
        if letter.edit_of:
            return replace(back, edit=Edit(letter.edit_of, letter.text))
        typed_since = self.draft
        return replace(back, draft=f"{letter.text}\n{typed_since}" if typed_since else letter.text)

    def cancelled(self) -> Composition:
        """One step back: from waiting to what was written, from an edit to the draft."""
        return self.given_back() if self.waits else replace(self, edit=None)
