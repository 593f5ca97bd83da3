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
# What torch's Inductor, Triton and the compilers say.
_NOT_COMPILED = (
    "CppCompileError", "C++ compile error", "InvalidCxxCompiler", "No working C++ compiler",
    "Failed to find C compiler", "Python.h",
)  # fmt: skip
_NO_QUANTIZATION = (
    "is not aligned with the quantized", "Failed to find a kernel that can implement",
    "is not a whole number of quant groups", "not supported for the current GPU",
)  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """All that is known of a failed load.

    `vanished` is how the first process ended that did so before anything was reported: the signal
    that killed it, 0 where its parent alone learned that, None if there was no such process.
    `fitting_context` are the tokens that would fit, 0 if none do, None where that is unknown.
    """

    path: Path
    failures: Sequence[FailureReport]
    stage: Stage
    raised: BaseException | None = None
    weight_bytes: int = 0
    log: Path | None = None
    vanished: int | None = None
    automatic_kv_cache: bool = False
    fitting_context: int | None = None

    @property
    def ended_by_signal(self) -> int:
        """The signal that ended a process, 0 if none did; of EngineCore vLLM's error tells it."""
        return self.vanished or _number(r"'EngineCore': -(\d+)", str(self.raised))

    @property
    def was_killed(self) -> bool:
        """Whether a process was ended from outside, as the kernel does where memory runs out."""
        told = any(report.stage in _LOAD_STAGES for report in self.failures)
        if self.vanished is not None and not told:
            return self.vanished in (0, signal.SIGKILL)
        return self.ended_by_signal == signal.SIGKILL and not self.failures


