"""What the button that does a `Fix` says."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.errors import Fix
from desktop_llm.core.units import format_count


def fix_label(fix: str, value: str = "") -> str:
    """The button's text; empty for no fix, and for one this version does not know."""
    translate = QCoreApplication.translate
    match fix:
        case Fix.RELOAD_MODEL:
            return translate("Fixes", "Reload the model")
        case Fix.OPEN_MODELS:
            return translate("Fixes", "Open Models")
        case Fix.EDIT_PROFILE:
            return translate("Fixes", "Edit the load profile")
        case Fix.APPLY_CONTEXT:
            tokens = format_count(int(value)) if value.isdecimal() else value
            return translate("Fixes", "Load with {tokens} tokens of context").format(tokens=tokens)
        case Fix.CHANGE_PROFILE:
            return translate("Fixes", "Apply and load")
        case Fix.OPEN_SETTINGS:
            return translate("Fixes", "Open Settings")
        case Fix.SHOW_LOG:
            return translate("Fixes", "Show log")
        case _:
            return ""
