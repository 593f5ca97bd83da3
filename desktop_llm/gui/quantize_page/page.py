"""The quantize page: past jobs at the left, the wizard or one job at the right."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QModelIndex, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.errors import AppError
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.entry_list import EntryList
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.quantize_page.control import QuantizeControl
from desktop_llm.gui.quantize_page.jobs import JobModel
from desktop_llm.gui.quantize_page.wizard import Wizard
from desktop_llm.gui.quantize_page.wording import job_name
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import PassesFocus, button, label
from desktop_llm.quantize.types import Job, JobPhase

# The list's width, and its width where the page itself is not wider than that.
_LIST, _NARROW_LIST, _ROOMY = 280, 190, 860


class QuantizePage(PassesFocus):
    """GUI thread. `chat_asked`: a new model shall be loaded and chatted with. `ended`: a job has
    ended while the page was not on show. `progressed` says how far a job is, or nothing."""

    chat_asked = Signal(object)
    ended = Signal(object)
    progressed = Signal(str)

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        engine: ModelControl,
        fixes: Fixes,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._core = core
        self._fixes = fixes
        self._tasks = tasks
        self._background = background
        self._known_machine = False
        self.control = QuantizeControl(core, bridge, engine, tasks, background)
        self.control.setParent(self)
        self.wizard = Wizard(core, engine, self.control, theme, tasks, background)
        self.model = JobModel(self)
        self.list = EntryList(theme, self.tr("Quantize jobs"), self.model)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.new = button(self.tr("New"))
        self.new.setAccessibleName(self.tr("Quantize a model"))
        self.new.clicked.connect(self.begin_anew)
        self.empty = label(
            self.tr("What you quantize is listed here, with its figures, log and settings."),
            "small",
            wrap=True,
        )
        self.empty.setContentsMargins(L, 0, L, S)
        self._build()
        self._connect(engine)
        self._show_jobs()

    def first_control(self) -> QWidget:
        """That of the step on show."""
        return self.wizard.first_control()

    def close_page(self) -> None:
        """Stop listening to the jobs."""
        self.control.close()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tasks.start(self._read())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._left.setFixedWidth(_LIST if self.width() >= _ROOMY else _NARROW_LIST)

    def begin_anew(self) -> None:
        """Show the wizard."""
        self.wizard.begin_anew()

    def choose_model(self, path: Path) -> None:
        """Begin to quantize the model in `path`."""
        self.wizard.choose_model(path)

    def show_job(self, job_id: str) -> None:
        """Show one job of the list."""
        self.list.setCurrentIndex(self.model.index_of(job_id))

    def end_text(self, job: Job) -> str:
        """How a job has ended, in a sentence."""
        words = {
            JobPhase.DONE: self.tr("{name} is ready."),
            JobPhase.CANCELLED: self.tr("Quantizing to {name} was cancelled."),
        }.get(job.progress.phase, self.tr("Quantizing to {name} failed."))
        return words.format(name=job_name(job))

    async def _read(self) -> None:
        if not self._known_machine:
            machine = await self._background.run(self._core.machine)
            self._known_machine = True
            self.wizard.method.show_devices(machine.computes_on_gpu)
        await self.wizard.read_models()
        await self.control.open()

    def _show_jobs(self) -> None:
        """The list or a job of it has changed; what is on show stays on show."""
        shown = self._shown_id()
        self.model.show_jobs(self.control.jobs)
        self.empty.setVisible(not self.control.jobs)
        running = self.control.running
        self.progressed.emit(f"{running.progress.fraction:.0%}" if running else "")
        if shown:
            index = self.model.index_of(shown)
            if index.isValid():
                self.list.setCurrentIndex(index)
                self._show_chosen()
            else:
                self.begin_anew()
        self.wizard.refresh()

    def _shown_id(self) -> str:
        job = self.model.job(self.list.currentIndex())
        return job.id if job is not None else ""

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if index.isValid():
            self._show_chosen()

    def _show_chosen(self) -> None:
        job = self.model.job(self.list.currentIndex())
        if job is not None:
            self.wizard.show_job(job)

    def _started(self, job: Job) -> None:
        self.model.show_jobs(self.control.jobs)
        self.empty.hide()
        self.show_job(job.id)

    def _leave_jobs(self) -> None:
        self.list.setCurrentIndex(QModelIndex())
        self.list.clearSelection()

    def _ended(self, job: Job) -> None:
        if not self.isVisible():
            self.ended.emit(job)

    def _cancel(self) -> None:
        if job_id := self._shown_id():
            self.control.cancel(job_id)

    def _run_again(self, job: Job) -> None:
        self.wizard.run_again(job.request)

    def _forget(self, job: Job) -> None:
        self.control.forget(job.id)

    def _fix(self, fix: str, value: str, path: Path | None) -> None:
        self._fixes.carry_out(fix, value, path)

    async def _open_folder(self, folder: Path) -> None:
        there = await asyncio.to_thread(folder.is_dir)
        if there and QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            return
        words = self.tr("No program opened {folder}.") if there else self.tr("{folder} is gone.")
        hint = "" if there else self.tr("It was moved or deleted; run the job again.")
        raise AppError("quantize.no_folder", words.format(folder=folder), hint)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setContentsMargins(L, M, S, S)
        head.setSpacing(S)
        head.addWidget(label(self.tr("Quantize"), "title"), 1)
        head.addWidget(self.new)
        left = QFrame()
        left.setObjectName("masterList")
        left.setFixedWidth(_LIST)
        self._left = left
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, S)
        column.setSpacing(S)
        column.addLayout(head)
        column.addWidget(self.empty)
        column.addWidget(self.list, 1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(self.wizard, 1)

    def _connect(self, engine: ModelControl) -> None:
        self.control.changed.connect(self._show_jobs)
        self.control.ended.connect(self._ended)
        engine.changed.connect(self.wizard.refresh)
        wizard = self.wizard
        wizard.started.connect(self._started)
        wizard.asking.connect(self._leave_jobs)
        wizard.job_asked.connect(self.show_job)
        wizard.profile_asked.connect(
            lambda path: self._fixes.profile_wanted.emit(path, "quantization")
        )
        wizard.fix_asked.connect(self._fix)
        wizard.run.cancel_asked.connect(self._cancel)
        wizard.result.load_asked.connect(self.chat_asked)
        wizard.result.folder_asked.connect(
            lambda folder: self._tasks.start(self._open_folder(folder))
        )
        wizard.result.again_asked.connect(self._run_again)
        wizard.result.forget_asked.connect(self._forget)
