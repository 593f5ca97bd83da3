"""From what a failed load left behind to its cause, in a sentence with a fix."""

from __future__ import annotations

import re
import signal
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.engine.child.report import FailureReport, failure
from desktop_llm.engine.raw_log import read_log
from desktop_llm.engine.types import Stage

_LOAD_STAGES = frozenset(Stage)


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed load."""

    path: Path
    failures: Sequence[FailureReport]
    stage: Stage
    raised: BaseException | None = None
    weight_bytes: int = 0
    log: Path | None = None

    @property
    def ended_by_signal(self) -> int:
        """The signal that ended EngineCore, 0 if none did; vLLM's error names its exit code."""
        return _number(r"'EngineCore': -(\d+)", str(self.raised))


def diagnose(evidence: Evidence) -> AppError:
    """The cause of a failed load, by the exception that began it."""
    if isinstance(evidence.raised, AppError):
        return evidence.raised
    cause = _first_cause(evidence)
    error = (
        _out_of_memory(evidence, cause)
        or _kv_cache_too_small(cause)
        or _unreadable_weights(evidence, cause)
        or _unknown_architecture(cause)
        or _bad_tokenizer(evidence, cause)
        or _missing_library(cause)
        or _refused_setting(cause)
        or _anything_else(evidence, cause)
    )
    said = (f"{cause.type}: {cause.message}", read_log(evidence.log, last=4000))
    error.detail = "\n\n".join(filter(None, said))
    return error


def _first_cause(evidence: Evidence) -> FailureReport:
    """Reports of a load's stages come from where it broke; the others repeat them on the way up."""
    for report in evidence.failures:
        if report.stage in _LOAD_STAGES:
            return report
    if evidence.failures:
        return evidence.failures[0]
    raised = evidence.raised
    return failure(raised, "app") if raised else FailureReport("app", "", "")


def _out_of_memory(evidence: Evidence, cause: FailureReport) -> AppError | None:
    killed = evidence.ended_by_signal == signal.SIGKILL and not evidence.failures
    no_room = "OutOfMemoryError" in cause.type or any(
        text in cause.message
        for text in ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    )
    if not (killed or no_room or cause.type == "builtins.MemoryError"):
        return None
    stage = cause.stage if cause.stage in _LOAD_STAGES else evidence.stage
    if stage in (Stage.STARTING, Stage.WEIGHTS):
        size = f" ({format_bytes(evidence.weight_bytes)})" if evidence.weight_bytes else ""
        return AppError(
            "engine.no_memory_for_weights",
            f"There is not enough memory for this model's weights{size}.",
            "Close what else uses the memory, set CPU offload in the load profile, or load a "
            "smaller or quantized model.",
            fix=Fix.EDIT_PROFILE,
        )
    return AppError(
        "engine.no_memory_for_kv_cache",
        "The weights fit, but the memory ran out while the KV cache was prepared.",
        "Lower the KV cache, the context length or max batched tokens in the load profile.",
        fix=Fix.EDIT_PROFILE,
    )


def _kv_cache_too_small(cause: FailureReport) -> AppError | None:
    message = cause.message
    if "max seq len" in message and "KV cache" in message:
        asked = _number(r"max seq len \((\d+)\)", message)
        fits = _number(r"estimated maximum model length is (\d+)", message)
        if fits:
            return AppError(
                "engine.context_does_not_fit",
                f"A context of {format_count(asked)} tokens does not fit in the KV cache.",
                f"A context length of {format_count(fits)} tokens would fit; or give the KV cache "
                "more memory in the load profile.",
                fix=Fix.APPLY_CONTEXT,
                fix_value=str(fits),
            )
        return AppError(
            "engine.no_memory_for_kv_cache",
            "The KV cache is too small for even a short context.",
            "Give the KV cache more memory in the load profile, or load a smaller model.",
            fix=Fix.EDIT_PROFILE,
        )
    if "No available memory for the cache blocks" in message:
        return AppError(
            "engine.no_memory_for_kv_cache",
            "The weights leave no memory for the KV cache.",
            "Raise the share of VRAM, set CPU offload, or load a smaller or quantized model.",
            fix=Fix.EDIT_PROFILE,
        )
    if "is less than desired" in message or "is less than requested memory" in message:
        return AppError(
            "engine.share_not_free",
            "The load profile asks for more memory than is free now: other programs hold the rest.",
            "Lower the KV cache in the load profile, or set it to automatic.",
            fix=Fix.EDIT_PROFILE,
        )
    return None


