"""The load profile of one model, to read and change."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.gui.forms import ChoiceField, Field, SwitchField
from desktop_llm.gui.models_page.profile_form import (
    profile_fields,
    read_profile,
    show_kv_kind,
    show_profile,
)
from desktop_llm.gui.profile_changes import ProfileChanges
from desktop_llm.gui.theme import XL, M, S
from desktop_llm.gui.widgets import button, label


class ProfileEditor(QWidget):
    """GUI thread. Each change is saved as it is made, and applies at the next load.

    While a value is refused nothing is saved; what was written is then kept by model, so that
    looking at another one loses nothing. `reload_asked`: the model is loaded and its saved profile
    should apply now.
    """

    reload_asked = Signal()
    saved = Signal()

    def __init__(self, changes: ProfileChanges) -> None:
        super().__init__()
        self._changes = changes
        self._path = Path()
        self._limit: int | None = None
        self._loaded = False
        self._refused: dict[Path, dict[str, str | bool]] = {}
        self._before_reset: dict[str, str | bool] | None = None
        self.fields = profile_fields()
        self.reset = button(self.tr("Reset to defaults"))
        self.reset.clicked.connect(self._reset)
        self.reload = button(self.tr("Reload now"))
        self.reload.setAccessibleName(self.tr("Reload the model with this profile"))
        self.reload.clicked.connect(self.reload_asked)
        self.said = label("", "small", wrap=True)

        self._halves = QHBoxLayout()
        self._halves.setSpacing(XL + S)
        switches = [field for field in self.fields if isinstance(field, SwitchField)]
        others = [field for field in self.fields if not isinstance(field, SwitchField)]
        for half in (others, switches):
            fields = QVBoxLayout()
            fields.setSpacing(M)
            for field in half:
                fields.addWidget(field)
            fields.addStretch()
            self._halves.addLayout(fields, 1)
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.reset)
        row.addWidget(self.reload)
        row.addWidget(self.said, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addLayout(self._halves)
        column.addLayout(row)
        for field in self.fields:
            field.explain()
            if isinstance(field, ChoiceField):
                field.edited.connect(lambda: show_kv_kind(self.fields))
            field.edited.connect(self._edited)

    def show_narrow(self, narrow: bool) -> None:
        """Put the switches under the other fields, or beside them."""
        one_below = QBoxLayout.Direction.TopToBottom
        self._halves.setDirection(one_below if narrow else QBoxLayout.Direction.LeftToRight)
        self._halves.setSpacing(M if narrow else XL + S)

    def show_model(self, path: Path, context_limit: int | None) -> None:
        """Show the profile of the model in `path`, with what could not be saved of it."""
        self.save()
        self._show(path, context_limit)
        if path in self._refused:
            self._write(self._refused[path])
            self.save()

    def read_again(self, path: Path) -> None:
        """The saved profile of `path` was changed elsewhere."""
        self._refused.pop(path, None)
        if path == self._path:
            self._show(path, self._limit)
            self.reload.setVisible(self._loaded)

    def apply(self, profile: LoadProfile) -> None:
        """Save `profile` in place of what is there; a click can take it back."""
        self.save()  # what is being typed is what the click changes
        self._changes.apply(self._path, profile)

    def save(self) -> None:
        """Save what is written now, if it differs from what is saved and nothing is refused."""
        if self._path == Path():
            return
        profile = read_profile(self.fields, self._limit)
        if profile is None:
            self._refused[self._path] = {field.name: field.read() for field in self.fields}
            self.said.setText(self.tr("Not saved: some values are refused."))
            return
        was_refused = self._refused.pop(self._path, None) is not None
        if profile == self._changes.get(self._path):
            if was_refused:
                self.said.setText("")
            return
        self._changes.save(self._path, profile)
        self.reload.setVisible(self._loaded)
        self.said.setText(
            self.tr("Saved. It applies when the model is loaded again.")
            if self._loaded
            else self.tr("Saved. It applies at the next load.")
        )
        self.saved.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page, or the app, ends what is being typed."""
        self.save()
        super().hideEvent(event)

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

    def _show(self, path: Path, context_limit: int | None) -> None:
        self._path = path
        self._limit = context_limit
        self.said.setText("")
        self._offer_undo(None)
        show_profile(self.fields, self._changes.get(path), context_limit)
        self.reload.hide()

    def _edited(self) -> None:
        self._offer_undo(None)
        self.save()

    def _reset(self) -> None:
        """Back to the defaults; pressed again, back to what was there."""
        if self._before_reset is not None:
            self._write(self._before_reset)
            self._offer_undo(None)
        else:
            self._offer_undo({field.name: field.read() for field in self.fields})
            show_profile(self.fields, LoadProfile(), self._limit)
        self.save()

    def _offer_undo(self, before: dict[str, str | bool] | None) -> None:
        self._before_reset = before
        self.reset.setText(
            self.tr("Reset to defaults") if before is None else self.tr("Undo the reset")
        )

    def _write(self, written: dict[str, str | bool]) -> None:
        for field in self.fields:
            field.write(written[field.name])
        show_kv_kind(self.fields)
