"""What the button beside an error does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QObject, Signal

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import Fix
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.profile_changes import ProfileChanges


class Fixes(QObject):
    """Carries out a `Fix`. GUI thread.

    What needs another page is asked for by signal: `models_wanted`, `settings_wanted`,
    `profile_wanted` (a model's path, a field's name), `log_wanted`. What changes a load profile
    goes through `changes`, which can take it back; `profile_fixed` (a model's path) tells of it.
    """

    models_wanted = Signal()
    settings_wanted = Signal()
    profile_wanted = Signal(object, str)
    log_wanted = Signal()
    profile_fixed = Signal(object)

    def __init__(self, engine: ModelControl, changes: ProfileChanges) -> None:
        super().__init__()
        self._engine = engine
        self.changes = changes
        self._actions: dict[Fix, Callable[[str, Path | None], None]] = {
            Fix.RELOAD_MODEL: self._reload,
            Fix.OPEN_MODELS: lambda _value, _path: self.models_wanted.emit(),
            Fix.EDIT_PROFILE: self._edit_profile,
            Fix.APPLY_CONTEXT: self._apply_context,
            Fix.CHANGE_PROFILE: self._change_profile,
            Fix.OPEN_SETTINGS: lambda _value, _path: self.settings_wanted.emit(),
            Fix.SHOW_LOG: lambda _value, _path: self.log_wanted.emit(),
        }

    def carry_out(self, fix: str, value: str = "", path: Path | None = None) -> None:
        """Do what `fix` names; `path` is the model meant, by default the last one loaded."""
        if (action := self._actions.get(Fix(fix))) is not None:
            action(value, path or self._engine.last_path)

    def _reload(self, value: str, path: Path | None) -> None:
        self._engine.load(path or self._engine.default_model())

    def _edit_profile(self, value: str, path: Path | None) -> None:
        self.profile_wanted.emit(path or self._engine.default_model(), value)

    def _apply_context(self, value: str, path: Path | None) -> None:
        self._apply({"context_length": int(value)}, path)

    def _change_profile(self, value: str, path: Path | None) -> None:
        self._apply(json.loads(value), path)

    def _apply(self, fields: dict[str, Any], path: Path | None) -> None:
        """Change these fields of the load profile, and load."""
        model = path or self._engine.default_model()
        values = self.changes.get(model).model_dump() | fields
        try:
            profile = LoadProfile.model_validate(values)
        except ValidationError:  # the profile was changed since the failure
            self._edit_profile(next(iter(fields), ""), model)
            return
        self.changes.apply(model, profile)
        self.profile_fixed.emit(model)
        self._engine.load(model)
