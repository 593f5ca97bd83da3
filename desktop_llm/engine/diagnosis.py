"""From what a failed load left behind to its cause, in a sentence with a fix."""

from __future__ import annotations

import re
import signal
import traceback

from desktop_llm.core.errors import AppError, Fix, in_a_row, sentence
from desktop_llm.engine.child.report import FailureReport
from desktop_llm.engine.evidence import LOAD_STAGES, Evidence
from desktop_llm.engine.memory_failures import kv_cache_too_small, out_of_memory
from desktop_llm.engine.raw_log import read_log
from desktop_llm.engine.types import Stage

# What torch's Inductor, Triton and the compilers say.
_NOT_COMPILED = (
    "CppCompileError", "C++ compile error", "InvalidCxxCompiler", "No working C++ compiler",
    "Failed to find C compiler", "Python.h",
)  # fmt: skip
_NO_QUANTIZATION = (
    "is not aligned with the quantized", "Failed to find a kernel that can implement",
    "is not a whole number of quant groups", "not supported for the current GPU",
)  # fmt: skip


def diagnose(evidence: Evidence) -> AppError:
    """The cause of a failed load, by the exception that began it."""
    if isinstance(evidence.raised, AppError):
        return evidence.raised
    cause = evidence.first_cause
    error = (
        out_of_memory(evidence, cause)
        or kv_cache_too_small(evidence, cause)
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


def _wrong_processor(evidence: Evidence) -> AppError | None:
    if evidence.ended_by_signal != signal.SIGILL:
        return None
    return AppError(
        "engine.unsupported_processor",
        sentence("This machine's processor lacks instructions that the engine was built for."),
        sentence(
            "The CPU build needs AVX2 or newer (x86) or NEON (ARM); desktop-llm doctor says what "
            "this processor has."
        ),
        fix=Fix.SHOW_LOG,
    )


def _cannot_compile(cause: FailureReport) -> AppError | None:
    told = f"{cause.type} {cause.message}"
    if not any(words in told for words in _NOT_COMPILED):
        return None
    return AppError(
        "engine.no_compiler",
        sentence(
            "The model could not be compiled: a C++ compiler or Python's header files do not work"
            " here or are missing."
        ),
        sentence(
            "Install both (on Debian and Ubuntu: apt install g++ python3-dev; on Fedora: dnf "
            "install gcc-c++ python3-devel), or switch on enforce eager in the load profile, "
            "which is slower."
        ),
        fix=Fix.EDIT_PROFILE,
        fix_value="enforce_eager",
    )


def _remote_code(evidence: Evidence, cause: FailureReport) -> AppError | None:
    if not re.search(r"trust[_-]remote[_-]code", cause.message):
        return None
    return AppError(
        "model.remote_code_refused",
        sentence("{model} needs Python code from its own folder to run.", model=evidence.path.name),
        sentence(
            "Choose a model that vLLM supports itself, or switch on trust remote code for this "
            "model if you trust its source."
        ),
        fix=Fix.EDIT_PROFILE,
        fix_value="trust_remote_code",
    )


def _unsupported_quantization(cause: FailureReport) -> AppError | None:
    message = cause.message
    if not any(words in message for words in _NO_QUANTIZATION):
        return None
    return AppError(
        "engine.unsupported_quantization",
        sentence(
            "vLLM cannot run this model's quantization here: {reason}", reason=_first_line(message)
        ),
        sentence(
            "If the tensor parallel size in the load profile is more than 1, lower it. Otherwise "
            "load another version of the model, unquantized or quantized by another method."
        ),
        fix=Fix.EDIT_PROFILE,
    )


def _indivisible(cause: FailureReport) -> AppError | None:
    if "not divisible by" not in cause.message and "tensor parallel size" not in cause.message:
        return None
    return AppError(
        "engine.refused_setting",
        sentence(
            "The model cannot be split as the load profile says: {reason}",
            reason=_first_line(cause.message),
        ),
        sentence("Set another tensor parallel size in the load profile; 1 always divides."),
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
    folder = evidence.path.name
    return AppError(
        "engine.bad_weights",
        sentence("The weight files in {folder} are incomplete.", folder=folder)
        if missing
        else sentence("The weight files in {folder} could not be read.", folder=folder),
        sentence("Copy or download the model's folder again; the log names the file or tensor."),
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
    return AppError(
        "engine.unknown_architecture",
        sentence(
            "vLLM does not know this model's architecture ({name}).",
            name=named.group(1).strip("[]'\""),
        )
        if named
        else sentence("vLLM does not know this model's architecture."),
        sentence("Load a model of a supported family, such as Llama, Qwen2, Qwen3 or Mistral."),
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
        sentence("The model's tokenizer could not be loaded."),
        sentence(
            "Its folder needs tokenizer.json or tokenizer.model as published with the model; copy "
            "them there again."
        ),
        fix=Fix.SHOW_LOG,
    )


def _missing_library(cause: FailureReport) -> AppError | None:
    if cause.type != "builtins.ModuleNotFoundError":
        return None
    named = re.search(r"No module named '([^']+)'", cause.message)
    return AppError(
        "engine.missing_library",
        sentence(
            "A library that the engine needs is missing: {library}.",
            library=named.group(1) if named else "?",
        ),
        sentence("Repair the installation: python3 packaging/bootstrap.py run --repair"),
        fix=Fix.SHOW_LOG,
    )


def _refused_setting(cause: FailureReport) -> AppError | None:
    if "ValidationError" not in cause.type and cause.type != "builtins.ValueError":
        return None
    if cause.stage in LOAD_STAGES and cause.stage != Stage.STARTING:
        return None
    reason = re.sub(r"\s*\[type=.*", "", cause.message.split("Value error, ")[-1], flags=re.DOTALL)
    return AppError(
        "engine.refused_setting",
        sentence("vLLM refused the load profile: {reason}", reason=reason.strip()),
        sentence("Change that value in the load profile and load again."),
        fix=Fix.EDIT_PROFILE,
    )


def _anything_else(evidence: Evidence, cause: FailureReport) -> AppError:
    what = (
        sentence(
            "The engine was ended by signal {signal} while it was loading {folder}.",
            signal=evidence.ended_by_signal,
            folder=evidence.path.name,
        )
        if evidence.ended_by_signal
        else sentence(
            "The engine stopped while it was loading {folder}.", folder=evidence.path.name
        )
    )
    return AppError(
        "engine.load_failed",
        in_a_row(what, _first_line(cause.message)),
        sentence(
            "The log below has the engine's own words; loading again may help if something else "
            "ended it."
        ),
        fix=Fix.SHOW_LOG,
    )


def _first_line(message: str) -> str:
    return next(iter(message.strip().splitlines()), "")
