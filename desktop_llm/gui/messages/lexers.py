"""Pygments lexers by language, loaded aside: importing one takes tens of milliseconds."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from pygments.lexer import Lexer


class Lexers(QObject):
    """Lexers asked for so far. GUI thread; loading runs on a thread of its own.

    `loaded` is emitted with the language when its lexer can be had.
    """

    loaded = Signal(str)
    _arrived = Signal(str, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lexers: dict[str, Lexer | None] = {}
        self._threads: dict[str, threading.Thread] = {}
        self._arrived.connect(self._keep)

    def get(self, language: str) -> Lexer | None:
        """The lexer for `language`; None while it loads, and for a language not known."""
        if language not in self._lexers:
            self._lexers[language] = None
            if language:
                thread = threading.Thread(target=self._load, args=(language,), daemon=True)
                self._threads[language] = thread
                thread.start()
        return self._lexers[language]

    @property
    def busy(self) -> bool:
        """Whether any lexer is being loaded."""
        return bool(self._threads)

    def pending(self, language: str) -> bool:
        """Whether the lexer for `language` is being loaded."""
        return language in self._threads

    def _load(self, language: str) -> None:
        from pygments.lexers import get_lexer_by_name
        from pygments.util import ClassNotFound

        try:
            lexer: Lexer | None = get_lexer_by_name(language)
        except ClassNotFound:
            lexer = None
        try:
            self._arrived.emit(language, lexer)
        except RuntimeError:
            return  # the view is gone

    def _keep(self, language: str, lexer: Lexer | None) -> None:
        if (thread := self._threads.pop(language, None)) is not None:
            thread.join()
        self._lexers[language] = lexer
        if lexer is not None:
            self.loaded.emit(language)
