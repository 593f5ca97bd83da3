"""vLLM's CUDA worker, reporting its stages."""

from vllm.v1.worker.gpu_worker import Worker

from desktop_llm.engine.child.stages import ReportsStages


class ReportingWorker(ReportsStages, Worker):  # type: ignore[misc]  # vllm is not followed
    """Named to vLLM as `worker_cls`."""
