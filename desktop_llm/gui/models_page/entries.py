"""The list of models: a Qt model over catalog entries, and what is said of each."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    Qt,
)

from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.gui.entry_list import DOT_ROLE, LINE_ROLE, AnyIndex
from desktop_llm.gui.sentences import translated
from desktop_llm.models.catalog import ModelEntry

_DTYPES = {"bfloat16": "bf16", "float16": "fp16", "float32": "fp32"}
_DOTS = {
    Phase.LOADING: "warning",
    Phase.UNLOADING: "warning",
    Phase.READY: "accent",
    Phase.FAILED: "danger",
}


class EntryModel(QAbstractListModel):
    """Catalog entries in their order. GUI thread."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._entries: list[ModelEntry] = []
        self._state = EngineState()

    def show_entries(self, entries: Sequence[ModelEntry]) -> None:
        """Replace what is listed."""
        self.beginResetModel()
        self._entries = list(entries)
        self.endResetModel()

    def show_state(self, state: EngineState) -> None:
        """Light the dot of the model the engine has."""
        before, self._state = self._state, state
        if self._entries and (before.path, before.phase) != (state.path, state.phase):
            self.dataChanged.emit(self.index(0), self.index(len(self._entries) - 1))

    def entry(self, index: AnyIndex) -> ModelEntry | None:
        """The entry at `index`."""
        return self._entries[index.row()] if index.isValid() else None

    def index_of(self, path: Path) -> QModelIndex:
        """Where a model is listed; an invalid index if it is not."""
        for row, entry in enumerate(self._entries):
            if entry.path == path:
                return self.index(row)
        return QModelIndex()

    def rowCount(self, parent: AnyIndex | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._entries)

    def data(self, index: AnyIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self._entries[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return entry_name(entry)
            case Qt.ItemDataRole.ToolTipRole:
                return str(entry.path)
            case Qt.ItemDataRole.AccessibleTextRole:
                return f"{entry_name(entry)}, {entry_line(entry)}"
            case _ if role == LINE_ROLE:
                return entry_line(entry)
            case _ if role == DOT_ROLE:
                if entry.path == self._state.path:
                    return _DOTS.get(self._state.phase, "")
                return "danger" if entry.problem else ""
        return None


def entry_name(entry: ModelEntry) -> str:
    """What the Models page calls a model."""
    if entry.built_in:
        return QCoreApplication.translate("Models", "Built-in guide")
    return entry.name


def entry_line(entry: ModelEntry) -> str:
    """One line of facts, or what is wrong."""
    translate = QCoreApplication.translate
    if entry.problem is not None:
        return translated(entry.problem.message)
    facts = entry.facts
    if entry.built_in:
        return translate("Models", "Tiny, knows only this app")
    if facts is None:
        return ""
    parts = [format_bytes(facts.weight_bytes), quantization_text(entry) or dtype_text(facts.dtype)]
    if facts.context_length:
        parts.append(
            translate("Models", "{tokens} context").format(
                tokens=format_count(facts.context_length)
            )
        )
    return " · ".join(part for part in parts if part)


def quantization_text(entry: ModelEntry) -> str:
    """The quantization as people write it: ``AWQ 4-bit, group size 128``."""
    if entry.facts is None or entry.facts.quantization is None:
        return ""
    found = entry.facts.quantization
    text = found.method.upper()
    if found.bits:
        text += QCoreApplication.translate("Models", " {bits}-bit").format(bits=found.bits)
    if found.group_size:
        text += QCoreApplication.translate("Models", ", group size {size}").format(
            size=found.group_size
        )
    return text


def dtype_text(dtype: str | None) -> str:
    """The short name of a dtype."""
    return _DTYPES.get(dtype or "", dtype or "")
