"""The KV cache and the engine's figures in the dock."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QProgressBar, QVBoxLayout, QWidget

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.engine.statistics import EngineStatistics
from desktop_llm.gui.theme import XS, S
from desktop_llm.gui.widgets import label

_STEPS = 1000


class EngineSection(QWidget):
    """GUI thread."""

    def __init__(self) -> None:
        super().__init__()
        self.usage = QProgressBar()
        self.usage.setRange(0, _STEPS)
        self.usage.setTextVisible(False)
        self.usage.setAccessibleName(self.tr("KV cache usage"))
        self.tokens = label("", "small")
        self.figures = {
            "block": label(),
            "running": label(),
            "waiting": label(),
            "preemptions": label(),
            "prefix": label(),
            "speed": label(),
            "ttft": label(),
        }
        names = {
            "block": self.tr("Block size"),
            "running": self.tr("Running requests"),
            "waiting": self.tr("Waiting requests"),
            "preemptions": self.tr("Preemptions"),
            "prefix": self.tr("Prefix cache hits"),
            "speed": self.tr("Generation"),
            "ttft": self.tr("TTFT (median)"),
        }
        grid = QGridLayout()
        grid.setVerticalSpacing(2)
        grid.setHorizontalSpacing(S)
        grid.setColumnStretch(0, 1)
        for row, (name, text) in enumerate(names.items()):
            grid.addWidget(label(text, "small"), row, 0)
            self.figures[name].setAccessibleName(text)
            grid.addWidget(self.figures[name], row, 1, Qt.AlignmentFlag.AlignRight)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addWidget(label(self.tr("KV cache"), "section"))
        column.addWidget(self.usage)
        column.addWidget(self.tokens)
        column.addLayout(grid)

    def show_statistics(self, statistics: EngineStatistics) -> None:
        """Show the engine's figures of this moment."""
        self.usage.setValue(round(statistics.kv_usage * _STEPS))
        self.tokens.setText(
            self.tr("{used} of {capacity} tokens · {percent} %").format(
                used=format_count(statistics.kv_tokens_used),
                capacity=format_count(statistics.kv_capacity_tokens),
                percent=f"{statistics.kv_usage * 100:.0f}",
            )
        )
        hits, ttft = statistics.prefix_hit_rate, statistics.ttft_s
        texts = {
            "block": self.tr("{count} tokens").format(count=statistics.kv_block_size),
            "running": format_count(statistics.running),
            "waiting": format_count(statistics.waiting),
            "preemptions": format_count(statistics.preemptions),
            "prefix": self.tr("none yet") if hits is None else f"{hits * 100:.0f} %",
            "speed": self.tr("{speed} tok/s").format(
                speed=f"{statistics.generation_tokens_per_s:.1f}"
            ),
            "ttft": self.tr("none yet") if ttft.p50 is None else format_seconds(ttft.p50),
        }
        for name, text in texts.items():
            self.figures[name].setText(text)
