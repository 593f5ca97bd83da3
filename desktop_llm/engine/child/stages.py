"""Workers that say which part of a load they are in."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vllm.config import ModelConfig
from vllm.model_executor.model_loader import register_model_loader
from vllm.model_executor.model_loader.default_loader import DefaultModelLoader

from desktop_llm.engine.child.report import Fraction, stage
from desktop_llm.engine.types import Stage

if TYPE_CHECKING:
    import torch
    from torch import nn


class ReportsStages:
    """Put before a vLLM worker class: the four parts of a load, reported as they run."""

    def load_model(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.WEIGHTS):
            return super().load_model(*args, **kwargs)  # type: ignore[misc]

    def determine_available_memory(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.PROFILING):
            return super().determine_available_memory(*args, **kwargs)  # type: ignore[misc]

    def initialize_from_config(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.KV_CACHE):
            return super().initialize_from_config(*args, **kwargs)  # type: ignore[misc]

    def compile_or_warm_up_model(self, *args: Any, **kwargs: Any) -> Any:
        with stage(Stage.WARM_UP):
            return super().compile_or_warm_up_model(*args, **kwargs)  # type: ignore[misc]


class ReportingLoader(DefaultModelLoader):  # type: ignore[misc]  # vllm is not followed
    """vLLM's own loader, counting the bytes of the tensors it reads."""

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
