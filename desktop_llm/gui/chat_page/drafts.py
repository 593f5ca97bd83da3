"""What a person has typed and not sent, per conversation, across restarts."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject

from desktop_llm.core.files import write_atomic
from desktop_llm.gui.tasks import Background, Debounce

NEW_CHAT = ""
_SAVE_AFTER_MS = 600


class Drafts(QObject):
    """A small JSON file, written on the worker thread soon after the last key. GUI thread.

    A draft that cannot be saved is only lost if the app also ends; it is no reason to interrupt.
    """

    def __init__(self, path: Path, background: Background) -> None:
        super().__init__()
        self._path = path
        self._background = background
        self._texts = _read(path)
        self._save = Debounce(self, _SAVE_AFTER_MS, self._write)

    def get(self, conversation_id: str) -> str:
        """The draft of a conversation, or an empty string."""
        return self._texts.get(conversation_id, "")

    def keep(self, conversation_id: str, text: str) -> None:
        """Remember `text`; an empty one is forgotten."""
        if text == self.get(conversation_id):
            return
        if text:
            self._texts[conversation_id] = text
        else:
            del self._texts[conversation_id]
        self._save.poke()

    def flush(self) -> None:
        """Write now what has not been written."""
        self._save.flush()

    def _write(self) -> None:
        data = json.dumps(self._texts, ensure_ascii=False).encode()
        self._background.submit(lambda: write_atomic(self._path, data))


def _read(path: Path) -> dict[str, str]:
    try:
        texts = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(texts, dict):
        return {}
    return {key: text for key, text in texts.items() if isinstance(text, str)}
