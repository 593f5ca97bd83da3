"""Causes of failed loads, from the exceptions vLLM 0.32 and torch really raise."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import GIB
from desktop_llm.engine.child.report import FailureReport
from desktop_llm.engine.diagnosis import Evidence, diagnose
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
) -> AppError:
    return diagnose(Evidence(MODEL, failures, stage, raised, weight_bytes, log))


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
