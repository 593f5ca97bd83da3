"""Workers that say which part of a load they are in."""

from __future__ import annotations

import os
from collections.abc import Generator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vllm.config import ModelConfig
from vllm.model_executor.model_loader import register_model_loader
from vllm.model_executor.model_loader.default_loader import DefaultModelLoader

from desktop_llm.engine.child.memory import MemoryMeter
from desktop_llm.engine.child.report import Fraction, WeightsReport, send, stage
from desktop_llm.engine.types import Stage

if TYPE_CHECKING:
    import torch
    from torch import nn


class ReportsStages:
    """Put before a vLLM worker class: the four parts of a load, reported as they run."""

    @cached_property
    def _memory(self) -> MemoryMeter:
        return MemoryMeter(self)

    def load_model(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.WEIGHTS):
            result = super().load_model(*args, **kwargs)  # type: ignore[misc]
        # On a GPU vLLM measures what the weights took, in the form its kernels want them.
        held = getattr(getattr(self, "model_runner", None), "model_memory_usage", None)
        if held:
            send(WeightsReport(os.getpid(), int(held)))
        return result

    def determine_available_memory(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.PROFILING), self._memory.profiling():
            return super().determine_available_memory(*args, **kwargs)  # type: ignore[misc]

    def initialize_from_config(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.KV_CACHE):
            result = super().initialize_from_config(*args, **kwargs)  # type: ignore[misc]
        self._memory.kv_cache_allocated()
        return result

    def compile_or_warm_up_model(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.WARM_UP), self._memory.warming_up():
            return super().compile_or_warm_up_model(*args, **kwargs)  # type: ignore[misc]


class ReportingLoader(DefaultModelLoader):  # type: ignore[misc]  # vllm is not followed
    """vLLM's own loader, counting the bytes of the tensors it reads, and of those it keeps."""

    def load_weights(self, model: nn.Module, model_config: ModelConfig) -> None:
        super().load_weights(model, model_config)
        # Before kernels take some out of the module to keep them in a form of their own.
        held = sum(parameter.nbytes for parameter in model.parameters())
        send(WeightsReport(os.getpid(), held))

    def get_all_weights(
        self, model_config: ModelConfig, model: nn.Module
    ) -> Generator[tuple[str, torch.Tensor], None, None]:
        folder = Path(model_config.model)
        weights = list(folder.glob("*.safetensors")) or list(folder.glob("*.bin"))
        progress = Fraction(Stage.WEIGHTS, sum(file.stat().st_size for file in weights))
        for name, tensor in super().get_all_weights(model_config, model):
            yield name, tensor
            progress.add(tensor.nbytes)


for load_format in ("auto", "safetensors"):
    register_model_loader(load_format)(ReportingLoader)
