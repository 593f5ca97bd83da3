"""The alerts that last, and those that are over: when, what, for how long, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QDateTime, QLocale, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop_llm.core.units import format_seconds
from desktop_llm.gui.fix_labels import fix_label
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import XL, L, M, S
from desktop_llm.gui.widgets import Card, breakable, button, clear_layout, label
from desktop_llm.telemetry.alerts import PAST_KEPT, Alert

_WIDEST = 860


class AlertList(QScrollArea):
    """GUI thread. `fix_asked` carries the alert whose fix a person wants, `settings_asked` is for
    the thresholds."""

    fix_asked = Signal(object)
    settings_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._shown: tuple[tuple[Alert, ...], tuple[Alert, ...]] | None = None
        self.rows: list[AlertRow] = []
        self.none_yet = label(
            self.tr(
                "No alert has been raised since the app was started. You are told when the KV "
                "cache or the VRAM is nearly full, a GPU is slowed down, the first token takes "
                "long or requests are preempted."
            ),
            "muted",
            wrap=True,
        )
        self.settings = button(self.tr("Change the thresholds"), "quiet")
        self.settings.clicked.connect(self.settings_asked)
        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(_WIDEST)
        self._list = QVBoxLayout()
        self._list.setSpacing(S)
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, 0, XL, XL)
        column.setSpacing(M)
        column.addWidget(self.none_yet)
        column.addLayout(self._list)
        column.addWidget(
            label(
                self.tr("The last {count} are kept until the app is closed.").format(
                    count=PAST_KEPT
                ),
                "small",
            )
        )
        column.addWidget(self.settings, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Alerts"))
        self.setWidget(content)

    def show_alerts(self, active: Sequence[Alert], past: Sequence[Alert], now: float) -> None:
        """Show those that last and then those that are over, latest first. `now` as theirs."""
        shown = (tuple(reversed(active)), tuple(past))
        if shown != self._shown:
            self._shown = shown
            clear_layout(self._list)
            self.rows = [AlertRow(alert) for alert in (*shown[0], *shown[1])]
            for row in self.rows:
                row.fix_asked.connect(self.fix_asked)
                self._list.addWidget(row)
            self.none_yet.setVisible(not self.rows)
        for row in self.rows[: len(shown[0])]:
            row.show_age(now)


class AlertRow(Card):
    """One alert. One that lasts is tinted, and has a button for what helps."""

    fix_asked = Signal(object)

    def __init__(self, alert: Alert) -> None:
        lasts = alert.cleared_at is None
        super().__init__("warning" if lasts else "", spacing=2)
        self.alert = alert
        self.time = label(_time(alert.raised_at), "small")
        self.age = label("", "small")
        self.message = label(breakable(translated(alert.message)), "section", wrap=True)
        self.hint = label(breakable(translated(alert.hint)), "muted", wrap=True)
        head = QHBoxLayout()
        head.setSpacing(L)
        head.addWidget(self.time)
        head.addStretch(1)
        head.addWidget(self.age)
        self.body.addLayout(head)
        self.body.addWidget(self.message)
        self.body.addWidget(self.hint)
        self.fix = button(fix_label(alert.fix))
        if lasts and self.fix.text():
            self.fix.clicked.connect(lambda: self.fix_asked.emit(alert))
            self.body.addSpacing(S - 2)
            self.body.addWidget(self.fix, 0, Qt.AlignmentFlag.AlignLeft)
        else:
            self.fix.setParent(self)
            self.fix.hide()
        if alert.cleared_at is not None:
            duration = format_seconds(alert.cleared_at - alert.raised_at)
            self.age.setText(self.tr("lasted {duration}").format(duration=duration))

    def show_age(self, now: float) -> None:
        """Say for how long it has lasted."""
        duration = format_seconds(max(0.0, now - self.alert.raised_at))
        self.age.setText(self.tr("for {duration} now").format(duration=duration))


def _time(epoch: float) -> str:
    """The clock time, with the day where it is not today."""
    moment = QDateTime.fromSecsSinceEpoch(round(epoch))
    today = moment.date() == QDateTime.currentDateTime().date()
    return QLocale().toString(moment, "HH:mm:ss" if today else "ddd HH:mm:ss")
