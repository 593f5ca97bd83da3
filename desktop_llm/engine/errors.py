"""The errors that several parts of the engine raise."""

from __future__ import annotations

from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.units import format_count
from desktop_llm.engine.types import EngineState, Phase

SHORT_ANSWER = 256  # tokens that a longer context should leave


def superseded() -> AppError:
    """Of a load that was cancelled or overtaken by another wish."""
    return AppError("engine.superseded", sentence("This load was cancelled."))


def not_ready(state: EngineState) -> AppError:
    """Of a request to an engine in `state`."""
    if state.failure is not None and state.failure.code == "engine.died":
        return state.failure
    code = "engine.not_ready"
    if state.phase is Phase.LOADING:
        return AppError(
            code, sentence("The model is still loading."), sentence("Ask again when it is ready.")
        )
    unloading = state.phase is Phase.UNLOADING
    what = (
        sentence("The model is being unloaded.") if unloading else sentence("No model is loaded.")
    )
    return AppError(code, what, sentence("Load one on the Models page."), fix=Fix.OPEN_MODELS)


def prompt_too_long(tokens: int, context: int) -> AppError:
    """Of a prompt that leaves no room for an answer in the context the model was loaded with."""
    return AppError(
        "engine.prompt_too_long",
        sentence(
            "The prompt has {tokens} tokens; this model was loaded with a context of {context}.",
            tokens=format_count(tokens),
            context=format_count(context),
        ),
        sentence("Shorten it, start a new conversation, or load with a longer context."),
        needed_tokens=tokens + SHORT_ANSWER,
    )


def engine_died() -> AppError:
    """Of everything that waited on an engine that is gone."""
    return AppError(
        "engine.died",
        sentence("The engine process ended unexpectedly."),
        sentence("What it had written is kept. Load the model again to go on."),
        fix=Fix.RELOAD_MODEL,
    )
