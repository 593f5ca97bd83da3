"""The errors that several parts of the engine raise."""

from __future__ import annotations

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.engine.types import Phase


def superseded() -> AppError:
    """Of a load that was cancelled or overtaken by another wish."""
    return AppError("engine.superseded", "This load was cancelled.")


def not_ready(phase: Phase) -> AppError:
    """Of a request to an engine that is in `phase`."""
    code = "engine.not_ready"
    if phase is Phase.LOADING:
        return AppError(code, "The model is still loading.", "Ask again when it is ready.")
    what = "The model is being unloaded." if phase is Phase.UNLOADING else "No model is loaded."
    return AppError(code, what, "Load one on the Models page.", fix=Fix.OPEN_MODELS)


def engine_died() -> AppError:
    """Of everything that waited on an engine that is gone."""
    return AppError(
        "engine.died",
        "The engine process ended unexpectedly.",
        "What it had written is kept. Load the model again to go on.",
        fix=Fix.RELOAD_MODEL,
    )
