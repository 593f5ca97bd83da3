"""The window's left side: conversations above, pages below."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout

from desktop_llm.gui.conversations.panel import ConversationPanel
from desktop_llm.gui.geometry import NARROWEST_SIDEBAR, WIDEST_SIDEBAR
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.widgets import NavButton, hairline

CHAT, MODELS, QUANTIZE = "chat", "models", "quantize"
SERVER, MONITOR, SETTINGS = "server", "monitor", "settings"


class Sidebar(QFrame):
    """GUI thread. `page_asked` carries the name of a page."""

    page_asked = Signal(str)

    def __init__(self, theme: Theme, panel: ConversationPanel) -> None:
        super().__init__()
        self.setObjectName("sidebar")
        self.setMinimumWidth(NARROWEST_SIDEBAR)
        self.setMaximumWidth(WIDEST_SIDEBAR)
        self.pages: dict[str, NavButton] = {}
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(panel, 1)
        column.addWidget(hairline())
        nav = QVBoxLayout()
        nav.setContentsMargins(S, S, S, S)
        nav.setSpacing(2)
        for position, (page, text) in enumerate(
            (
                (CHAT, self.tr("Chat")),
                (MODELS, self.tr("Models")),
                (QUANTIZE, self.tr("Quantize")),
                (SERVER, self.tr("Server")),
                (MONITOR, self.tr("Monitor")),
                (SETTINGS, self.tr("Settings")),
            ),
            start=1,
        ):
            choice = NavButton(theme, page, text)
            choice.setToolTip(f"{text} (Ctrl+{position})")
            choice.clicked.connect(lambda _on=False, page=page: self._ask(page))
            self.pages[page] = choice
            nav.addWidget(choice)
        column.addLayout(nav)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)

    def select(self, page: str) -> None:
        """Mark the page on show."""
        for other, choice in self.pages.items():
            choice.setChecked(other == page)

    def say(self, page: str, words: str) -> None:
        """Show `words` beside the name of a page, or only its name."""
        choice = self.pages[page]
        name = choice.accessibleName().partition(" · ")[0]
        choice.setText(f"{name} · {words}" if words else name)
        choice.setAccessibleName(choice.text())

    def _ask(self, page: str) -> None:
        self.select(page)
        self.page_asked.emit(page)
