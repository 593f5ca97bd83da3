"""The fifth step: a job under way."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Signal

from desktop_llm.core.units import format_count
from desktop_llm.gui.progress_card import ProgressCard
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
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import Card, breakable, label
from desktop_llm.quantize.types import Job


class RunStep(StepPage):
    """GUI thread."""

    cancel_asked = Signal()

    def __init__(self, theme: Theme, tasks: Tasks, control: QuantizeControl) -> None:
        super().__init__("")
        self._control = control
        self.card = ProgressCard(self.tr("Progress of the job"), self.tr("Cancel the job"))
        self.card.cancel_asked.connect(self.cancel_asked)
        self.part = label("", "muted", wrap=True)
        self.card.body.addWidget(self.part)
        self.samples = label("", "small")
        self.card.body.addWidget(self.samples)
        self.warnings = Card("warning")
        self._warning_words = label("", wrap=True)
        self.warnings.body.addWidget(self._warning_words)
        self.settings = Rows()
        fold = Fold(theme, self.tr("All settings of this job"))
        fold.body.addWidget(self.settings)
        self.log = LogFold(theme, tasks, control.log_text)
        for part in (self.card, self.warnings, fold, self.log):
            self.body.addWidget(part)
        self.words.setText(
            self.tr(
                "The job goes on while you chat or look at other pages. The original is only "
                "read; the new model appears when it is whole."
            )
        )
        self.words.show()
        self.body.addStretch()

    def show_job(self, job: Job) -> None:
        """Show `job`, which has not ended."""
        progress = job.progress
        cancelling = job.id in self._control.cancelling
        self.heading.setText(breakable(job_name(job)))
        phase = self.tr("Cancelling…") if cancelling else phase_text(progress.phase)
        self.card.show_progress(phase, progress.fraction, progress.elapsed_s, progress.left_s)
        self.part.setText(part_text(progress))
        self.part.setVisible(bool(self.part.text()))
        self.card.cancel.setText(self.tr("Cancelling…") if cancelling else self.tr("Cancel"))
        self.card.cancel.setEnabled(not cancelling)
        self.samples.setText(samples_used(job))
        self.samples.setVisible(bool(self.samples.text()))
        self._warning_words.setText("\n".join(translated(words) for words in job.warnings))
        self.warnings.setVisible(bool(job.warnings))
        self.settings.show_rows(request_rows(job.request))
        self.log.show_job(job.id, grows=True)


def samples_used(job: Job) -> str:
    """How much calibration text the job reads, once it has told."""
    # A job tells the tokens, in samples of exactly one length.
    used = int(job.facts.get("tokens_used", 0)) // job.request.settings.sequence_length
    if not used:
        return ""
    words = QCoreApplication.translate("Quantize", "{count} calibration samples used")
    return words.format(count=format_count(used))