def _unreadable_weights(evidence: Evidence, cause: FailureReport) -> AppError | None:
    message = cause.message
    broken = "SafetensorError" in cause.type or "safetensor" in message.lower()
    missing = (
        "were not initialized from checkpoint" in message
        or "Cannot find any model weights" in message
        or (cause.type == "builtins.FileNotFoundError" and cause.stage == Stage.WEIGHTS)
    )
    mismatch = cause.stage == Stage.WEIGHTS and cause.type in (
        "builtins.AssertionError",
        "builtins.KeyError",
        "builtins.ValueError",
        "builtins.RuntimeError",
    )
    if not (broken or missing or mismatch):
        return None
    what = "are incomplete" if missing else "could not be read"
    return AppError(
        "engine.bad_weights",
        f"The weight files in {evidence.path.name} {what}.",
        "Copy or download the model's folder again; the log names the file or tensor.",
        fix=Fix.SHOW_LOG,
    )


def _unknown_architecture(cause: FailureReport) -> AppError | None:
    message = cause.message
    named = re.search(r"Model architectures (\[[^\]]*\]) ", message) or re.search(
        r"model type `?'?([\w.-]+)'?`?", message
    )
    refused = "not supported" in message and "architectures" in message
    if not refused and "does not recognize this architecture" not in message:
        return None
    name = named.group(1).strip("[]'\"") if named else "This one"
    return AppError(
        "engine.unknown_architecture",
        f"vLLM does not know this model's architecture ({name}).",
        "Load a model of a supported family, such as Llama, Qwen2, Qwen3 or Mistral.",
        fix=Fix.OPEN_MODELS,
    )


def _bad_tokenizer(evidence: Evidence, cause: FailureReport) -> AppError | None:
    """The tokenizers library raises bare Exceptions; where they were raised tells what they are."""
    frames = traceback.extract_tb(evidence.raised.__traceback__) if evidence.raised else []
    inside = any("tokeniz" in frame.filename for frame in frames)
    if not inside and "tokenizer" not in cause.message.lower():
        return None
    return AppError(
        "engine.bad_tokenizer",
        "The model's tokenizer could not be loaded.",
        "Its folder needs tokenizer.json or tokenizer.model as published with the model; copy "
        "them there again.",
        fix=Fix.SHOW_LOG,
    )


def _missing_library(cause: FailureReport) -> AppError | None:
    if cause.type != "builtins.ModuleNotFoundError":
        return None
    named = re.search(r"No module named '([^']+)'", cause.message)
    return AppError(
        "engine.missing_library",
        f"A library that the engine needs is missing: {named.group(1) if named else '?'}.",
        "Repair the installation: python3 packaging/bootstrap.py run --repair",
        fix=Fix.SHOW_LOG,
    )


def _refused_setting(cause: FailureReport) -> AppError | None:
    if "ValidationError" not in cause.type and cause.type != "builtins.ValueError":
        return None
    if cause.stage in _LOAD_STAGES and cause.stage != Stage.STARTING:
        return None
    reason = re.sub(r"\s*\[type=.*", "", cause.message.split("Value error, ")[-1], flags=re.DOTALL)
    return AppError(
        "engine.refused_setting",
        f"vLLM refused the load profile: {reason.strip()}",
        "Change that value in the load profile and load again.",
        fix=Fix.EDIT_PROFILE,
    )


def _anything_else(evidence: Evidence, cause: FailureReport) -> AppError:
    reason = cause.message.strip().splitlines()
    told = f": {reason[0]}" if reason else ""
    if evidence.ended_by_signal:
        told = f" (ended by signal {evidence.ended_by_signal}){told}"
    return AppError(
        "engine.load_failed",
        f"The engine stopped while it was loading {evidence.path.name}{told}",
        "The log below has the engine's own words; loading again may help if something else "
        "ended it.",
        fix=Fix.SHOW_LOG,
    )


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0
