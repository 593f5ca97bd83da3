"""The last step, and every past job: what came of it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_llm.core.errors import Fix
from desktop_llm.core.units import format_bytes, format_count, format_seconds
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.quantize_page.answers import Answers
from desktop_llm.gui.quantize_page.cards import Fold, FoldingRow, Rows, StepPage
from desktop_llm.gui.quantize_page.control import QuantizeControl
from desktop_llm.gui.quantize_page.figures import FigureTable
from desktop_llm.gui.quantize_page.log_fold import LogFold
from desktop_llm.gui.quantize_page.wording import (
    date_text,
    job_name,
    method_text,
    phase_text,
    request_rows,
)
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import M, S, Theme
from desktop_llm.gui.widgets import Card, breakable, button, hairline, label
from desktop_llm.quantize.types import Job, JobPhase


class ResultStep(StepPage):
    """GUI thread. `load_asked` and `folder_asked` carry the new model's folder, `again_asked` and
    `forget_asked` the job; `fix_asked` fix and value."""

    load_asked = Signal(object)
    folder_asked = Signal(object)
    again_asked = Signal(object)
    forget_asked = Signal(object)
    fix_asked = Signal(str, str)

    def __init__(self, theme: Theme, tasks: Tasks, control: QuantizeControl) -> None:
        super().__init__("")
        self.job: Job | None = None
        self.verdict = label("", "verdict", wrap=True)
        self.failure = ErrorCard()
        self.failure.fix_asked.connect(self._fix)
        self.warnings = Card("warning")
        self._warning_words = label("", wrap=True)
        self.warnings.body.addWidget(self._warning_words)
        self.load = button(self.tr("Load and chat"), "primary")
        self.load.clicked.connect(lambda: self.load_asked.emit(self._output()))
        self.folder = button(self.tr("Open folder"))
        self.folder.clicked.connect(lambda: self.folder_asked.emit(self._output()))
        self.again = button(self.tr("Run again"))
        self.again.setToolTip(self.tr("Begin from these settings; you can change them first."))
        self.again.clicked.connect(lambda: self.again_asked.emit(self.job))
        self.forget = button(self.tr("Forget"), "quiet")
        self.forget.setToolTip(self.tr("Take this job off the list. The model stays."))
        self.forget.clicked.connect(lambda: self.forget_asked.emit(self.job))
        self.table = FigureTable()
        self.facts = label("", "small", wrap=True)
        self.answers = Answers()
        self._answers = QWidget()
        self.settings = Rows()
        self.log = LogFold(theme, tasks, control.log_text)
        self._build(theme)

    def show_job(self, job: Job) -> None:
        """Show a job that has ended."""
        if job is self.job:
            return
        another = self.job is None or job.id != self.job.id
        self.job = job
        result, phase = job.result, job.progress.phase
        done = phase is JobPhase.DONE and result is not None
        self.heading.setText(breakable(job_name(job)))
        self.words.setText(_state_line(job))
        self.words.show()
        self.failure.show_error(job.failure)
        self.failure.set_tone("danger" if phase is JobPhase.FAILED else "warning")
        for press in (self.load, self.folder):
            press.setVisible(done)
        self._buttons.fold()
        self.verdict.setText(verdict_text(job))
        self.verdict.setVisible(bool(self.verdict.text()))
        self._warning_words.setText("\n".join(translated(words) for words in job.warnings))
        self.warnings.setVisible(bool(job.warnings))
        self._figures.setVisible(done)
        answered = False
        if result is not None:
            self.table.show_job(job)
            answered = any(m is not None and m.answers for m in (result.before, result.after))
            if answered:
                self.answers.show_result(result)
        self._answers.setVisible(answered)
        self.facts.setText(_facts(job))
        self.facts.setVisible(bool(self.facts.text()))
        self.settings.show_rows(request_rows(job.request))
        self.log.show_job(job.id, grows=False)
        if another:
            self.log.set_open(phase is JobPhase.FAILED)
            self.verticalScrollBar().setValue(0)

    def first_button(self) -> QWidget:
        """What the focus goes to."""
        done = self.job is not None and self.job.progress.phase is JobPhase.DONE
        return self.load if done else self.again

    def _fix(self, fix: str, value: str) -> None:
        """The log of a job is here, not the engine's."""
        if Fix(fix) is Fix.SHOW_LOG:
            self.log.set_open(True)
            self.log.text.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.fix_asked.emit(fix, value)

    def _output(self) -> Path:
        assert self.job is not None
        return self.job.request.output

    def _build(self, theme: Theme) -> None:
        buttons = (self.load, self.folder, self.again, self.forget)
        self._buttons = FoldingRow(buttons, S, stretch=False)
        self._figures = Card()
        self._figures.body.addWidget(self.table)
        answers = QVBoxLayout(self._answers)
        answers.setContentsMargins(0, S, 0, 0)
        answers.setSpacing(M)
        answers.addWidget(hairline())
        answers.addWidget(label(self.tr("The same prompts, both models"), "section"))
        answers.addWidget(self.answers)
        fold = Fold(theme, self.tr("All settings of this job"))
        fold.body.addWidget(self.settings)
        for part in (self.verdict, self.failure, self.warnings):
            self.body.addWidget(part)
        self.body.addWidget(self._buttons)
        for below in (self._figures, self.facts, self._answers, fold, self.log):
            self.body.addWidget(below)
        self.body.addStretch()


def verdict_text(job: Job) -> str:
    """What quantizing cost and gained, in a sentence; empty where it was not measured."""
    result = job.result
    if result is None or result.before is None or result.after is None:
        return ""
    from desktop_llm.quantize.evaluation import verdict

    return translated(verdict(result.before, result.after))


def _state_line(job: Job) -> str:
    parts = [phase_text(job.progress.phase), method_text(job.request.settings)]
    parts.append(date_text(job.started_at))
    return " · ".join(parts)


def _facts(job: Job) -> str:
    """What the job took, in a line."""
    translate = QCoreApplication.translate
    parts = []
    result = job.result
    seconds = result.seconds if result is not None else job.progress.elapsed_s
    if seconds:
        parts.append(translate("Quantize", "Took {time}").format(time=format_seconds(seconds)))
    if result is not None and result.peak_bytes:
        peak = format_bytes(result.peak_bytes)
        parts.append(translate("Quantize", "{size} peak memory").format(size=peak))
    used = result.samples_used if result is not None else 0
    if used:
        words = translate("Quantize", "{count} calibration samples used")
        parts.append(words.format(count=format_count(used)))
    if tokens := job.facts.get("tokens_used"):
        words = translate("Quantize", "{count} tokens")
        parts.append(words.format(count=format_count(int(tokens))))
    return " · ".join(parts)
