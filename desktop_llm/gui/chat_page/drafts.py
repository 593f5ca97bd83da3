"""What a person has written and not sent, per conversation, across restarts."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject

from desktop_llm.chat.failures import NOT_FOUND
from desktop_llm.chat.store import ChatStore
from desktop_llm.core.errors import AppError
from desktop_llm.core.files import write_atomic
from desktop_llm.gui.chat_page.composition import NEW_CHAT, Composition, Edit, Letter
from desktop_llm.gui.tasks import Background, Throttle

_SAVE_EVERY_MS = 600


class Drafts(QObject):
    """Every conversation's `Composition`, and a small JSON file of them. GUI thread.

    The file is written on the worker thread, so often that a crash loses the last keys alone. A
    letter is in it as what it would be if it were given back: nothing is sent by a start of the
    app. What cannot be saved is only lost if the app also ends; it is no reason to interrupt.
    """

    def __init__(self, path: Path, background: Background) -> None:
        super().__init__()
        self.path = path
        self._background = background
        self._compositions = _read(path)
        self._save = Throttle(self, _SAVE_EVERY_MS, self._write)

    def get(self, conversation_id: str) -> Composition:
        """What is being composed there; an empty one where nothing is."""
        return self._compositions.get(conversation_id, Composition())

    def keep(self, conversation_id: str, composition: Composition) -> None:
        """Remember `composition`; an empty one is forgotten."""
        if composition == self.get(conversation_id):
            return
        if composition == Composition():
            del self._compositions[conversation_id]
        else:
            self._compositions[conversation_id] = composition
        self._save.poke()

    def conversations(self) -> list[str]:
        """The ids of the conversations where something is written."""
        return list(self._compositions)

    def waiting(self) -> list[Letter]:
        """What waits for a model, anywhere."""
        found = (c.letter for c in self._compositions.values() if c.waits)
        return [letter for letter in found if letter is not None]

    async def forget_gone(self, store: ChatStore) -> None:
        """Forget what was written in conversations that `store` no longer has."""
        for conversation_id in self.conversations():
            if conversation_id == NEW_CHAT:
                continue
            try:
                await store.get(conversation_id)
            except AppError as error:
                if error.code == NOT_FOUND:
                    self.keep(conversation_id, Composition())

    def flush(self) -> None:
        """Write now what has not been written."""
        self._save.flush()

    def _write(self) -> None:
        entries = {key: _entry(made.given_back()) for key, made in self._compositions.items()}
        data = json.dumps({k: v for k, v in entries.items() if v}, ensure_ascii=False).encode()
        self._background.submit(lambda: write_atomic(self.path, data))


def _entry(composition: Composition) -> object:
    """A draft is its text; with an edit beside it, it is an object of both."""
    if composition.edit is None:
        return composition.draft
    edit = {"message": composition.edit.message_id, "text": composition.edit.text}
    return {"draft": composition.draft, "edit": edit}


def _composition(entry: object) -> Composition | None:
    match entry:
        case str(draft) if draft:
            return Composition(draft)
        case {"draft": str(draft), "edit": {"message": str(message_id), "text": str(text)}}:
            return Composition(draft, Edit(message_id, text))
        case _:
            return None


def _read(path: Path) -> dict[str, Composition]:
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(entries, dict):
        return {}
    made = {key: _composition(entry) for key, entry in entries.items()}
    return {key: composition for key, composition in made.items() if composition is not None}
