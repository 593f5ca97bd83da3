"""The load profile of one model, to read and change."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.config.profiles import LoadProfile, ProfileStore
from desktop_llm.core.errors import AppError
from desktop_llm.gui.forms import ChoiceField, Field, SwitchField
from desktop_llm.gui.models_page.profile_form import (
    profile_fields,
    read_profile,
    show_kv_kind,
    show_profile,
)
from desktop_llm.gui.theme import XL, M, S
from desktop_llm.gui.widgets import button, label


class ProfileEditor(QWidget):
    """GUI thread. Saves to the `ProfileStore`; a saved profile applies at the next load.

    `reload_asked`: the model is loaded and its saved profile should apply now.
    """

    reload_asked = Signal()
    saved = Signal()

    def __init__(self, profiles: ProfileStore) -> None:
        super().__init__()
        self._profiles = profiles
        self._path = Path()
        self._limit: int | None = None
        self._loaded = False
        self.fields = profile_fields()
        self.save = button(self.tr("Save"), "primary")
        self.save.clicked.connect(self._save)
        self.reset = button(self.tr("Reset to defaults"))
        self.reset.clicked.connect(self._reset)
        self.reload = button(self.tr("Reload now"))
        self.reload.setAccessibleName(self.tr("Reload the model with this profile"))
        self.reload.clicked.connect(self.reload_asked)
        self.said = label("", "small", wrap=True)

        halves = QHBoxLayout()
        halves.setSpacing(XL + S)
        switches = [field for field in self.fields if isinstance(field, SwitchField)]
        others = [field for field in self.fields if not isinstance(field, SwitchField)]
        for half in (others, switches):
            fields = QVBoxLayout()
            fields.setSpacing(M)
            for field in half:
                fields.addWidget(field)
            fields.addStretch()
            halves.addLayout(fields, 1)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.save)
        row.addWidget(self.reset)
        row.addWidget(self.reload)
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addLayout(halves)
        column.addLayout(row)
        for field in self.fields:
            field.edited.connect(self._edited)
            if isinstance(field, ChoiceField):
                field.edited.connect(lambda: show_kv_kind(self.fields))

    def show_model(self, path: Path, context_limit: int | None) -> None:
        """Show the saved profile of the model in `path`."""
        self._path = path
        self._limit = context_limit
        self.said.setText("")
        show_profile(self.fields, self._profiles.get(path), context_limit)
        self.reload.hide()

    def read_again(self, path: Path) -> None:
        """The saved profile of `path` was changed elsewhere."""
        if path == self._path:
            self.show_model(path, self._limit)

    def show_loaded(self, loaded: bool) -> None:
        """Whether the model on show is the one in the engine."""
        self._loaded = loaded
        if not loaded:
            self.reload.hide()

    def focus_field(self, name: str = "") -> None:
        """Put the cursor into a field; the first one without a name."""
        field = self.field(name) or self.fields[0]
        field.control.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def field(self, name: str) -> Field | None:
        """The field called `name`."""
        return next((field for field in self.fields if field.name == name), None)

    def _edited(self) -> None:
        self.said.setText("")
        read_profile(self.fields, self._limit)

    def _save(self) -> None:
        profile = read_profile(self.fields, self._limit)
        if profile is None:
            self.said.setText(self.tr("Not saved: some values are refused."))
            return
        try:
            self._profiles.save(self._path, profile)
        except AppError as error:
            self.said.setText(str(error))
            return
        self.reload.setVisible(self._loaded)
        self.said.setText(
            self.tr("Saved. It applies when the model is loaded again.")
            if self._loaded
            else self.tr("Saved. It applies at the next load.")
        )
        self.saved.emit()

    def _reset(self) -> None:
        show_profile(self.fields, LoadProfile(), self._limit)
        self.said.setText(self.tr("These are the defaults. Save to keep them."))
