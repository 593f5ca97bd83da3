"""What is ours of AWQ's searches, on single layers with weights and inputs made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from desktop_llm.quantize.worker.awq_quantizer import ReportingQuantizer

GROUP = 32
CHANNELS = 4 * GROUP
ROWS = 24

pytestmark = pytest.mark.engine  # torch and AutoAWQ are imported


@pytest.fixture(scope="module")
def torch() -> Any:
    import torch

    torch.manual_seed(0)
    return torch


@pytest.fixture
def quantizer() -> ReportingQuantizer:
    """As it is within a layer of a model, without one."""
    from desktop_llm.quantize.worker.awq_quantizer import ReportingQuantizer, _Pace

    made: ReportingQuantizer = object.__new__(ReportingQuantizer)
    made.w_bit, made.group_size, made.zero_point = 4, GROUP, True
    made.duo_scaling, made.max_chunk_memory, made.n_parallel_calib_samples = False, 2**30, None
    made.modules, made._layer, made._what, made._pace = [None], 0, "", _Pace()
    made._advanced = lambda *_: None
    return made


def scales_of(quantizer: ReportingQuantizer, torch: Any, inputs: Any) -> tuple[Any, Any, Any]:
    """The scales found for a layer, its weights then, and before."""
    layer = torch.nn.Linear(CHANNELS, ROWS, bias=False)
    before = layer.weight.detach().clone()
    parts = (inputs, before.abs().mean(0), inputs.abs().mean(0), layer, [layer])
    quantizer._unscaled = True
    with torch.no_grad():
        found = quantizer._compute_best_scale(*parts, layer(inputs), {})
    return found, layer.weight.detach(), before


def test_that_channels_with_large_inputs_are_scaled_up_and_the_weights_stay(
    quantizer: ReportingQuantizer, torch: Any
) -> None:
    inputs = torch.randn(200, CHANNELS)
    inputs[:, :4] *= 100
    scales, after, before = scales_of(quantizer, torch, inputs)
    assert scales[:4].min() > 2 * scales[4:].max()
    assert torch.equal(after, before)


def test_that_a_scale_which_gains_next_to_nothing_is_left_out(
    quantizer: ReportingQuantizer, torch: Any
) -> None:
    scales, after, before = scales_of(quantizer, torch, torch.randn(200, CHANNELS))
    assert torch.equal(scales, torch.ones(CHANNELS))
    assert torch.equal(after, before)


def test_that_it_says_how_far_it_is_within_a_layer(
    quantizer: ReportingQuantizer, torch: Any
) -> None:
    said: list[float] = []
    quantizer._advanced = lambda done, total, what: said.append(done / total)
    quantizer._pace.begin(expected=40)
    scales_of(quantizer, torch, torch.randn(200, CHANNELS))  # a search of 20 steps
    assert said == [step / 40 for step in range(1, 21)]
