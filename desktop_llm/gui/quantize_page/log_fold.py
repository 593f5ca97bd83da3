"""A job's log under a heading, read while it is open."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent, QShowEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit

from desktop_llm.gui.quantize_page.cards import Fold
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import button

_AGAIN_MS = 1000
# As much of the end as Qt lays out anew without the window stuttering.
_MOST = 60_000


class LogFold(Fold):
    """GUI thread. Follows the log of one job; stays at its end unless a person scrolls up."""

    def __init__(self, theme: Theme, tasks: Tasks, read: Callable[[str], Awaitable[str]]) -> None:
        super().__init__(theme, self.tr("Log"))
        self._tasks = tasks
        self._read = read
        self._job_id = ""
        self._grows = False
        self._shown = ""
        self.text = QPlainTextEdit()
        self.text.setObjectName("log")
        self.text.setReadOnly(True)
        self.text.setFont(theme.mono_font(-1))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setAccessibleName(self.tr("Log of the job"))
        self.text.setPlaceholderText(self.tr("Nothing has been logged yet."))
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(220)
        self.copy = button(self.tr("Copy all"))
        self.copy.clicked.connect(self._copy)
        row = QHBoxLayout()
        row.addWidget(self.copy)
        row.addStretch()
        self.body.addWidget(self.text)
        self.body.addLayout(row)
        self._timer = QTimer(self)
        self._timer.setInterval(_AGAIN_MS)
        self._timer.timeout.connect(self._look)
        self.opened.connect(lambda _open: self._follow())

    def show_job(self, job_id: str, *, grows: bool) -> None:
        """Show the log of a job, which `grows` while the job runs."""
        if (job_id, grows) == (self._job_id, self._grows):
            return
        if job_id != self._job_id:
            self.text.clear()
            self._shown = ""
        self._job_id, self._grows = job_id, grows
        self._follow()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._follow()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _follow(self) -> None:
        wanted = self.is_open and self.isVisible() and bool(self._job_id)
        if wanted:
            self._look()
        if wanted and self._grows:
            self._timer.start()
        else:
            self._timer.stop()

    def _look(self) -> None:
        self._tasks.start(self._show(self._job_id))

    async def _show(self, job_id: str) -> None:
        text = (await self._read(job_id))[-_MOST:]
        if job_id != self._job_id or text == self._shown:
            return
        bar = self.text.verticalScrollBar()
        at_end, place = bar.value() >= bar.maximum(), bar.value()
        if self._shown and text.startswith(self._shown):
            cursor = QTextCursor(self.text.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(text[len(self._shown) :])
        else:
            self.text.setPlainText(text)
        self._shown = text
        bar.setValue(bar.maximum() if at_end else place)
        self.copy.setText(self.tr("Copy all"))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._shown)
        self.copy.setText(self.tr("Copied"))