def diagnose(evidence: Evidence) -> AppError:
    """The cause of a failed load, by the exception that began it."""
    if isinstance(evidence.raised, AppError):
        return evidence.raised
    cause = _first_cause(evidence)
    error = (
        _out_of_memory(evidence, cause)
        or _kv_cache_too_small(evidence, cause)
        or _wrong_processor(evidence)
        or _cannot_compile(cause)
        or _remote_code(evidence, cause)
        or _unsupported_quantization(cause)
        or _indivisible(cause)
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
    no_room = "OutOfMemoryError" in cause.type or any(
        text in cause.message
        for text in ("out of memory", "not enough memory", "can't allocate memory", "bad_alloc")
    )
    if not (evidence.was_killed or no_room or cause.type == "builtins.MemoryError"):
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
    return _no_memory_for_kv_cache(
        evidence,
        "The weights fit, but the memory ran out while the KV cache was prepared.",
        "Lower the KV cache, the context length or max batched tokens in the load profile.",
    )


def _kv_cache_too_small(evidence: Evidence, cause: FailureReport) -> AppError | None:
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
        return _no_memory_for_kv_cache(
            evidence,
            "The KV cache is too small for even a short context.",
            "Give the KV cache more memory in the load profile, or load a smaller model.",
        )
    if "No available memory for the cache blocks" in message:
        return _no_memory_for_kv_cache(
            evidence,
            "The weights leave no memory for the KV cache.",
            "Set CPU offload, or load a smaller or quantized model."
            if evidence.automatic_kv_cache
            else "Raise the share of VRAM, set CPU offload, or load a smaller or quantized model.",
        )
    if "is less than desired" in message or "is less than requested memory" in message:
        return _share_not_free(evidence)
    return None


def _no_memory_for_kv_cache(evidence: Evidence, what: str, hint: str) -> AppError:
    """With the context that would fit, one click away where the cache follows the context."""
    error = AppError(
        "engine.no_memory_for_kv_cache", what, hint + _fitting(evidence), fix=Fix.EDIT_PROFILE
    )
    if evidence.automatic_kv_cache and evidence.fitting_context:
        error.fix, error.fix_value = Fix.APPLY_CONTEXT, str(evidence.fitting_context)
    return error


def _share_not_free(evidence: Evidence) -> AppError:
    if evidence.automatic_kv_cache:
        what = "Other programs took memory that was free when the load began."
        hint, fix = "Close what else uses the memory, then load again.", Fix.RELOAD_MODEL
    else:
        what = "The load profile asks for more memory than is free now: other programs hold it."
        hint = "Lower the KV cache in the load profile, or set it to automatic."
        fix = Fix.EDIT_PROFILE
    return AppError("engine.share_not_free", what, hint + _fitting(evidence), fix=fix)


def _fitting(evidence: Evidence) -> str:
    """The context that would fit, as a sentence to follow others."""
    tokens = evidence.fitting_context
    if tokens is None:
        return ""
    if tokens == 0:
        return " In the memory that is free now no context fits beside the weights."
    how = "A" if evidence.automatic_kv_cache else "With an automatic KV cache, a"
    return f" {how} context length of {format_count(tokens)} tokens would fit in what is free now."


def _wrong_processor(evidence: Evidence) -> AppError | None:
    if evidence.ended_by_signal != signal.SIGILL:
        return None
    return AppError(
        "engine.unsupported_processor",
        "This machine's processor lacks instructions that the engine was built for.",
        "The CPU build needs AVX2 or newer (x86) or NEON (ARM); desktop-llm doctor says what this "
        "processor has.",
        fix=Fix.SHOW_LOG,
    )


def _cannot_compile(cause: FailureReport) -> AppError | None:
    told = f"{cause.type} {cause.message}"
    if not any(words in told for words in _NOT_COMPILED):
        return None
    return AppError(
        "engine.no_compiler",
        "The model could not be compiled: a C++ compiler or Python's header files do not work here "
        "or are missing.",
        "Install both (on Debian and Ubuntu: apt install g++ python3-dev; on Fedora: dnf install "
        "gcc-c++ python3-devel), or switch on enforce eager in the load profile, which is slower.",
        fix=Fix.EDIT_PROFILE,
        fix_value="enforce_eager",
    )


def _remote_code(evidence: Evidence, cause: FailureReport) -> AppError | None:
    if not re.search(r"trust[_-]remote[_-]code", cause.message):
        return None
    return AppError(
        "model.remote_code_refused",
        f"{evidence.path.name} needs Python code from its own folder to run.",
        "Choose a model that vLLM supports itself, or switch on trust remote code for this model "
        "if you trust its source.",
        fix=Fix.EDIT_PROFILE,
        fix_value="trust_remote_code",
    )


def _unsupported_quantization(cause: FailureReport) -> AppError | None:
    message = cause.message
    if not any(words in message for words in _NO_QUANTIZATION):
        return None
    return AppError(
        "engine.unsupported_quantization",
        f"vLLM cannot run this model's quantization here: {_first_line(message)}",
        "If the tensor parallel size in the load profile is more than 1, lower it. Otherwise load "
        "another version of the model, unquantized or quantized by another method.",
        fix=Fix.EDIT_PROFILE,
    )


def _indivisible(cause: FailureReport) -> AppError | None:
    if "not divisible by" not in cause.message and "tensor parallel size" not in cause.message:
        return None
    return AppError(
        "engine.refused_setting",
        f"The model cannot be split as the load profile says: {_first_line(cause.message)}",
        "Set another tensor parallel size in the load profile; 1 always divides.",
        fix=Fix.EDIT_PROFILE,
    )


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
    reason = _first_line(cause.message)
    told = f": {reason}" if reason else ""
    if evidence.ended_by_signal:
        told = f" (ended by signal {evidence.ended_by_signal}){told}"
    return AppError(
        "engine.load_failed",
        f"The engine stopped while it was loading {evidence.path.name}{told}",
        "The log below has the engine's own words; loading again may help if something else "
        "ended it.",
        fix=Fix.SHOW_LOG,
    )


def _first_line(message: str) -> str:
    return next(iter(message.strip().splitlines()), "")


def _number(pattern: str, text: str) -> int:
    found = re.search(pattern, text)
    return int(found.group(1)) if found else 0
