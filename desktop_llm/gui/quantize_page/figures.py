"""What a model cost and gained, as figures before and after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from desktop_llm.core.units import format_bytes, format_count, format_seconds
from desktop_llm.gui.quantize_page.wording import original_bytes
from desktop_llm.gui.theme import L, S
from desktop_llm.gui.widgets import ElidedLabel, clear_layout, hairline, label
from desktop_llm.quantize.perplexity import change
from desktop_llm.quantize.types import Job, Measurement

# Nearer to one another than this, two timings of a few runs are alike, and have no colour.
_ALIKE = 0.1


@dataclass(frozen=True)
class Figure:
    """One row; `better` is None where the change is too small to say, or there is none."""

    name: str
    before: str
    after: str
    change: str = ""
    better: bool | None = None


def figures(job: Job) -> Iterator[Figure]:
    """Every figure that was measured on at least one side; of the sizes, what is known."""
    result = job.result
    if result is None:
        return
    translate = QCoreApplication.translate
    before, after = result.before, result.after
    if after is None:
        size = translate("Quantize", "Size on disk")
        yield _figure(
            size, original_bytes(job), result.output_bytes, format_bytes, lower_is_better=True
        )
        return
    rows: tuple[tuple[str, Callable[[Measurement], float | None], Callable, bool], ...] = (
        (translate("Quantize", "Size on disk"), lambda m: m.disk_bytes, format_bytes, True),
        (translate("Quantize", "Weight memory"), lambda m: m.weight_bytes, format_bytes, True),
        (translate("Quantize", "Load time"), lambda m: m.load_s, format_seconds, True),
        (translate("Quantize", "TTFT"), lambda m: m.ttft_ms, _milliseconds, True),
        (translate("Quantize", "Speed, 1 stream"), lambda m: m.tokens_per_s, _speed, False),
        (translate("Quantize", "Speed, 16 streams"), lambda m: m.tokens_per_s_16, _speed, False),
        (translate("Quantize", "KV cache tokens that fit"), lambda m: m.kv_tokens, _count, False),
    )
    if (row := _perplexity(before, after)) is not None:
        yield row
    for name, value, write, lower_is_better in rows:
        old = value(before) if before is not None else None
        new = value(after)
        if old is not None or new is not None:
            yield _figure(name, old, new, write, lower_is_better=lower_is_better)


class FigureTable(QWidget):
    """The figures in columns: before, after, change. GUI thread."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(S - 2)
        self._grid.setColumnStretch(0, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.shown: tuple[Figure, ...] = ()

    def show_job(self, job: Job) -> None:
        """Replace what is shown."""
        self.shown = tuple(figures(job))
        clear_layout(self._grid)
        heads = (self.tr("Before"), self.tr("After"), self.tr("Change"))
        for column, text in enumerate(heads, start=1):
            head = label(text, "small")
            self._grid.addWidget(head, 0, column, Qt.AlignmentFlag.AlignRight)
        self._grid.addWidget(hairline(), 1, 0, 1, 4)
        for row, figure in enumerate(self.shown, start=2):
            tone = {True: "better", False: "worse", None: "muted"}[figure.better]
            name = ElidedLabel(figure.name, "muted")
            self._grid.addWidget(name, row, 0)
            for column, (text, role) in enumerate(
                ((figure.before, ""), (figure.after, "section"), (figure.change, tone)), start=1
            ):
                cell = label(text, role)
                cell.setAccessibleName(f"{figure.name}, {heads[column - 1]}: {text}")
                cell.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
                self._grid.addWidget(cell, row, column, Qt.AlignmentFlag.AlignRight)


def _figure(
    name: str,
    before: float | None,
    after: float | None,
    write: Callable[[float], str],
    *,
    lower_is_better: bool,
) -> Figure:
    old = "–" if before is None else write(before)
    new = "–" if after is None else write(after)
    if not before or after is None:
        return Figure(name, old, new)
    share = after / before - 1
    better = None if abs(share) < _ALIKE else (share < 0) is lower_is_better
    return Figure(name, old, new, change_text(share), better)


def _perplexity(before: Measurement | None, after: Measurement) -> Figure | None:
    """Better or worse only where chance cannot explain the change; none of two other texts."""
    name = QCoreApplication.translate("Quantize", "Perplexity")
    if after.perplexity is None:
        return None
    new = _with_error(after)
    if before is None or before.perplexity is None:
        return Figure(name, "–", new)
    if before.tokens_digest != after.tokens_digest:
        return Figure(name, _with_error(before), new)
    share = after.perplexity / before.perplexity - 1
    found = change(before.window_losses, after.window_losses)
    error = found.error if found is not None else None
    better = None if error is None or abs(share) <= 2 * error else share < 0
    return Figure(name, _with_error(before), new, change_text(share), better)


def _with_error(measured: Measurement) -> str:
    text = f"{measured.perplexity:.2f}"
    return f"{text} ± {measured.perplexity_error:.2f}" if measured.perplexity_error else text


def change_text(share: float) -> str:
    """``−64 %``, ``+1.4 %``, ``2.7×`` for what more than doubles."""
    if share >= 1:
        return f"{share + 1:.1f}×"
    percent = share * 100
    digits = 1 if abs(percent) < 10 else 0
    text = f"{abs(percent):.{digits}f} %"
    if float(text.split(maxsplit=1)[0]) == 0:
        return f"±{text}"
    return f"{'−' if percent < 0 else '+'}{text}"


def _milliseconds(value: float) -> str:
    return format_seconds(value / 1000)


def _speed(value: float) -> str:
    return f"{value:,.1f} tok/s" if value < 100 else f"{value:,.0f} tok/s"


def _count(value: float) -> str:
    return format_count(int(value))
