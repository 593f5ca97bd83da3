"""The models that can be made smaller, as the wizard lists them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, Qt

from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_bytes
from desktop_llm.gui.entry_list import LINE_ROLE, AnyIndex
from desktop_llm.gui.models_page.entries import dtype_text, entry_name
from desktop_llm.gui.sentences import error_text, translated
from desktop_llm.models.catalog import ModelEntry
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.types import Method, QuantizeSettings


def source_refusal(entry: ModelEntry) -> AppError | None:
    """Why no method can make this model smaller; None if one can."""
    facts = entry.facts
    if entry.problem is not None or facts is None:
        return entry.problem
    refusals = [method_refusal(method, facts) for method in Method]
    return refusals[0] if all(refusals) else None


def method_refusal(method: Method, facts: ModelFacts) -> AppError | None:
    """What the method's own backend says of this model; None if it supports it."""
    from desktop_llm.quantize.backends import require_supported

    try:
        require_supported(facts, QuantizeSettings(method=method))
    except AppError as error:
        return error
    return None


class SourceModel(QAbstractListModel):
    """Catalog entries, those that can be quantized first; the others are disabled and say why.
    GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._rows: list[tuple[ModelEntry, AppError | None]] = []

    def show_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Replace what is listed."""
        rows = [(entry, source_refusal(entry)) for entry in entries]
        self.beginResetModel()
        self._rows = sorted(rows, key=lambda row: row[1] is not None)
        self.endResetModel()

    @property
    def has_usable(self) -> bool:
        """Whether any of them can be quantized."""
        return any(refusal is None for _entry, refusal in self._rows)

    def entry(self, index: AnyIndex) -> ModelEntry | None:
        """The entry at `index`, if it can be quantized."""
        if not index.isValid() or self._rows[index.row()][1] is not None:
            return None
        return self._rows[index.row()][0]

    def index_of(self, path: Path) -> QModelIndex:
        """Where a model is listed; an invalid index if it is not."""
        for row, (entry, _refusal) in enumerate(self._rows):
            if entry.path == path:
                return self.index(row)
        return QModelIndex()

    def refusal_of(self, path: Path) -> AppError | None:
        """Why a listed model cannot be quantized; None if it can, or is not listed."""
        return next((refusal for entry, refusal in self._rows if entry.path == path), None)

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()][1] is not None:
            return Qt.ItemFlag.ItemNeverHasChildren
        return super().flags(index)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, refusal = self._rows[index.row()]
        line = translated(refusal.message) if refusal is not None else source_line(entry)
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry_name(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return f"{entry.path}\n{error_text(refusal)}" if refusal else str(entry.path)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry_name(entry)}, {line}"
            case _ if role == LINE_ROLE:
                return line
        return None


def source_line(entry: ModelEntry) -> str:
    """Size, type of the weights and architecture."""
    facts = entry.facts
    if facts is None:
        return ""
    parts = (format_bytes(facts.weight_bytes), dtype_text(facts.dtype), facts.architecture)
    return " · ".join(part for part in parts if part)
