"""What a worker's memory goes to, from what vLLM and torch say while it loads.

A figure that cannot be had is left out, and never ends a load.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop_llm.engine.child.report import MemoryReport, send


class MemoryMeter:
    """Measures one vLLM worker at the steps of its load and reports after each. In its process.

    On the CPU build there are no activations or graphs to tell apart: the process's RAM is told.
    """

    def __init__(self, worker: Any) -> None:
        self._worker = worker
        self._report = MemoryReport(os.getpid())

    @contextlib.contextmanager
    def profiling(self) -> Iterator[None]:
        """Measure what a step of the largest batch takes beyond what stays: the activations."""
        before = None
        with contextlib.suppress(Exception):
            before = self._begin_peak() if self._on_gpu else None
        yield
        with contextlib.suppress(Exception):
            if before is not None:
                self._tell(activation_bytes=max(self._peak() - before, 0))

    def kv_cache_allocated(self) -> None:
        """Report the KV cache's tensors, each piece of memory once."""
        with contextlib.suppress(Exception):
            self._tell(kv_cache_bytes=_storage_bytes(self._worker.model_runner.kv_caches))

    @contextlib.contextmanager
    def warming_up(self) -> Iterator[None]:
        """Learn what vLLM says of the CUDA graphs it captures; then report how it all ended up."""
        runner = getattr(self._worker, "model_runner", None)
        capture = getattr(runner, "capture_model", None)

        def captured(*args: Any, **kwargs: Any) -> Any:
            taken = capture(*args, **kwargs)  # type: ignore[misc]
            with contextlib.suppress(Exception):
                self._tell(graph_bytes=int(taken))
            return taken

        if self._on_gpu and capture is not None:
            runner.capture_model = captured  # type: ignore[union-attr]
        try:
            yield
        finally:
            if self._on_gpu and capture is not None:
                del runner.capture_model  # type: ignore[union-attr]
        with contextlib.suppress(Exception):
            if self._on_gpu:
                self._tell(non_torch_bytes=self._non_torch())
            else:
                self._tell(resident_bytes=_resident_bytes())

    @property
    def _on_gpu(self) -> bool:
        return hasattr(self._worker, "init_snapshot")

    def _begin_peak(self) -> int:
        """Have torch look for a new peak from now on; what it has allocated now."""
        import torch

        torch.accelerator.reset_peak_memory_stats(self._worker.device)
        return int(torch.accelerator.memory_allocated(self._worker.device))

    def _peak(self) -> int:
        import torch

        return int(torch.accelerator.max_memory_allocated(self._worker.device))

    def _non_torch(self) -> int:
        """What has come on the device since vLLM's first look that torch did not ask for.

        As vLLM works out `non_torch_increase` (vllm/utils/mem_utils.py). It holds what other
        programs took meanwhile.
        """
        from vllm.utils.mem_utils import MemorySnapshot

        now = MemorySnapshot(device=self._worker.device)
        return max(int(now.non_torch_memory - self._worker.init_snapshot.non_torch_memory), 0)

    def _tell(self, **known: int) -> None:
        self._report = replace(self._report, **known)
        send(self._report)


def _storage_bytes(caches: Any) -> int:
    found: dict[int, int] = {}
    for tensor in _tensors(caches):
        storage = tensor.untyped_storage()
        found[storage.data_ptr()] = storage.nbytes()
    return sum(found.values())


def _tensors(caches: Any) -> Iterable[Any]:
    """The tensors in lists of lists: some layers have several."""
    if isinstance(caches, list | tuple):
        for part in caches:
            yield from _tensors(part)
    elif hasattr(caches, "untyped_storage"):
        yield caches


def _resident_bytes() -> int:
    """RAM that this process holds (statm's second field, in pages)."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
