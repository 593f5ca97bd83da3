"""Small rows of names and sizes: what memory is needed for, and who holds it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop_llm.core.memory import KvHolder, KvLedger, MemoryHolder, MemoryLedger
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.engine.types import Owner, OwnerKind
from desktop_llm.gui.memory_dock.words import owner_text
from desktop_llm.gui.theme import L
from desktop_llm.gui.widgets import clear_layout, label

_MOST_HOLDERS = 5
_WORTH_NAMING = 0.01  # of the device's memory
_LONGEST_NAME = 32


class MemoryRows(QWidget):
    """Names at the left, figures at the right. Hidden while it has no rows. GUI thread."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: list[tuple[str, str]] = []
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(L)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(2, 1)
        self.hide()

    def show_rows(self, rows: Sequence[tuple[str, str]], *, totals: int = 0) -> None:
        """Show `rows`; the last `totals` of them stand out, for they are sums."""
        self.rows = list(rows)
        clear_layout(self._grid)
        for place, (name, figure) in enumerate(rows):
            total = place >= len(rows) - totals
            value = label(figure, "" if total else "small")
            value.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            self._grid.addWidget(label(name, "" if total else "small"), place, 0)
            self._grid.addWidget(value, place, 1)
        self.setVisible(bool(rows))


def ledger_rows(ledger: MemoryLedger | None) -> list[tuple[str, str]]:
    """What a failed load needed, what there was and who held it; what is not known is left out."""
    if ledger is None:
        return []
    translate = QCoreApplication.translate
    rows = []
    if ledger.weights_needed is not None:
        rows.append((translate("Memory", "Weights need"), format_bytes(ledger.weights_needed)))
    if ledger.kv_cache_needed is not None:
        rows.append((translate("Memory", "KV cache needs"), format_bytes(ledger.kv_cache_needed)))
    if ledger.free is not None:
        free = format_bytes(ledger.free)
        if ledger.total is not None:
            free = translate("Memory", "{free} of {total}").format(
                free=free, total=format_bytes(ledger.total)
            )
        name = (
            translate("Memory", "VRAM free then")
            if ledger.on_gpu
            else translate("Memory", "RAM free then")
        )
        rows.append((name, free))
    return rows + holder_rows(ledger.holders or (), ledger.total or 0)


def kv_rows(ledger: KvLedger | None) -> list[tuple[str, str]]:
    """How full the KV cache was and who held it, the biggest first; no rows for None."""
    if ledger is None:
        return []
    translate = QCoreApplication.translate
    of_all = translate("Memory", "{used} of {capacity} tokens")
    used, capacity = format_count(ledger.used), format_count(ledger.capacity)
    rows = [(translate("Memory", "KV cache then"), of_all.format(used=used, capacity=capacity))]
    tokens = translate("Memory", "{count} tokens")
    rows += [
        (
            translate("Memory", "Held by {name}").format(name=_short(_holder_name(holder))),
            tokens.format(count=format_count(holder.tokens)),
        )
        for holder in ledger.holders[:_MOST_HOLDERS]
    ]
    if others := ledger.holders[_MOST_HOLDERS:]:
        count = format_count(sum(holder.tokens for holder in others))
        name = translate("Memory", "Held by {count} others").format(count=len(others))
        rows.append((name, tokens.format(count=count)))
    if ledger.waiting:
        rows.append((translate("Memory", "Waiting requests"), format_count(ledger.waiting)))
    return rows


def _holder_name(holder: KvHolder) -> str:
    known = {kind.value: kind for kind in OwnerKind}
    return owner_text(Owner(known.get(holder.kind, OwnerKind.UNKNOWN), holder.name))


def holder_rows(holders: Sequence[MemoryHolder], total: int) -> list[tuple[str, str]]:
    """Who holds memory, the biggest first, as far as it is known.

    Whoever has less than a hundredth of the device's `total` bytes is left out.
    """
    translate = QCoreApplication.translate
    least = total * _WORTH_NAMING
    known = [(each, each.bytes) for each in holders if each.bytes is not None]
    worth = [(_short(each.name), each.ours, size) for each, size in known if size >= least]
    return [
        (
            translate("Memory", "Held by {name} (this app)").format(name=name)
            if ours
            else translate("Memory", "Held by {name}").format(name=name),
            format_bytes(size),
        )
        for name, ours, size in worth[:_MOST_HOLDERS]
    ]


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1] + "…"
