"""Causes of failed loads, from the exceptions vLLM 0.32 and torch really raise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import GIB
from desktop_llm.engine.child.report import FailureReport
from desktop_llm.engine.diagnosis import diagnose
from desktop_llm.engine.evidence import Evidence, is_of_another
from desktop_llm.engine.types import Stage

MODEL = Path("/models/some-model")
KV_TOO_SMALL = (
    "To serve at least one request with the model's max seq len (131072), (16.00 GiB KV cache is "
    "needed, which is larger than the available KV cache memory (4.00 GiB). {estimate}Try "
    "increasing `gpu_memory_utilization`"
)
ESTIMATE = "Based on the available memory, the estimated maximum model length is 32752. "


def cause(
    *failures: FailureReport,
    stage: Stage = Stage.STARTING,
    raised: BaseException | None = None,
    weight_bytes: int = 0,
    log: Path | None = None,
    **known: Any,
) -> AppError:
    return diagnose(Evidence(MODEL, failures, stage, raised, weight_bytes, log, **known))


@pytest.mark.parametrize(
    ("failure", "code", "fix"),
    [
        (
            FailureReport("app", "builtins.ModuleNotFoundError", "No module named 'tvm_ffi'"),
            "engine.missing_library",
            Fix.SHOW_LOG,
        ),
        (
            FailureReport("weights", "torch.OutOfMemoryError", "CUDA out of memory. Tried…"),
            "engine.no_memory_for_weights",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport("profiling", "torch.OutOfMemoryError", "CUDA out of memory. Tried…"),
            "engine.no_memory_for_kv_cache",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "weights",
                "builtins.RuntimeError",
                "[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory",
            ),
            "engine.no_memory_for_weights",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "EngineCore", "builtins.ValueError", KV_TOO_SMALL.format(estimate=ESTIMATE)
            ),
            "engine.context_does_not_fit",
            Fix.APPLY_CONTEXT,
        ),
        (
            FailureReport("EngineCore", "builtins.ValueError", KV_TOO_SMALL.format(estimate="")),
            "engine.no_memory_for_kv_cache",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "EngineCore",
                "builtins.ValueError",
                "Free memory on device cuda:0 (9.1/15.9 GiB) on startup is less than desired GPU "
                "memory utilization (0.92, 14.6 GiB).",
            ),
            "engine.share_not_free",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "weights",
                "safetensors_rust.SafetensorError",
                "Error while deserializing header: InvalidHeaderDeserialization",
            ),
            "engine.bad_weights",
            Fix.SHOW_LOG,
        ),
        (
            FailureReport(
                "weights",
                "builtins.ValueError",
                "Following weights were not initialized from checkpoint: {'model.norm.weight'}",
            ),
            "engine.bad_weights",
            Fix.SHOW_LOG,
        ),
        (
            FailureReport(
                "starting",
                "pydantic_core._pydantic_core.ValidationError",
                "1 validation error for ModelConfig\n  Value error, Model architectures "
                "['StrangeForCausalLM'] are not supported for now. Supported architectures: …",
            ),
            "engine.unknown_architecture",
            Fix.OPEN_MODELS,
        ),
        (
            FailureReport(
                "starting",
                "pydantic_core._pydantic_core.ValidationError",
                "1 validation error for VllmConfig\n  Value error, max_num_batched_tokens is too "
                "small [type=value_error, input_value=…]",
            ),
            "engine.refused_setting",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "weights",
                "builtins.ValueError",
                "The input size is not aligned with the quantized weight shape. This can be "
                "caused by too large tensor parallel size.",
            ),
            "engine.unsupported_quantization",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "weights",
                "builtins.ValueError",
                "Failed to find a kernel that can implement the WNA16 linear layer. Reasons: …",
            ),
            "engine.unsupported_quantization",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport("weights", "builtins.AssertionError", "14 is not divisible by 4"),
            "engine.refused_setting",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport("weights", "builtins.AssertionError", "(128, 64) != (256, 64)"),
            "engine.bad_weights",
            Fix.SHOW_LOG,
        ),
        (
            FailureReport(
                "app",
                "builtins.RuntimeError",
                "Failed to load the tokenizer. If the tokenizer is a custom tokenizer not yet "
                "available, consider setting `trust_remote_code=True` in LLM",
            ),
            "model.remote_code_refused",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "profiling",
                "torch._inductor.exc.InductorError",
                "CppCompileError: C++ compile error\n\nCommand:\ng++ …\nfatal error: Python.h",
            ),
            "engine.no_compiler",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport(
                "profiling", "builtins.RuntimeError", "Failed to find C compiler. Please specify"
            ),
            "engine.no_compiler",
            Fix.EDIT_PROFILE,
        ),
        (
            FailureReport("warm_up", "builtins.ZeroDivisionError", "division by zero"),
            "engine.load_failed",
            Fix.SHOW_LOG,
        ),
    ],
)
def test_that_each_cause_is_told_apart(failure: FailureReport, code: str, fix: Fix) -> None:
    error = cause(failure)
    assert (error.code, error.fix) == (code, fix)
    assert error.message
    assert error.hint
    assert failure.message in error.detail


def test_that_the_context_that_fits_is_offered() -> None:
    message = KV_TOO_SMALL.format(estimate=ESTIMATE)
    error = cause(FailureReport("EngineCore", "builtins.ValueError", message))
    assert "131,072" in error.message
    assert "32,752" in error.hint
    assert error.fix_value == "32752"


def test_that_the_size_of_the_weights_is_named() -> None:
    failure = FailureReport("weights", "torch.OutOfMemoryError", "CUDA out of memory")
    assert "14.9 GiB" in cause(failure, weight_bytes=int(14.9 * GIB)).message


def test_that_the_exception_where_it_broke_counts_and_not_its_echo() -> None:
    echo = FailureReport("EngineCore", "builtins.RuntimeError", "Worker failed, see above")
    origin = FailureReport("weights", "torch.OutOfMemoryError", "CUDA out of memory")
    assert cause(echo, origin).code == "engine.no_memory_for_weights"


def test_that_a_process_the_kernel_killed_ran_out_of_memory() -> None:
    raised = RuntimeError("Engine core initialization failed. Failed core proc(s): "
                          "{'EngineCore': -9}")  # fmt: skip
    error = cause(stage=Stage.WEIGHTS, raised=raised)
    assert error.code == "engine.no_memory_for_weights"


ECHO = FailureReport(
    "EngineCore",
    "builtins.Exception",
    "WorkerProc initialization failed due to an exception in a background process.",
)


@pytest.mark.parametrize(
    ("signal", "code"),
    [
        (9, "engine.no_memory_for_weights"),
        (0, "engine.no_memory_for_weights"),  # killed, but nobody could read by what
        (4, "engine.unsupported_processor"),
        (11, "engine.load_failed"),
        (None, "engine.load_failed"),
    ],
)
def test_that_a_worker_that_vanished_is_told_by_its_signal(signal: int | None, code: str) -> None:
    assert cause(ECHO, stage=Stage.WEIGHTS, vanished=signal).code == code


def test_that_enginecores_word_of_a_gone_worker_is_told_from_a_reason() -> None:
    assert is_of_another(ECHO)
    assert not is_of_another(SHARE)
    assert not is_of_another(replace(ECHO, stage="weights"))


def test_that_a_worker_that_said_why_did_not_vanish() -> None:
    told = FailureReport("weights", "safetensors_rust.SafetensorError", "Error while…")
    assert cause(told, ECHO, vanished=0).code == "engine.bad_weights"


SHARE = FailureReport(
    "EngineCore", "builtins.ValueError", "Free memory (…) is less than desired GPU memory"
)


@pytest.mark.parametrize(
    "failure",
    [
        FailureReport("kv_cache", "torch.OutOfMemoryError", "CUDA out of memory. Tried…"),
        FailureReport("EngineCore", "builtins.ValueError", "No available memory for the cache b"
                      "locks. Try"),
        SHARE,
    ],
    ids=["kv_cache", "no_blocks", "share"],
)  # fmt: skip
@pytest.mark.parametrize("automatic", [True, False])
def test_that_a_lack_of_kv_cache_is_told_with_the_context_that_would_fit(
    failure: FailureReport, automatic: bool
) -> None:
    fits = cause(failure, automatic_kv_cache=automatic, fitting_context=4096)
    assert "4,096 tokens would fit" in fits.hint
    assert ("automatic KV cache" in fits.hint) is not automatic
    if failure is not SHARE:
        assert fits.fix is (Fix.APPLY_CONTEXT if automatic else Fix.EDIT_PROFILE)
    none = cause(failure, automatic_kv_cache=automatic, fitting_context=0)
    assert "no context fits" in none.hint
    assert none.fix is not Fix.APPLY_CONTEXT


def test_that_nobody_is_told_to_set_what_is_set() -> None:
    automatic = cause(SHARE, automatic_kv_cache=True)
    assert "set it to automatic" not in automatic.hint
    assert automatic.fix is Fix.RELOAD_MODEL
    assert "set it to automatic" in cause(SHARE).hint


def test_that_another_signal_is_named() -> None:
    raised = RuntimeError("Failed core proc(s): {'EngineCore': -11}")
    error = cause(stage=Stage.WEIGHTS, raised=raised)
    assert error.code == "engine.load_failed"
    assert "signal 11" in error.message


def test_that_the_end_of_the_log_is_in_the_detail(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("x" * 10_000 + "\nthe last words", "utf-8")
    error = cause(FailureReport("warm_up", "builtins.OSError", "oh"), log=log)
    assert error.detail.endswith("the last words")
    assert len(error.detail) < 5_000


def test_that_an_error_already_told_stays_as_it_is() -> None:
    told = AppError("model.corrupt_shard", "A shard is cut short.")
    assert cause(raised=told) is told
