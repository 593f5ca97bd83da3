"""The question before the app is left while it makes a model."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.units import format_seconds
from desktop_llm.gui.theme import XL, L, S
from desktop_llm.gui.widgets import button, label
from desktop_llm.quantize.types import Job


class LeavingDialog(QDialog):
    """Asks before a quantize job is stopped by the app's end. GUI thread.

    `left` is emitted when the person leaves all the same. It belongs to the window alone, which
    stays as it is behind it.
    """

    left = Signal()

    def __init__(self, job: Job, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowModality(Qt.WindowModality.WindowModal)
        self.setWindowTitle(self.tr("Quit Desktop LLM?"))
        self.stay = button(self.tr("Keep working"), "primary")
        self.stay.clicked.connect(self.reject)
        self.leave = button(self.tr("Stop the job and quit"))
        self.leave.clicked.connect(self._leave)
        for press in (self.stay, self.leave):
            press.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addStretch()
        row.addWidget(self.leave)
        row.addWidget(self.stay)
        column = QVBoxLayout(self)
        column.setContentsMargins(XL, XL, XL, L)
        column.setSpacing(L)
        column.addWidget(label(self._heading(job), "title"))
        self.words = label(
            self.tr(
                "Quitting stops the job and removes what it has written so far. The model it "
                "reads from stays as it is, and the job can be run again from the Quantize page."
            ),
            "muted",
            wrap=True,
        )
        column.addWidget(self.words)
        column.addLayout(row)
        self.setMinimumWidth(460)
        self.stay.setDefault(True)
        self.stay.setFocus()

    def _heading(self, job: Job) -> str:
        name, done = job.request.output.name, f"{job.progress.fraction:.0%}"
        if job.progress.left_s is None:
            return self.tr("“{name}” is being made: {done}").format(name=name, done=done)
        left = format_seconds(max(1.0, round(job.progress.left_s)))
        return self.tr("“{name}” is being made: {done}, about {left} left").format(
            name=name, done=done, left=left
        )

    def _leave(self) -> None:
        self.accept()
        self.left.emit()
