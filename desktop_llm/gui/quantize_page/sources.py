"""The models that can be made smaller, as the wizard lists them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractListModel, QCoreApplication, QModelIndex, QObject, Qt

from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_bytes
from desktop_llm.gui.models_page.entries import (
    LINE_ROLE,
    AnyIndex,
    dtype_text,
    entry_name,
    quantization_text,
)
from desktop_llm.gui.sentences import translated
from desktop_llm.models.catalog import ModelEntry
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.types import Method, QuantizeSettings


def source_refusal(entry: ModelEntry) -> str:
    """Why no method can make this model smaller; empty if one can."""
    translate = QCoreApplication.translate
    if entry.problem is not None:
        return translated(entry.problem.message)
    facts = entry.facts
    if facts is None:
        return translate("Quantize", "Not a model this app can read.")
    if facts.quantization is not None:
        return translate("Quantize", "Already quantized: {how}").format(
            how=quantization_text(entry)
        )
    if facts.has_pickle_only:
        return translate("Quantize", "Its weights are pickle files; safetensors are needed.")
    refusals = [method_refusal(method, facts) for method in Method]
    first = refusals[0]
    return translated(first.message) if first is not None and all(refusals) else ""


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
        self._rows: list[tuple[ModelEntry, str]] = []

    def show_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Replace what is listed."""
        rows = [(entry, source_refusal(entry)) for entry in entries]
        self.beginResetModel()
        self._rows = sorted(rows, key=lambda row: bool(row[1]))
        self.endResetModel()

    @property
    def has_usable(self) -> bool:
        """Whether any of them can be quantized."""
        return any(not refusal for _entry, refusal in self._rows)

    def entry(self, index: AnyIndex) -> ModelEntry | None:
        """The entry at `index`, if it can be quantized."""
        if not index.isValid() or self._rows[index.row()][1]:
            return None
        return self._rows[index.row()][0]

    def index_of(self, path: Path) -> QModelIndex:
        """Where a model is listed; an invalid index if it is not."""
        for row, (entry, _refusal) in enumerate(self._rows):
            if entry.path == path:
                return self.index(row)
        return QModelIndex()

    def refusal_of(self, path: Path) -> str:
        """Why a listed model cannot be quantized; empty if it can, or is not listed."""
        return next((refusal for entry, refusal in self._rows if entry.path == path), "")

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    def flags(self, index: AnyIndex) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()][1]:
            return Qt.ItemFlag.ItemNeverHasChildren
        return super().flags(index)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry, refusal = self._rows[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry_name(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return str(entry.path)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry_name(entry)}, {refusal or source_line(entry)}"
            case _ if role == LINE_ROLE:
                return refusal or source_line(entry)
        return None


def source_line(entry: ModelEntry) -> str:
    """Size, type of the weights and architecture."""
    facts = entry.facts
    if facts is None:
        return ""
    parts = (format_bytes(facts.weight_bytes), dtype_text(facts.dtype), facts.architecture)
    return " · ".join(part for part in parts if part)
