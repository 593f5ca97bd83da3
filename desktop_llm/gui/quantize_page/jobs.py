"""The list of jobs: a Qt model over them, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from desktop_llm.gui.entry_list import DOT_ROLE, LINE_ROLE, AnyIndex
from desktop_llm.gui.quantize_page.wording import job_line, job_name
from desktop_llm.quantize.types import Job, JobPhase

_DOTS = {JobPhase.DONE: "", JobPhase.FAILED: "danger", JobPhase.INTERRUPTED: "warning"}


class JobModel(QAbstractListModel):
    """GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs: tuple[Job, ...] = ()

    def show_jobs(self, jobs: Sequence[Job]) -> None:
        """Replace what is listed; while the same jobs are, the choice stays."""
        same = [job.id for job in jobs] == [job.id for job in self._jobs]
        if same:
            self._jobs = tuple(jobs)
            if jobs:
                self.dataChanged.emit(self.index(0), self.index(len(jobs) - 1))
            return
        self.beginResetModel()
        self._jobs = tuple(jobs)
        self.endResetModel()

    def job(self, index: AnyIndex) -> Job | None:
        """The job at `index`."""
        return self._jobs[index.row()] if index.isValid() else None

    def index_of(self, job_id: str) -> QModelIndex:
        """Where a job is listed; an invalid index if it is not."""
        for row, job in enumerate(self._jobs):
            if job.id == job_id:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._jobs)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        job = self._jobs[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return job_name(job)
            case Qt.ItemDataRole.ToolTipRole:
                return str(job.request.output)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{job_name(job)}, {job_line(job)}"
            case _ if role == LINE_ROLE:
                return job_line(job)
            case _ if role == DOT_ROLE:
                return _DOTS.get(job.progress.phase, "" if job.ended else "accent")
        return None
