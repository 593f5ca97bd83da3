"""The requests in the engine: the running ones, then those that wait, in their order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.engine.statistics import EngineRequest, RequestState
from desktop_llm.gui.memory_dock.request_colors import RequestColors
from desktop_llm.gui.memory_dock.stacked_bar import Swatch
from desktop_llm.gui.memory_dock.words import (
    not_reported,
    owner_text,
    priority_text,
    state_text,
)
from desktop_llm.gui.theme import XS, S, Theme
from desktop_llm.gui.widgets import ElidedLabel, IconButton, label

_MOST_NEW = 16  # some milliseconds each


class RequestList(QWidget):
    """GUI thread. `stop_asked` carries a request's id. A request keeps its row while it lasts."""

    stop_asked = Signal(str)

    def __init__(self, theme: Theme, colors: RequestColors) -> None:
        super().__init__()
        self._theme = theme
        self._colors = colors
        self.rows: dict[str, RequestRow] = {}
        self._spare: list[RequestRow] = []
        self.none = label(self.tr("No request is in the engine."), "small", wrap=True)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(S)
        self._column.addWidget(label(self.tr("Requests"), "section"))
        self._column.addWidget(self.none)

    def show_requests(self, requests: Sequence[EngineRequest]) -> None:
        """Show these, each in its own row; of very many new ones the last come with the next look,
        so that no look holds the window."""
        there = {request.id for request in requests}
        for gone in [name for name in self.rows if name not in there]:
            row = self.rows.pop(gone)
            self._column.removeWidget(row)
            row.hide()
            self._spare.append(row)
        self.none.setVisible(not requests)
        line = made = 0
        place = 1
        for request in requests:
            line += request.state is not RequestState.RUNNING
            if request.id not in self.rows:
                if made == _MOST_NEW and not self._spare:
                    continue
                made += not self._spare
                self.rows[request.id] = self._new_row(request.id)
            place += 1
            row = self.rows[request.id]
            if self._column.indexOf(row) != place:
                self._column.removeWidget(row)
                self._column.insertWidget(place, row)
                row.show()
            waits = 0 if request.state is RequestState.RUNNING else line
            row.show_request(request, self._colors.of(request.id), waits)

    def _new_row(self, request_id: str) -> RequestRow:
        """A row that another request has left, or one more."""
        if self._spare:
            row = self._spare.pop()
        else:
            row = RequestRow(self._theme)
            row.setParent(self)
            row.stop.clicked.connect(lambda _on=False: self._stop(row))
        row.request_id = request_id
        row.stop.setEnabled(True)
        return row

    def _stop(self, row: RequestRow) -> None:
        row.stop.setEnabled(False)
        self.stop_asked.emit(row.request_id)


class RequestRow(QWidget):
    """One request: whose it is, its colour in the block map, its tokens, and a Stop button."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.request_id = ""
        self._swatch = Swatch(theme)
        self.owner = ElidedLabel()
        self.state = label("", "small", wrap=True)
        self.tokens = label("", "small", wrap=True)
        self.cache = label("", "small", wrap=True)
        self.stop = IconButton(theme, "stop", self.tr("Stop"))
        head = QHBoxLayout()
        head.setSpacing(XS)
        head.addWidget(self._swatch, 0, Qt.AlignmentFlag.AlignVCenter)
        head.addSpacing(S - XS)
        head.addWidget(self.owner, 1)
        head.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(self.state)
        column.addWidget(self.tokens)
        column.addWidget(self.cache)

    def show_request(self, request: EngineRequest, color: str, place: int) -> None:
        """Show the request as it is now; `place` is that in the waiting line, 0 for none."""
        self._swatch.show_color(color)
        name = owner_text(request.owner)
        self.owner.setText(name)
        self.stop.describe(self.tr("Stop: {owner}").format(owner=name))
        self.state.setText(" · ".join(self._facts(request, place)))
        self.tokens.setText(
            self.tr("{prompt} prompt + {generated} generated tokens").format(
                prompt=format_count(request.prompt_tokens),
                generated=format_count(request.generated_tokens),
            )
        )
        self.cache.setText(
            self.tr("KV cache: {kv} · from prefix cache: {cached}").format(
                kv=_count(request.kv_tokens), cached=_count(request.cached_tokens)
            )
        )

    def _facts(self, request: EngineRequest, place: int) -> list[str]:
        facts = [state_text(request.state)]
        if place:
            facts.append(self.tr("place {place} in line").format(place=format_count(place)))
        facts.append(format_seconds(request.age_s))
        if priority := priority_text(request):
            facts.append(self.tr("priority: {priority}").format(priority=priority))
        if request.preemptions:
            count = format_count(request.preemptions)
            facts.append(self.tr("preempted {count}×").format(count=count))
        return facts


def _count(tokens: int | None) -> str:
    return not_reported() if tokens is None else format_count(tokens)
