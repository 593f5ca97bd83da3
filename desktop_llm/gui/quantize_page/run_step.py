"""The fifth step: a job under way."""

from __future__ import annotations

import time

from PySide6.QtCore import QCoreApplication, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.gui.quantize_page.cards import Fold, Rows, StepPage
from desktop_llm.gui.quantize_page.control import QuantizeControl
from desktop_llm.gui.quantize_page.log_fold import LogFold
from desktop_llm.gui.quantize_page.progress_text import part_text
from desktop_llm.gui.quantize_page.wording import (
    job_name,
    phase_text,
    request_rows,
)
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.widgets import Card, breakable, button, label
from desktop_llm.quantize.types import Job

_TICK_MS = 500


class RunStep(StepPage):
    """GUI thread. The clock ticks between a job's reports."""

    cancel_asked = Signal()

    def __init__(self, theme: Theme, tasks: Tasks, control: QuantizeControl) -> None:
        super().__init__("")
        self._control = control
        self._theme = theme
        self._job: Job | None = None
        self._seen_at = 0.0
        self.stage = label("", "section")
        self.times = label("", "small")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName(self.tr("Progress of the job"))
        self.part = label("", "muted", wrap=True)
        self.cancel = button(self.tr("Cancel"))
        self.cancel.setAccessibleName(self.tr("Cancel the job"))
        self.cancel.clicked.connect(self.cancel_asked)
        card = Card()
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.stage, 1)
        row.addWidget(self.times)
        row.addWidget(self.cancel)
        card.body.addLayout(row)
        card.body.addWidget(self.bar)
        card.body.addWidget(self.part)
        self.samples = label("", "small")
        card.body.addWidget(self.samples)
        self.warnings = Card("warning")
        self._warning_words = label("", wrap=True)
        self.warnings.body.addWidget(self._warning_words)
        self.settings = Rows()
        fold = Fold(theme, self.tr("All settings of this job"))
        fold.body.addWidget(self.settings)
        self.log = LogFold(theme, tasks, control.log_text)
        for part in (card, self.warnings, fold, self.log):
            self.body.addWidget(part)
        self.words.setText(
            self.tr(
                "The job goes on while you chat or look at other pages. The original is only "
                "read; the new model appears when it is whole."
            )
        )
        self.words.show()
        self.body.addStretch()
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.setFocusProxy(self.cancel)

    def show_job(self, job: Job) -> None:
        """Show `job`, which has not ended."""
        if self._job is None or job.progress != self._job.progress:
            self._seen_at = time.monotonic()
        self._job = job
        progress = job.progress
        cancelling = job.id in self._control.cancelling
        self.heading.setText(breakable(job_name(job)))
        percent = f"{progress.fraction:.0%}"
        phase = self.tr("Cancelling…") if cancelling else phase_text(progress.phase)
        self.stage.setText(f"{phase} · {percent}")
        self.bar.setValue(round(progress.fraction * 1000))
        self.bar.setAccessibleDescription(f"{phase}, {percent}")
        self.part.setText(part_text(progress))
        self.part.setVisible(bool(self.part.text()))
        self.cancel.setText(self.tr("Cancelling…") if cancelling else self.tr("Cancel"))
        self.cancel.setEnabled(not cancelling)
        self.samples.setText(samples_used(job))
        self.samples.setVisible(bool(self.samples.text()))
        self._warning_words.setText("\n".join(translated(words) for words in job.warnings))
        self.warnings.setVisible(bool(job.warnings))
        self.settings.show_rows(request_rows(job.request))
        self.log.show_job(job.id, grows=True)
        self._tick()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

    def _tick(self) -> None:
        if self._job is None:
            return
        progress = self._job.progress
        passed = time.monotonic() - self._seen_at
        elapsed = format_seconds(max(1.0, round(progress.elapsed_s + passed)))
        if progress.left_s is None:
            self.times.setText(elapsed)
            return
        left = format_seconds(max(1.0, round(progress.left_s - passed)))
        self.times.setText(self.tr("{passed}, about {left} left").format(passed=elapsed, left=left))


def samples_used(job: Job) -> str:
    """How much calibration text the job reads, once it has told."""
    # A job tells the tokens, in samples of exactly one length.
    used = int(job.facts.get("tokens_used", 0)) // job.request.settings.sequence_length
    if not used:
        return ""
    words = QCoreApplication.translate("Quantize", "{count} calibration samples used")
    return words.format(count=format_count(used))
