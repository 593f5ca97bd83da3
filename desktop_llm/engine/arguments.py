"""From a load profile to vLLM's engine arguments."""

from __future__ import annotations

from typing import Any

from desktop_llm.core.compiler import can_compile
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.fit import LoadPlan

_CPU_WORKER = "desktop_llm.engine.child.cpu_worker.ReportingCPUWorker"
_GPU_WORKER = "desktop_llm.engine.child.gpu_worker.ReportingWorker"

has_compiler = can_compile


def engine_arguments(request: LoadRequest, plan: LoadPlan, *, cpu: bool) -> dict[str, Any]:
    """Keyword arguments for vLLM's `AsyncEngineArgs`.

    Sequences and batched tokens are always given: vLLM's own defaults differ between its server
    and `AsyncLLM`. `-1` has vLLM choose the longest context that the KV cache can hold.
    """
    profile = request.profile
    arguments: dict[str, Any] = {
        "model": str(request.path),
        "served_model_name": [request.path.name],
        "worker_cls": _CPU_WORKER if cpu else _GPU_WORKER,
        "load_format": _load_format(request),
        "max_model_len": profile.context_length or -1,
        "max_num_seqs": profile.max_sequences,
        "max_num_batched_tokens": profile.max_batched_tokens,
        "dtype": profile.dtype,
        "kv_cache_dtype": profile.kv_cache_dtype,
        "tensor_parallel_size": profile.tensor_parallel_size,
        "enforce_eager": profile.enforce_eager or (cpu and not can_compile()),
        "enable_prefix_caching": profile.prefix_caching,
        "scheduling_policy": "priority" if profile.priority_scheduling else "fcfs",
        "trust_remote_code": profile.trust_remote_code,
        "disable_log_stats": True,
        # Nothing may be fetched because a message names it. An empty list would allow everything;
        # this name never is anybody's (RFC 2606).
        "allowed_media_domains": ["media.invalid"],
    }
    if profile.quantization == "fp8":
        # One scale a tensor: of vLLM's FP8 schemes the one that every GPU since Turing can run.
        arguments["quantization"] = "fp8_per_tensor"
    if profile.cpu_offload_gib:
        arguments["cpu_offload_gb"] = profile.cpu_offload_gib
    if plan.kv_cache_bytes is not None:
        arguments["kv_cache_memory_bytes"] = plan.kv_cache_bytes
    if plan.memory_share is not None:
        arguments["gpu_memory_utilization"] = plan.memory_share
    return arguments


def _load_format(request: LoadRequest) -> str:
    if request.dummy_weights:
        return "dummy"
    return "auto" if request.profile.allow_pickle_weights else "safetensors"
