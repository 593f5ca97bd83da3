"""The one error a person ever meets: what happened, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fix(StrEnum):
    """What a button beside an error can do. The window decides how; the core only names it."""

    NONE = "none"
    RELOAD_MODEL = "reload_model"
    OPEN_MODELS = "open_models"
    EDIT_PROFILE = "edit_profile"
    APPLY_CONTEXT = "apply_context"
    OPEN_SETTINGS = "open_settings"
    SHOW_LOG = "show_log"


@dataclass(eq=False)
class AppError(Exception):
    """An expected failure, told in sentences.

    `code` is stable and machine-readable (``engine.out_of_memory``), `message` says what happened,
    `hint` what to do, `detail` holds the raw cause for those who want it. `fix` names a button the
    window may offer, `fix_value` its argument (for `Fix.APPLY_CONTEXT`, a number of tokens).
    """

    code: str
    message: str
    hint: str = ""
    detail: str = ""
    fix: Fix = Fix.NONE
    fix_value: str = ""

    def __post_init__(self) -> None:
        super().__init__(self.code, self.message)

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()
