"""Says a failed load over whatever page is on show, unless that page says it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QStackedWidget

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.toasts import Toast, Toasts


class FailedLoads(QObject):
    """GUI thread. `say` puts up the toast of an error whose fix is for a model."""

    def __init__(
        self,
        engine: ModelControl,
        pages: QStackedWidget,
        toasts: Toasts,
        say: Callable[[AppError, Path], Toast],
    ) -> None:
        super().__init__()
        self._engine = engine
        self._pages = pages
        self._toasts = toasts
        self._say = say
        self._said: Toast | None = None
        engine.load_failed.connect(self._failed)
        engine.changed.connect(self._changed)

    def take_back(self) -> None:
        """Stop saying it: a page on show says it better, or another load made it old news."""
        if self._said is not None:
            self._toasts.take_back(self._said)
            self._said = None

    def _failed(self, path: Path, error: AppError) -> None:
        page = self._pages.currentWidget()
        cards = page.findChildren(ErrorCard) if page is not None else []
        if any(card.isVisible() and card.error is error for card in cards):
            return
        if error.fix is Fix.NONE:
            error = replace(error, fix=Fix.OPEN_MODELS)
        self.take_back()
        self._said = self._say(error, path)

    def _changed(self) -> None:
        if self._engine.is_loading:
            self.take_back()
