"""AutoAWQ's quantizer, telling how far it is and leaving out what it was told to leave out."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from typing import Any

import torch
from awq.quantize.quantizer import AwqQuantizer
from awq.utils.module import get_named_linears, get_op_name

_GRID = 20  # scales that a search tries, each with one loss
_SEARCHES = 4  # in a layer, as far as is known before the first
# Of the loss without scales: what gains less on the calibration text may lose on another.
_WORTH_SCALING = 0.95
_MIDDLE = 8  # the zero point of symmetric weights in four unsigned bits


class ReportingQuantizer(AwqQuantizer):  # type: ignore[misc]
    """Calls `advanced` with the layers done, all layers, and the module at work.

    `quantized` are full names of the linear layers to quantize. With `in_float32` each layer is
    computed in 32 bits while it is its turn: on a CPU that is fast and exact, and the whole model
    need not be held in 32 bits for it.
    """

    def __init__(
        self,
        *arguments: Any,
        quantized: Collection[str],
        in_float32: bool,
        advanced: Callable[[float, int, str], None],
        **options: Any,
    ) -> None:
        self._quantized = quantized
        self._in_float32 = in_float32
        self._advanced = advanced
        self._layer = 0
        self._pace = _Pace()
        self._unscaled = False
        super().__init__(*arguments, **options)
        self._names = {module: name for name, module in self.model.named_modules()}
        if in_float32:
            self.inps: torch.Tensor = self.inps.float()
            if "position_ids" in self.module_kwargs:  # `quantize` makes them anew, of those
                self.module_kwargs.pop("position_embeddings", None)

    @property
    def modules_to_not_convert(self) -> list[str]:
        """Of the layer whose turn it is: AutoAWQ compares names within a layer."""
        layer = self.modules[self._layer]
        prefix = self._names[layer]
        return [
            name for name in get_named_linears(layer) if f"{prefix}.{name}" not in self._quantized
        ]

    @modules_to_not_convert.setter
    def modules_to_not_convert(self, names: list[str]) -> None:
        """AutoAWQ's constructor sets it; what stays is known by full names."""

    def pseudo_quantize_tensor(self, w: torch.Tensor) -> tuple[torch.Tensor, ...]:
        weights, scales, zeros = super().pseudo_quantize_tensor(w)
        if zeros is None:  # the GEMM format has zero points; of symmetric weights they are alike
            zeros = torch.full_like(scales, _MIDDLE)
        return weights, scales, zeros

    def _get_input_feat(self, layer: torch.nn.Module, named_linears: dict[str, Any]) -> Any:
        self._pace.begin(1 + _SEARCHES * _GRID)
        self._tell(layer)
        if self._in_float32:
            layer.float()
        # Of all linear layers: what scales are searched with includes those left out.
        features = super()._get_input_feat(layer, get_named_linears(layer))
        self._step(layer)
        return features

    def _search_best_scale(
        self,
        module: torch.nn.Module,
        prev_op: Any,
        layers: list[Any],
        inp: torch.Tensor,
        **rest: Any,
    ) -> Any:
        if any(self._names[layer] in self._quantized for layer in layers):
            self._tell(layers[0])
            self._unscaled = True
            return super()._search_best_scale(module, prev_op, layers, inp, **rest)
        # All are left out, or none: what the engine makes one layer of goes together.
        names = tuple(get_op_name(module, layer) for layer in layers)
        return get_op_name(module, prev_op), names, torch.ones(inp.shape[-1])

    def _compute_loss(self, *arguments: Any) -> float:
        """The first of a search is that of the weights as they are, and others must do better."""
        self._step()
        loss = float(super()._compute_loss(*arguments))
        if self._unscaled:
            loss *= _WORTH_SCALING
            self._unscaled = False
        return loss

    def _apply_quant(self, module: torch.nn.Module, named_linears: dict[str, Any]) -> None:
        super()._apply_quant(module, named_linears)
        if self._in_float32:
            module.half()  # what was not quantized
        self._pace.end()
        self._layer += 1
        self._advanced(self._layer, len(self.modules), self._names[module])

    def _step(self, module: torch.nn.Module | None = None) -> None:
        self._pace.step()
        self._tell(module)

    def _tell(self, module: torch.nn.Module | None) -> None:
        if module is not None:
            self._what = self._names[module]
        self._advanced(self._layer + self._pace.share, len(self.modules), self._what)


class _Pace:
    """How much of a layer's time is over at each of its steps: as it was in the layer before."""

    def __init__(self) -> None:
        self._expected = 1
        self._began = 0.0
        self._times: list[float] = []  # of this layer's steps
        self._shares: list[float] = []  # of the time of the layer before

    def begin(self, expected: int) -> None:
        """A layer begins, which has `expected` steps if no layer told better."""
        self._expected, self._began, self._times = expected, time.monotonic(), []

    def step(self) -> None:
        self._times.append(time.monotonic() - self._began)

    def end(self) -> None:
        total = time.monotonic() - self._began
        self._shares = [passed / total for passed in self._times] if total > 0 else []

    @property
    def share(self) -> float:
        steps = len(self._times)
        if not steps:
            return 0.0
        if self._shares:
            return self._shares[min(steps, len(self._shares)) - 1]
        return min(steps / self._expected, 1.0)
