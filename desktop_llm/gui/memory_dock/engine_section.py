"""The KV cache and the engine's figures in the dock."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.gui.memory_dock.block_cells import HeldBy, block_cells
from desktop_llm.gui.memory_dock.block_map import COLOR_OF, BlockMap, holding_text
from desktop_llm.gui.memory_dock.request_colors import RequestColors
from desktop_llm.gui.memory_dock.sparkline import Sparkline
from desktop_llm.gui.memory_dock.stacked_bar import Swatch
from desktop_llm.gui.theme import XS, S, Theme
from desktop_llm.gui.widgets import ElidedLabel, label

_STEPS = 1000


class EngineSection(QWidget):
    """GUI thread."""

    def __init__(self, theme: Theme, colors: RequestColors) -> None:
        super().__init__()
        self.usage = QProgressBar()
        self.usage.setRange(0, _STEPS)
        self.usage.setTextVisible(False)
        self.usage.setAccessibleName(self.tr("KV cache usage"))
        self.tokens = label("", "small")
        self.blocks = BlockMap(theme, colors)
        self.scale = label("", "small", wrap=True)
        self._keys = {
            HeldBy.SHARED: Key(theme, COLOR_OF[HeldBy.SHARED]),
            HeldBy.READING: Key(theme, COLOR_OF[HeldBy.READING]),
            HeldBy.FREE: Key(theme, COLOR_OF[HeldBy.FREE]),
        }
        self.usage_trend = Sparkline(
            theme, "part_kv_used", self.tr("KV cache usage, the last 2 minutes")
        )
        self.speed_trend = Sparkline(
            theme, "part_weights", self.tr("Generation, the last 2 minutes")
        )
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
            trend = name == "speed"
            grid.addWidget(label(text, "small"), row, 0, 1, 1 if trend else 2)
            self.figures[name].setAccessibleName(text)
            grid.addWidget(self.figures[name], row, 2, Qt.AlignmentFlag.AlignRight)
            if trend:
                grid.addWidget(self.speed_trend, row, 1, Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("KV cache"), "section"), 1)
        head.addWidget(self.usage_trend)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        column.addLayout(head)
        column.addWidget(self.usage)
        column.addWidget(self.tokens)
        column.addSpacing(XS)
        column.addWidget(self.blocks)
        column.addSpacing(XS)
        column.addWidget(self.scale)
        for key in self._keys.values():
            column.addWidget(key)
        column.addSpacing(XS)
        column.addLayout(grid)

    def show_statistics(
        self, statistics: EngineStatistics, requests: Sequence[EngineRequest]
    ) -> None:
        """Show the engine's figures of this moment, and which request holds what of its cache."""
        self._show_blocks(statistics, requests)
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

    def show_trends(self, recent: Callable[[str], Sequence[float]]) -> None:
        """Show how usage and speed were; `recent` tells a figure's last values by its name."""
        self.usage_trend.show_values(recent("engine.kv_usage"), 1.0)
        self.speed_trend.show_values(recent("engine.generation_tokens_per_s"))

    def _show_blocks(self, statistics: EngineStatistics, requests: Sequence[EngineRequest]) -> None:
        cells = block_cells(statistics, requests)
        self.blocks.show_cells(cells)
        self.blocks.setVisible(cells.count > 0)
        self.scale.setVisible(cells.count > 0)
        tokens = format_count(cells.per_cell * statistics.kv_block_size)
        self.scale.setText(
            self.tr("1 cell = 1 block ({tokens} tokens)").format(tokens=tokens)
            if cells.per_cell == 1
            else self.tr(
                "1 cell = {blocks} blocks ({tokens} tokens); each request has at least one"
            ).format(blocks=format_count(cells.per_cell), tokens=tokens)
        )
        held = {holding.by: holding for holding, _ in cells.shares if holding.request is None}
        for by, key in self._keys.items():
            key.show_text(holding_text(held[by]) if by in held else "")


class Key(QWidget):
    """What a colour of the block map means. Hidden while it is not in the map."""

    def __init__(self, theme: Theme, color: str) -> None:
        super().__init__()
        swatch = Swatch(theme)
        swatch.show_color(color)
        self.text = ElidedLabel("", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        row.addWidget(swatch, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.text, 1)
        self.hide()

    def show_text(self, text: str) -> None:
        """Say `text`; nothing hides it."""
        self.text.setText(text)
        self.setVisible(bool(text))
