"""The core's sentences in the window's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.errors import AppError, Sentence


def translated(text: str) -> str:
    """`text` in the window's language, if it is a `Sentence`.

    One that was stored has forgotten its values: it is translated if it had none.
    """
    if not isinstance(text, Sentence):
        return QCoreApplication.translate("Errors", text) if text else ""
    template = QCoreApplication.translate("Errors", text.template)
    return template.format(**{name: translated(value) for name, value in text.values.items()})


def error_text(error: AppError) -> str:
    """What happened and what to do, in a row."""
    return f"{translated(error.message)} {translated(error.hint)}".strip()
