"""Quantizes one model: ``python -m desktop_llm.quantize.worker JOB.json``.

Says what it does over the descriptor in DESKTOP_LLM_JOB_DESCRIPTOR (`quantize.protocol`); what it
and its libraries print is for the job's log. Exit code 0 with a result, 1 with a failure told.
SIGTERM ends it at once: what it leaves is its parent's to remove.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from desktop_llm.quantize import manifest
from desktop_llm.quantize.protocol import Hello, Result, Sender
from desktop_llm.quantize.types import Method, QuantizeSettings
from desktop_llm.quantize.worker import awq_backend, rtn_backend
from desktop_llm.quantize.worker.failures import failure_of, not_written, unsupported
from desktop_llm.quantize.worker.job import Reporter, WorkerJob
from desktop_llm.quantize.worker.memory import peak_ram, peak_vram
from desktop_llm.quantize.worker.source import Source

_BACKENDS = {Method.AWQ: awq_backend.quantize, Method.RTN: rtn_backend.quantize}
_LIBRARIES = ("torch", "transformers", "autoawq", "safetensors")


def main() -> int:
    sender = Sender()
    sender.send(Hello(os.getpid()))
    try:
        job = WorkerJob.model_validate_json(Path(sys.argv[1]).read_bytes())
        sender.send(Result(run(job, Reporter(sender))))
    except Exception as error:  # noqa: BLE001  (whatever it is, the app must be told)
        traceback.print_exc()
        sender.send(failure_of(error))
        return 1
    return 0


def run(job: WorkerJob, report: Reporter) -> dict[str, Any]:
    """Do the whole job; what the app is told of it. Raises whatever `failure_of` can tell."""
    began = time.monotonic()
    settings = job.settings
    if settings.device == "cpu":  # before torch is imported; "" hides every GPU
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    report.stage("importing")
    _import(settings, job.seed)
    baseline = peak_ram()

    source = Source(job.source)
    outcome = _BACKENDS[settings.method](job, source, report)
    values: dict[str, Any] = {
        "samples_used": outcome.samples_used,
        "tokens_used": outcome.tokens_used,
        "seconds": round(time.monotonic() - began, 3),
        "peak_bytes": peak_vram() if settings.device == "gpu" else peak_ram(),
        "peak_ram_bytes": peak_ram(),
        "baseline_ram_bytes": baseline,
        "versions": _versions(),
    }
    try:
        manifest.write(
            job.output,
            source=job.source,
            settings=settings,
            texts=job.texts if outcome.samples_used else None,
            seed=job.seed,
            left_out=outcome.left_out,
            measured=values,
        )
    except OSError as error:
        raise not_written(error) from error
    return values


def _import(settings: QuantizeSettings, seed: int) -> None:
    import torch

    if settings.method is Method.AWQ:
        try:
            import awq  # noqa: F401
        except ImportError as error:
            raise unsupported(
                "AutoAWQ cannot be imported.", "Choose RTN, or install the app again.", str(error)
            ) from error
    if settings.device == "gpu" and not torch.cuda.is_available():
        raise unsupported(
            "There is no NVIDIA GPU that PyTorch can use.", "Choose the CPU as the device."
        )
    torch.manual_seed(seed)
    torch.set_grad_enabled(False)


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for name in _LIBRARIES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


if __name__ == "__main__":
    sys.exit(main())
