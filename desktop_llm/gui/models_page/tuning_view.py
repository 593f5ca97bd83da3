"""A load profile suggested from past chats: what would change, what that gives, and one click."""

from __future__ import annotations

import math

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import M, S
from desktop_llm.gui.widgets import button, clear_layout, label
from desktop_llm.models.tuning import FEWEST_ANSWERS, Proposal, Setting, Tuning


class TuningView(QWidget):
    """GUI thread. `asked`: a suggestion is wanted; `apply_asked` carries its load profile."""

    asked = Signal()
    apply_asked = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.tuning: Tuning | None = None
        self.press = button(self.tr("Suggest from your chats"), "quiet")
        self.press.setToolTip(
            self.tr("Looks at how long your past prompts and answers were. Nothing leaves the app.")
        )
        self.press.clicked.connect(self.asked)
        self.said = label("", "muted", wrap=True)
        self.proposals = QGridLayout()
        self.proposals.setHorizontalSpacing(M)
        self.proposals.setVerticalSpacing(S // 2)
        self.proposals.setColumnStretch(1, 1)
        self.use = button(self.tr("Apply the suggestion"))
        self.use.clicked.connect(self._apply)
        self.dismiss = button(self.tr("Dismiss"), "quiet")
        self.dismiss.clicked.connect(self.clear)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        buttons.addWidget(self.use)
        buttons.addWidget(self.dismiss)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        head = QHBoxLayout()
        head.setSpacing(M)
        head.addWidget(self.said, 1)
        head.addWidget(self.press)
        column.addLayout(head)
        column.addLayout(self.proposals)
        column.addLayout(buttons)
        self.clear()

    def clear(self) -> None:
        """Say what can be asked for."""
        self._say(self.tr("Fit the load profile to the length of your chats."), None)

    def show_too_few(self, answers: int) -> None:
        """Say that past chats tell too little yet."""
        if answers == 0:
            words = self.tr("There are no finished answers yet; a suggestion needs {needed}.")
        else:
            words = self.tr(
                "A suggestion needs {needed} finished answers; there are {count} so far."
            )
        needed = format_count(FEWEST_ANSWERS)
        self._say(words.format(needed=needed, count=format_count(answers)), None)

    def show_tuning(self, tuning: Tuning) -> None:
        """Show what is proposed and what each change gives."""
        words = self.tr(
            "Of {count} past answers, 95 % had a prompt of at most {prompt} tokens and 95 % were "
            "at most {answer} tokens long."
        ).format(
            count=format_count(tuning.answers),
            prompt=format_count(tuning.prompt_tokens),
            answer=format_count(tuning.answer_tokens),
        )
        if tuning.proposals:
            words += " " + self.tr(
                "A context of {tokens} tokens would have held {percent} % of them."
            ).format(
                tokens=format_count(tuning.profile.context_length or 0),
                percent=math.floor(tuning.covered * 100),
            )
        else:
            words += " " + self.tr("The load profile suits that already.")
        self._say(words, tuning)

    def _say(self, words: str, tuning: Tuning | None) -> None:
        self.tuning = tuning
        self.said.setText(words)
        clear_layout(self.proposals)
        found = tuning.proposals if tuning else ()
        for place, proposal in enumerate(found):
            name = label(_setting_name(proposal.setting), "muted")
            self.proposals.addWidget(name, 2 * place, 0, Qt.AlignmentFlag.AlignTop)
            self.proposals.addWidget(label(_change_text(proposal)), 2 * place, 1)
            gives = label(translated(proposal.text), "small", wrap=True)
            self.proposals.addWidget(gives, 2 * place + 1, 1)
        self.use.setVisible(bool(found))
        self.press.setVisible(tuning is None)
        self.dismiss.setVisible(tuning is not None)

    def _apply(self) -> None:
        if self.tuning is not None:
            self.apply_asked.emit(self.tuning.profile)


def _setting_name(setting: Setting) -> str:
    translate = QCoreApplication.translate
    return {
        Setting.CONTEXT: translate("Tuning", "Context length"),
        Setting.BATCHED_TOKENS: translate("Tuning", "Max batched tokens"),
        Setting.KV_CACHE: translate("Tuning", "KV cache"),
    }[setting]


def _change_text(proposal: Proposal) -> str:
    """``131,072 → 8,192 tokens``."""
    translate = QCoreApplication.translate
    if proposal.setting is Setting.KV_CACHE:
        before = (
            translate("Tuning", "automatic")
            if proposal.before is None
            else format_bytes(proposal.before)
        )
        return f"{before} → {format_bytes(proposal.after)}"
    before = format_count(proposal.before or 0)
    return translate("Tuning", "{before} → {after} tokens").format(
        before=before, after=format_count(proposal.after)
    )
