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
    made.duo_scaling, made.max_chunk_memory, made.n_parallel_calib_samples = True, 2**30, None
    made.modules, made._layer, made._what, made._pace = [None], 0, "", _Pace()
    made._advanced = lambda *_: None
    return made


def test_that_the_search_for_scales_leaves_the_weights_as_they_were(
    quantizer: ReportingQuantizer, torch: Any
) -> None:
    layer = torch.nn.Linear(CHANNELS, ROWS, bias=False)
    with torch.no_grad():
        layer.weight *= torch.linspace(0.1, 2, CHANNELS)  # the first scale would change these much
    before = layer.weight.detach().clone()
    inputs = torch.randn(40, CHANNELS)
    with torch.no_grad():
        quantizer._compute_best_scale(
            inputs, before.abs().mean(0), inputs.abs().mean(0), layer, [layer], layer(inputs), {}
        )
    assert torch.equal(layer.weight, before)


def test_that_a_clip_is_the_one_that_changes_the_output_least(
    quantizer: ReportingQuantizer, torch: Any
) -> None:
    weights = torch.randn(ROWS, CHANNELS) ** 3  # few are large: clipping pays
    inputs = torch.randn(2, 100, CHANNELS)
    found = quantizer._compute_best_clip(weights, inputs)
    assert found.shape == (ROWS, CHANNELS // GROUP, 1)
    largest = weights.reshape(ROWS, -1, GROUP).abs().amax(-1, keepdim=True)
    assert (found <= largest).all()
    assert (found < largest).any()

    def errors(clip: Any) -> Any:
        """By the definition: how much each group's part of the output differs."""
        grouped = weights.reshape(ROWS, -1, GROUP)
        clipped = grouped.clamp(-clip, clip).reshape(-1, GROUP)
        changed = quantizer.pseudo_quantize_tensor(clipped)[0].reshape(grouped.shape) - grouped
        parts = inputs.reshape(-1, CHANNELS // GROUP, GROUP)
        return torch.einsum("tgi,rgi->rgt", parts, changed).square().mean(-1)

    best = errors(found)
    for share in [1 - step / 20 for step in range(10)]:
        assert (best <= errors(largest * share) * (1 + 1e-4)).all()
