"""The context meter: how much of the model's context the next prompt would take."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from desktop_llm.chat.types import ContextUsage
from desktop_llm.core.units import format_count
from desktop_llm.gui.theme import S
from desktop_llm.gui.widgets import label, restyle

NEAR = 0.85


class ContextMeter(QWidget):
    """A thin bar and a count: quiet, amber when near the limit, red with the counts when over."""

    def __init__(self) -> None:
        super().__init__()
        self._bar = QProgressBar()
        self._bar.setObjectName("meterBar")
        self._bar.setTextVisible(False)
        self._bar.setRange(0, 1000)
        self._bar.setFixedWidth(72)
        self._bar.setAccessibleName(self.tr("Context used"))
        self.words = label("", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        row.addWidget(self._bar)
        row.addWidget(self.words)
        row.addStretch()
        self.show_nothing()

    @property
    def tone(self) -> str:
        """Empty, warning or danger."""
        return str(self._bar.property("tone") or "")

    def show_nothing(self, reason: str = "") -> None:
        """There is no count; say why, if there is something to say."""
        self._bar.hide()
        self._set(reason, "", reason)

    def show_usage(self, usage: ContextUsage) -> None:
        """Show the prompt, as it would be sent now, against the context."""
        prompt, limit = format_count(usage.prompt_tokens), format_count(usage.limit_tokens)
        reserve = format_count(usage.reserve_tokens)
        whole = self.tr(
            "Prompt {prompt} tokens + {reserve} reserved for the answer; context {limit} tokens"
        ).format(prompt=prompt, reserve=reserve, limit=limit)
        share = (usage.prompt_tokens + usage.reserve_tokens) / max(1, usage.limit_tokens)
        if usage.over_budget:
            text, tone = self._over(usage), "danger"
        else:
            text = self.tr("{prompt} of {limit} tokens").format(prompt=prompt, limit=limit)
            tone = "warning" if share >= NEAR else ""
        if usage.dropped_turns:
            dropped = self._dropped(usage.dropped_turns)
            text, tone = f"{text} · {dropped}", tone or "warning"
        self._bar.show()
        self._bar.setValue(
            min(1000, round(1000 * usage.prompt_tokens / max(1, usage.limit_tokens)))
        )
        self._set(text, tone, whole)

    def _dropped(self, turns: int) -> str:
        if turns == 1:
            return self.tr("the oldest turn will be left out")
        return self.tr("the {count} oldest turns will be left out").format(count=turns)

    def _over(self, usage: ContextUsage) -> str:
        return self.tr("{prompt} + {reserve} reserved is over {limit} tokens by {over}").format(
            prompt=format_count(usage.prompt_tokens),
            reserve=format_count(usage.reserve_tokens),
            limit=format_count(usage.limit_tokens),
            over=format_count(usage.prompt_tokens + usage.reserve_tokens - usage.limit_tokens),
        )

    def _set(self, text: str, tone: str, whole: str) -> None:
        self.words.setText(text)
        self.setToolTip(whole)
        self._bar.setAccessibleDescription(whole)
        role = {"danger": "error", "warning": "warning"}.get(tone, "small")
        if self.words.property("role") != role:
            restyle(self.words, role=role)
        if self.tone != tone:
            restyle(self._bar, tone=tone)
