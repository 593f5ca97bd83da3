"""The person's settings: one validated, versioned JSON file."""

from __future__ import annotations

import json
import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from desktop_llm.config.alerts import AlertSettings
from desktop_llm.config.cost import CostSettings
from desktop_llm.config.late_writer import LateWriter
from desktop_llm.config.paths import guide_model
from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.events import Event
from desktop_llm.core.files import set_aside, write_atomic

log = logging.getLogger(__name__)


class Theme(StrEnum):
    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


class OverBudget(StrEnum):
    """What happens to a prompt that does not fit beside the tokens reserved for the answer."""

    REFUSE = "refuse"
    DROP_OLDEST = "drop_oldest"


class Settings(BaseModel):
    """Everything on the Settings page. Immutable: change it with `SettingsStore.update`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: Literal[1] = 1
    theme: Theme = Theme.SYSTEM
    language: str = "system"
    default_model: str = ""
    model_folders: tuple[str, ...] = ()
    over_budget: OverBudget = OverBudget.REFUSE
    answer_reserve_tokens: Annotated[int, Field(ge=16, le=131_072)] = 512
    drain_seconds: Annotated[float, Field(ge=0, le=120)] = 3.0
    load_at_start: bool = True
    first_run_done: bool = False
    alerts: AlertSettings = AlertSettings()
    cost: CostSettings = CostSettings()
    server: ServerSettings = ServerSettings()

    @property
    def model_to_load(self) -> Path:
        """The model to load where none is named: the chosen one, else the built-in guide.

        The disk is not asked: a model that is gone is said when it is loaded.
        """
        return Path(self.default_model) if self.default_model else guide_model()


class SettingsStore:
    """Reads the file once, keeps the current `Settings`, writes each change whole, a moment later.

    Meant for the thread that owns the window (or the command line); `changed` is emitted there.
    `failed` (AppError ``settings.unwritable``) is emitted on the writer's thread: the change holds
    then until the app ends, and the next one tries again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.changed: Event[Settings] = Event()
        self.failed: Event[AppError] = Event()
        self.problem: AppError | None = None
        self._current = self._read()
        self._writer = LateWriter(self._write, "settings-writer")

    @property
    def current(self) -> Settings:
        return self._current

    def update(self, **changes: Any) -> Settings:
        """Validate and publish the changed settings; they are written soon after.

        Raises AppError ``settings.invalid``; nothing changes then.
        """
        try:
            updated = Settings.model_validate(self._current.model_dump() | changes)
        except ValidationError as error:
            raise AppError(
                "settings.invalid", sentence("That setting is out of range."), detail=str(error)
            ) from error
        self._current = updated
        self._writer.poke()
        self.changed.emit(updated)
        return updated

    def flush(self) -> None:
        """Wait until every change is written, or has failed to be. Blocks: not the GUI thread."""
        self._writer.flush()

    def _write(self) -> None:
        try:
            write_atomic(self._path, self._current.model_dump_json(indent=2).encode())
        except OSError as error:
            failure = AppError(
                "settings.unwritable",
                sentence(
                    "The settings could not be saved to {path}: {reason}.",
                    path=self._path,
                    reason=error.strerror,
                ),
                sentence(
                    "They hold until the app is closed. Free some disk space or check the folder's "
                    "permissions, then change one again."
                ),
                detail=str(error),
            )
            log.error("%s", failure.message)
            self.failed.emit(failure)

    def _read(self) -> Settings:
        try:
            return Settings.model_validate(json.loads(self._path.read_text("utf-8")))
        except FileNotFoundError:
            return Settings()
        except OSError as error:  # it may be readable the next time
            hint = sentence(
                "Check its permissions ({reason}), then start the app again.", reason=error.strerror
            )
            self.problem = self._unreadable(error, hint)
        except ValueError as error:
            try:
                set_aside(self._path)
                hint = sentence("The old file is kept beside it with the ending .broken.")
            except OSError as refused:
                hint = sentence(
                    "Check the permissions of {path}: {reason}.",
                    path=self._path,
                    reason=refused.strerror,
                )
            self.problem = self._unreadable(error, hint)
        return Settings()

    def _unreadable(self, error: Exception, hint: str) -> AppError:
        return AppError(
            "settings.unreadable",
            sentence(
                "The settings in {path} could not be read, so the defaults are used.",
                path=self._path,
            ),
            hint,
            detail=str(error),
            fix=Fix.OPEN_SETTINGS,
        )
