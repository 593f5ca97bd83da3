"""The window's pages by name, each made when it is first shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QStackedWidget, QWidget


class Pages(QStackedWidget):
    """GUI thread. `shown` carries the name of the page that is on show now."""

    shown = Signal(str)

    def __init__(self, makers: Mapping[str, Callable[[], QWidget]]) -> None:
        super().__init__()
        self._makers = makers
        self._made: dict[str, QWidget] = {}

    @property
    def current(self) -> str:
        """The name of the page on show; empty before the first."""
        page = self.currentWidget()
        return next((name for name, made in self._made.items() if made is page), "")

    def made(self, name: str) -> QWidget | None:
        """The page called `name`, if it has been shown."""
        return self._made.get(name)

    def show_page(self, name: str, *, focus: bool = True) -> QWidget:
        """Show a page, made at its first showing, and return it. It gets the focus."""
        if name not in self._made:
            self._made[name] = self._makers[name]()
            self.addWidget(self._made[name])
        page = self._made[name]
        self.setCurrentWidget(page)
        self.shown.emit(name)
        if focus:
            page.setFocus(Qt.FocusReason.OtherFocusReason)
        return page
