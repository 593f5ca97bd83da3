"""The requests to the port now: who asks, what became of it, and a Stop button."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.units import format_count
from desktop_llm.gui.server_page.words import figures_line, request_line
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.widgets import Card, ElidedLabel, IconButton, label
from desktop_llm.server.live import LiveRequest

if TYPE_CHECKING:
    from desktop_llm.server.port_metrics import PortFigures

# More rows than a person reads; each costs the window some work a second.
MOST_ROWS = 50


class RequestRows(Card):
    """GUI thread. `stop_asked` carries a request's id. A request keeps its row while it lasts."""

    stop_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(spacing=S)
        self._theme = theme
        self.rows: dict[str, RequestRow] = {}
        self.none = label("", "muted", wrap=True)
        self.more = label("", "small")
        self.more.hide()
        self._column = QVBoxLayout()
        self._column.setSpacing(S)
        self.figures = label("", "small", wrap=True)
        self.figures.hide()
        self.body.addWidget(self.figures)
        self.body.addWidget(self.none)
        self.body.addLayout(self._column)
        self.body.addWidget(self.more)
        self.show_requests(())

    def show_requests(self, requests: Sequence[LiveRequest]) -> None:
        """Show these, the oldest first, each in its own row."""
        shown = requests[:MOST_ROWS]
        there = {request.id for request in shown}
        for gone in [name for name in self.rows if name not in there]:
            row = self.rows.pop(gone)
            self._column.removeWidget(row)
            row.hide()
            row.deleteLater()
        for request in shown:
            if request.id not in self.rows:
                self.rows[request.id] = row = RequestRow(self._theme)
                row.stop.clicked.connect(lambda _on=False, name=request.id: self._stop(name))
                self._column.addWidget(row)
            self.rows[request.id].show_request(request)
        self.none.setVisible(not requests)
        self.none.setText(self.tr("No program asks for anything now."))
        over = len(requests) - len(shown)
        self.more.setVisible(over > 0)
        self.more.setText(self.tr("{count} more").format(count=format_count(over)))

    def show_figures(self, figures: PortFigures | None) -> None:
        """Show how full the port is; None while it is not open."""
        self.figures.setVisible(figures is not None)
        if figures is not None:
            self.figures.setText(figures_line(figures))

    def _stop(self, request_id: str) -> None:
        self.rows[request_id].stop.setEnabled(False)
        self.stop_asked.emit(request_id)


class RequestRow(QWidget):
    """One request."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.client = ElidedLabel()
        self.line = ElidedLabel(role="small")
        self.stop = IconButton(theme, "stop", self.tr("Stop"))
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(self.client)
        words.addWidget(self.line)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        row.addLayout(words, 1)
        row.addWidget(self.stop)

    def show_request(self, request: LiveRequest) -> None:
        """Show it as it is now."""
        if request.client != self.client.text():
            self.client.setText(request.client)
            self.stop.describe(self.tr("Stop: {client}").format(client=request.client))
        self.line.setText(request_line(request))
