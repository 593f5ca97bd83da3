"""The first step: which model becomes smaller."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout

from desktop_llm.gui.entry_list import EntryList
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.quantize_page.cards import StepPage
from desktop_llm.gui.quantize_page.sources import SourceModel, source_refusal
from desktop_llm.gui.theme import S, Theme
from desktop_llm.gui.widgets import Card, button, label
from desktop_llm.models.catalog import ModelEntry

_FEWEST_ROWS, _MOST_ROWS = 3, 9
_ROW_HEIGHT = 48


class ModelStep(StepPage):
    """GUI thread. `chosen`: another model, or none, is chosen. `opened`: it was double-clicked.
    `folder_asked` carries a folder that is in none of the app's."""

    chosen = Signal()
    opened = Signal()
    folder_asked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__(
            self.tr("Which model?"),
            self.tr(
                "A model in 16 bits becomes one in 4: about a third of the memory and faster "
                "answers, at a small cost in quality that is measured here. The original stays "
                "as it is."
            ),
        )
        self._others: list[ModelEntry] = []
        self._entry: ModelEntry | None = None
        self.model = SourceModel(self)
        self.list = EntryList(theme, self.tr("Models to quantize"), self.model)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.list.activated.connect(self._activated)
        self.problem = ErrorCard()
        self.problem.set_tone("warning")
        self.empty = label(
            self.tr(
                "No full-precision model was found. Put one in a folder of its own, with "
                "config.json and *.safetensors, and choose it with “Another folder…”."
            ),
            "muted",
            wrap=True,
        )
        self.empty.hide()
        self.another = button(self.tr("Another folder…"))
        self.another.clicked.connect(self._ask_folder)
        frame = Card()
        frame.body.setContentsMargins(0, S, 0, S)
        frame.body.addWidget(self.list)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.another)
        row.addStretch()
        self.body.addWidget(self.empty)
        self.body.addWidget(frame)
        self.body.addWidget(self.problem)
        self.body.addLayout(row)
        self.body.addStretch()
        self._fit()

    @property
    def entry(self) -> ModelEntry | None:
        """The chosen model."""
        return self._entry

    def show_entries(self, entries: Sequence[ModelEntry]) -> None:
        """List what the catalog found, and what was added here; the choice stays."""
        found = {entry.path for entry in entries}
        others = [entry for entry in self._others if entry.path not in found]
        path = self._entry.path if self._entry else None
        self.model.show_entries([*entries, *others])
        self.empty.setVisible(not self.model.has_usable)
        self._fit()
        index = self.model.index_of(path) if path else QModelIndex()
        self.list.setCurrentIndex(index)
        if self.model.entry(index) is None and path is not None:
            self._set(None)

    def choose(self, path: Path | None) -> bool:
        """Choose a listed model; whether it can be."""
        index = self.model.index_of(path) if path else QModelIndex()
        usable = self.model.entry(index) is not None
        self.list.setCurrentIndex(index if usable else QModelIndex())
        if not usable:
            self._set(None)
            self.problem.show_error(self.model.refusal_of(path) if path else None)
        return usable

    def add(self, entry: ModelEntry, listed: Sequence[ModelEntry]) -> bool:
        """List one more model and choose it; whether it can be."""
        if (refusal := source_refusal(entry)) is not None:
            self.problem.show_error(refusal)
            return False
        self._others.append(entry)
        self.show_entries(listed)
        return self.choose(entry.path)

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        if (entry := self.model.entry(index)) is not None:
            self._set(entry)

    def _set(self, entry: ModelEntry | None) -> None:
        self.problem.show_error(None)
        if entry is not self._entry:
            self._entry = entry
            self.chosen.emit()

    def _activated(self, index: QModelIndex) -> None:
        if self.model.entry(index) is not None:
            self.opened.emit()

    def _fit(self) -> None:
        """As high as the rows, within limits; more of them scroll."""
        rows = min(max(self.model.rowCount(), _FEWEST_ROWS), _MOST_ROWS)
        height = self.list.sizeHintForRow(0) if self.model.rowCount() else _ROW_HEIGHT
        self.list.setFixedHeight(rows * height)

    def _ask_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a model's folder"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.folder_asked.emit(Path(name)))
        dialog.open()
