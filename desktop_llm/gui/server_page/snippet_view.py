"""Ready-made settings for other programs: shown with the key masked, copied with it."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtGui import QFontMetrics, QGuiApplication, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from desktop_llm.gui.server_page.access import masked
from desktop_llm.gui.server_page.snippets import Client, Endpoint, snippet
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import Card, Segments, button, label

_MOST_LINES = 18
_AROUND = 34  # margins, and a scroll bar


class SnippetView(Card):
    """GUI thread."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._end = Endpoint("", "", "")
        self.clients = Segments(
            [
                (Client.CURL, "curl"),
                (Client.PYTHON, "Python"),
                (Client.ANTHROPIC, "Anthropic"),
                (Client.CONTINUE, "Continue"),
                (Client.OPEN_WEBUI, "Open WebUI"),
                (Client.CLINE, "Cline"),
                (Client.ZED, "Zed"),
            ],
            self.tr("Program"),
        )
        self.clients.select(Client.CURL)
        self.clients.chosen.connect(lambda _client: self._draw())
        self.where = label("", "small", wrap=True)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Settings to copy"))
        self.copy = button(self.tr("Copy with the key"))
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch()
        self.body.addWidget(self.clients)
        self.body.addWidget(self.where)
        self.body.addWidget(self.text)
        self.body.addLayout(row)
        theme.changed.connect(self._draw)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._draw()  # only now the style leaves the font as it is

    def show_endpoint(self, end: Endpoint) -> None:
        """Show how to reach `end`."""
        if end != self._end:
            self._end = end
            self._draw()

    def _draw(self) -> None:
        client = Client(self.clients.value)
        self.text.setFont(self._theme.mono_font(-1))
        shown = masked(self._end.key) or self.tr("API-KEY")
        self.text.setPlainText(snippet(client, replace(self._end, key=shown)))
        lines = min(self.text.document().blockCount(), _MOST_LINES)
        height = QFontMetrics(self.text.font()).lineSpacing() * lines
        self.text.setFixedHeight(height + _AROUND)
        self.where.setText(self._where(client))
        self.copy.setEnabled(bool(self._end.key))
        self.copy.setText(self.tr("Copy with the key"))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(snippet(Client(self.clients.value), self._end))
        self.copy.setText(self.tr("Copied"))

    def _where(self, client: Client) -> str:
        return {
            Client.CURL: self.tr("In a terminal:"),
            Client.PYTHON: self.tr("With the package openai:"),
            Client.ANTHROPIC: self.tr("With the package anthropic:"),
            Client.CONTINUE: self.tr("Into ~/.continue/config.yaml:"),
            Client.OPEN_WEBUI: self.tr("Before starting Open WebUI on this computer:"),
            Client.CLINE: self.tr("In Cline's settings:"),
            Client.ZED: self.tr(
                "Into Zed's settings.json; the key goes into Settings → AI → LLM Providers:"
            ),
        }[client]
