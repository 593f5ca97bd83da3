"""Loads that failed for memory: the weights, the KV cache, or what other programs hold."""

from __future__ import annotations

from desktop_llm.core.errors import AppError, Fix, Sentence, in_a_row, sentence
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.engine.child.report import FailureReport
from desktop_llm.engine.evidence import LOAD_STAGES, Evidence, number_in
from desktop_llm.engine.types import Stage


def out_of_memory(evidence: Evidence, cause: FailureReport) -> AppError | None:
    """The error if memory ran out, else None."""
    no_room = "OutOfMemoryError" in cause.type or any(
        text in cause.message
        for text in ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    )
    if not (evidence.was_killed or no_room or cause.type == "builtins.MemoryError"):
        return None
    stage = cause.stage if cause.stage in LOAD_STAGES else evidence.stage
    if stage in (Stage.STARTING, Stage.WEIGHTS):
        return AppError(
            "engine.no_memory_for_weights",
            sentence(
                "There is not enough memory for this model's weights ({size}).",
                size=format_bytes(evidence.weight_bytes),
            )
            if evidence.weight_bytes
            else sentence("There is not enough memory for this model's weights."),
            sentence(
                "Close what else uses the memory, set CPU offload in the load profile, or load a "
                "smaller or quantized model."
            ),
            fix=Fix.EDIT_PROFILE,
        )
    return _no_memory_for_kv_cache(
        evidence,
        sentence("The weights fit, but the memory ran out while the KV cache was prepared."),
        sentence(
            "Lower the KV cache, the context length or max batched tokens in the load profile."
        ),
    )


def kv_cache_too_small(evidence: Evidence, cause: FailureReport) -> AppError | None:
    """The error if vLLM refused the KV cache it would get, else None."""
    message = cause.message
    if "max seq len" in message and "KV cache" in message:
        asked = number_in(r"max seq len \((\d+)\)", message)
        fits = number_in(r"estimated maximum model length is (\d+)", message)
        if fits:
            return AppError(
                "engine.context_does_not_fit",
                sentence(
                    "A context of {asked} tokens does not fit in the KV cache.",
                    asked=format_count(asked),
                ),
                sentence(
                    "A context length of {fits} tokens would fit; or give the KV cache more "
                    "memory in the load profile.",
                    fits=format_count(fits),
                ),
                fix=Fix.APPLY_CONTEXT,
                fix_value=str(fits),
            )
        return _no_memory_for_kv_cache(
            evidence,
            sentence("The KV cache is too small for even a short context."),
            sentence("Give the KV cache more memory in the load profile, or load a smaller model."),
        )
    if "No available memory for the cache blocks" in message:
        return _no_memory_for_kv_cache(
            evidence,
            sentence("The weights leave no memory for the KV cache."),
            sentence("Set CPU offload, or load a smaller or quantized model.")
            if evidence.automatic_kv_cache
            else sentence(
                "Raise the share of VRAM, set CPU offload, or load a smaller or quantized model."
            ),
        )
    if "is less than desired" in message or "is less than requested memory" in message:
        return _share_not_free(evidence)
    return None


def _no_memory_for_kv_cache(evidence: Evidence, what: Sentence, hint: Sentence) -> AppError:
    """With the context that would fit, one click away where the cache follows the context."""
    error = AppError(
        "engine.no_memory_for_kv_cache",
        what,
        in_a_row(hint, _fitting(evidence)),
        fix=Fix.EDIT_PROFILE,
    )
    if evidence.automatic_kv_cache and evidence.fitting_context:
        error.fix, error.fix_value = Fix.APPLY_CONTEXT, str(evidence.fitting_context)
    return error


def _share_not_free(evidence: Evidence) -> AppError:
    if evidence.automatic_kv_cache:
        what = sentence("Other programs took memory that was free when the load began.")
        hint = sentence("Close what else uses the memory, then load again.")
        fix = Fix.RELOAD_MODEL
    else:
        what = sentence(
            "The load profile asks for more memory than is free now: other programs hold it."
        )
        hint = sentence("Lower the KV cache in the load profile, or set it to automatic.")
        fix = Fix.EDIT_PROFILE
    return AppError("engine.share_not_free", what, in_a_row(hint, _fitting(evidence)), fix=fix)


def _fitting(evidence: Evidence) -> str:
    """The context that would fit; nothing where that is unknown."""
    tokens = evidence.fitting_context
    if tokens is None:
        return ""
    if tokens == 0:
        return sentence("In the memory that is free now no context fits beside the weights.")
    if evidence.automatic_kv_cache:
        return sentence(
            "A context length of {tokens} tokens would fit in what is free now.",
            tokens=format_count(tokens),
        )
    return sentence(
        "With an automatic KV cache, a context length of {tokens} tokens would fit in what is "
        "free now.",
        tokens=format_count(tokens),
    )
