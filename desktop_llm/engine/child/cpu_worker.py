"""vLLM's CPU worker, reporting its stages."""

from vllm.v1.worker.cpu_worker import CPUWorker

from desktop_llm.engine.child.stages import ReportsStages


class ReportingCPUWorker(ReportsStages, CPUWorker):  # type: ignore[misc]  # vllm is not followed
    """Named to vLLM as `worker_cls`."""
