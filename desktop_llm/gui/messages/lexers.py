"""Pygments lexers by language, loaded aside: importing one takes tens of milliseconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pygments.lexer import Lexer


class Lexers:
    """Lexers asked for so far. Asked on the GUI thread; each is loaded on a thread of its own.

    Nothing tells when one has come: who waits for it asks again with the next frame.
    """

    def __init__(self) -> None:
        self._lexers: dict[str, Lexer | None] = {"": None}
        self._asked: set[str] = set()

    @property
    def busy(self) -> bool:
        """Whether any lexer is being loaded."""
        return any(self.pending(language) for language in self._asked)

    def get(self, language: str) -> Lexer | None:
        """The lexer for `language`; None while it loads, and for a language not known."""
        if language not in self._lexers and language not in self._asked:
            self._asked.add(language)
            threading.Thread(target=self._load, args=(language,), daemon=True).start()
        return self._lexers.get(language)

    def pending(self, language: str) -> bool:
        """Whether the lexer for `language` is being loaded."""
        return language in self._asked and language not in self._lexers

    def _load(self, language: str) -> None:
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound

        try:
            self._lexers[language] = get_lexer_by_name(language)
        except ClassNotFound:
            self._lexers[language] = None
