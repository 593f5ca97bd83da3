"""Round to nearest: W4A16 in compressed-tensors' pack-quantized format, which vLLM loads.

Each group of weights is rounded on its own, so tensors are read, rounded and written one by one.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from desktop_llm.core.units import GIB
from desktop_llm.quantize import formats
from desktop_llm.quantize.types import QuantizeSettings
from desktop_llm.quantize.worker import linears, saving
from desktop_llm.quantize.worker.failures import corrupt_shard, not_written
from desktop_llm.quantize.worker.job import Outcome, Reporter, WorkerJob
from desktop_llm.quantize.worker.saving import Planned
from desktop_llm.quantize.worker.source import Source

if TYPE_CHECKING:
    from torch import Tensor, dtype

_NARROW = {"F64": "BF16", "F32": "BF16", "F16": "F16", "BF16": "BF16"}
_PER_INT32 = 8
_LARGEST = 15  # in four unsigned bits
_MIDDLE = 8


def quantize(job: WorkerJob, source: Source, report: Reporter) -> Outcome:
    """Make `job.output` of `source`; the calibration text is not looked at. Raises JobFailedError,
    and what torch raises."""
    plan = linears.plan(source, job.settings)
    report.stage("quantizing")
    try:
        writer = saving.ShardWriter(
            job.output, _planned(source, plan, job.settings), int(job.settings.shard_gib * GIB)
        )
    except OSError as error:
        raise not_written(error) from error
    for number, name in enumerate(source.names, 1):
        for part, tensor in _converted(name, source, plan, job.settings).items():
            try:
                writer.write(part, tensor)
            except OSError as error:
                raise not_written(error) from error
        report.progress(number, len(source.names), "tensors", name)
    report.stage("saving")
    config = formats.quantization_config(job.settings, plan.left_out)
    try:
        writer.close()
        saving.copy_small_files(source.folder, job.output)
        saving.write_config(job.output, source.config, config, _dtype_of(source))
    except OSError as error:
        raise not_written(error) from error
    return Outcome(left_out=plan.left_out)


def round_to_nearest(
    weight: Tensor, group_size: int, *, zero_point: bool, scale_dtype: dtype
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Codes from 0 to 15, a scale a group, and each group's zero point (None: 8 for all).

    A weight is about ``(code - zero point) × scale``. Codes are of the scales as they are stored,
    rounded to `scale_dtype`.
    """
    import torch

    groups = weight.float().reshape(weight.shape[0], -1, group_size)
    if zero_point:
        low = groups.amin(dim=-1, keepdim=True).clamp(max=0)
        high = groups.amax(dim=-1, keepdim=True).clamp(min=0)
        scales = _storable((high - low) / _LARGEST, scale_dtype)
        zeros = torch.round(-low / scales).clamp(0, _LARGEST)
    else:
        scales = _storable(groups.abs().amax(dim=-1, keepdim=True) / (_MIDDLE - 0.5), scale_dtype)
        zeros = torch.full_like(scales, _MIDDLE)
    codes = (torch.round(groups / scales) + zeros).clamp(0, _LARGEST)
    return (
        codes.reshape(weight.shape).to(torch.int32),
        scales.squeeze(-1).to(scale_dtype),
        zeros.squeeze(-1).to(torch.int32) if zero_point else None,
    )


def pack(codes: Tensor) -> Tensor:
    """Eight codes of a row in each int32, the first in the lowest bits."""
    import torch

    columns = codes.reshape(codes.shape[0], -1, _PER_INT32).to(torch.int64)
    shifts = torch.arange(_PER_INT32, device=codes.device) * 4
    packed = (columns << shifts).sum(dim=-1)
    return packed.to(torch.int32)  # keeps the lower 32 bits


def _storable(scales: Tensor, dtype: dtype) -> Tensor:
    """Scales as they are when read again; never so small that they are zero or lose their bits."""
    import torch

    return scales.clamp(min=torch.finfo(dtype).tiny).to(dtype).float()


def _converted(
    name: str, source: Source, plan: linears.Linears, settings: QuantizeSettings
) -> dict[str, Tensor]:
    """What the tensor `name` becomes, by names."""
    import torch

    tensor = source.tensor(name)
    narrow = _NARROW.get(source.dtypes[name])
    if narrow is None:
        return {name: tensor}
    if not torch.isfinite(tensor).all():
        raise corrupt_shard(source.file_of(name), f"{name} holds values that are no numbers")
    dtype = torch.float16 if narrow == "F16" else torch.bfloat16
    module = name.removesuffix(".weight")
    if module not in plan.quantized or not name.endswith(".weight"):
        return {name: tensor.to(dtype)}
    device = "cuda" if settings.device == "gpu" else "cpu"
    codes, scales, zeros = round_to_nearest(
        tensor.to(device), settings.group_size, zero_point=settings.zero_point, scale_dtype=dtype
    )
    made = {
        f"{module}.weight_packed": pack(codes),
        f"{module}.weight_scale": scales,
        f"{module}.weight_shape": torch.tensor(tensor.shape, dtype=torch.int64),
    }
    if zeros is not None:  # packed along the outputs
        made[f"{module}.weight_zero_point"] = pack(zeros.t()).t()
    return made


def _planned(source: Source, plan: linears.Linears, settings: QuantizeSettings) -> list[Planned]:
    planned = []
    for name in source.names:
        dtype = _NARROW.get(source.dtypes[name], source.dtypes[name])
        module = name.removesuffix(".weight")
        if module not in plan.quantized or not name.endswith(".weight"):
            planned.append(Planned(name, dtype, source.shapes[name]))
            continue
        made = formats.parts(module, *plan.quantized[module], settings, dtype=dtype)
        planned += [Planned(part, *described) for part, described in made.items()]
    return planned


def _dtype_of(source: Source) -> str:
    """What most of the tensors are in, of the two that the result can have."""
    counts = Counter(_NARROW.get(dtype) for dtype in source.dtypes.values())
    return "float16" if counts["F16"] > counts["BF16"] else "bfloat16"
