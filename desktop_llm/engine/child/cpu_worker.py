"""vLLM's CPU worker, reporting its stages."""

import torch
from vllm.v1.worker.cpu_worker import CPUWorker

from desktop_llm.engine.child.stages import ReportsStages


class ReportingCPUWorker(ReportsStages, CPUWorker):  # type: ignore[misc]  # vllm is not followed
    """Named to vLLM as `worker_cls`."""

    def init_device(self) -> None:
        # The kernel wants to be asked before AMX is used. vLLM leaves that to oneDNN's first large
        # product, but its own attention needs it too: a first prompt of a token or two killed it.
        torch.cpu._init_amx()
        super().init_device()
