"""AWQ by AutoAWQ: scales searched on calibration text, then four bits in GEMM format.

Scales are powers of the mean activation, as in the paper (arXiv:2306.00978, section 3.2). Two of
AutoAWQ's defaults are off. `duo_scaling` divides by the weights' mean too; on a CPU its first scale
stays in the weights, where `.cpu()` is no copy to put back. `apply_clip` takes most of a job's
time; llm-compressor's AWQ has no clips either. On the guide model, in groups of 128, perplexity on
17,920 held-out tokens is 1.030 ± 0.002 times the original's with both, 1.0016 ± 0.0011 times
without, and 1.0035 ± 0.0011 times by round-to-nearest.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from desktop_llm.core.units import GIB
from desktop_llm.quantize import formats
from desktop_llm.quantize.types import QuantizeSettings
from desktop_llm.quantize.worker import linears, saving
from desktop_llm.quantize.worker.chunking import chunk, read_texts
from desktop_llm.quantize.worker.failures import (
    JobFailedError,
    corrupt_shard,
    not_written,
    source_unreadable,
    unsupported,
)
from desktop_llm.quantize.worker.job import Outcome, Reporter, WorkerJob
from desktop_llm.quantize.worker.saving import Planned
from desktop_llm.quantize.worker.source import Source

if TYPE_CHECKING:
    from torch import Tensor

_FLOATS = {"F64", "F32", "BF16", "F16"}


def quantize(job: WorkerJob, source: Source, report: Reporter) -> Outcome:
    """Make `job.output` of `source`. Raises JobFailedError, and what torch and AutoAWQ raise."""
    import torch
    from awq import AutoAWQForCausalLM

    settings = job.settings
    plan = linears.plan(source, settings)
    report.stage("calibrating")
    chunks = _calibration(job)
    report.stage("loading")
    on_gpu = settings.device == "gpu"
    try:
        model = AutoAWQForCausalLM.from_pretrained(
            str(source.folder),
            torch_dtype=torch.float16 if on_gpu else "auto",
            trust_remote_code=False,
            safetensors=True,
            device_map=None,  # AutoAWQ moves a layer to the GPU when its turn has come
            use_cache=False,
        )
    except TypeError as error:
        raise unsupported(
            f"AutoAWQ does not know models of type {source.config.get('model_type')}.",
            "Choose RTN, or another model.",
            str(error),
        ) from error
    except OSError as error:
        raise source_unreadable(error) from error
    _require_whole(model.model, source)
    report.stage("quantizing")
    _run(model, chunks, plan, settings, report)
    report.stage("saving")
    _save(model.model, source, plan, job, report)
    return Outcome(len(chunks), len(chunks) * settings.sequence_length, plan.left_out)


def _calibration(job: WorkerJob) -> list[list[int]]:
    import transformers

    try:
        tokenizer = transformers.AutoTokenizer.from_pretrained(
            str(job.source), trust_remote_code=False, local_files_only=True
        )
    except OSError as error:
        raise source_unreadable(error) from error
    return chunk(
        read_texts(job.texts),
        tokenizer.encode,
        samples=job.settings.samples,
        length=job.settings.sequence_length,
        end=tokenizer.eos_token_id,
        seed=job.seed,
    )


def _run(
    model: Any,
    chunks: list[list[int]],
    plan: linears.Linears,
    settings: QuantizeSettings,
    report: Reporter,
) -> None:
    from desktop_llm.quantize.worker.awq_quantizer import ReportingQuantizer

    model.quantize(
        quant_config={
            "zero_point": settings.zero_point,
            "q_group_size": settings.group_size,
            "w_bit": settings.bits,
            "version": settings.version,
        },
        calib_data=chunks,
        max_calib_samples=len(chunks),
        max_calib_seq_len=settings.sequence_length,
        duo_scaling=False,
        apply_clip=False,
        quantizer_cls=ReportingQuantizer,
        quantized=plan.quantized,
        in_float32=settings.device == "cpu",
        advanced=lambda done, total, what: report.progress(done, total, "layers", what),
    )
    used = model.quantizer.inps.shape[0]
    if used != len(chunks):
        raise RuntimeError(f"AutoAWQ used {used} of {len(chunks)} samples")


def _require_whole(model: Any, source: Source) -> None:
    """Each parameter must come from the files, whole: transformers makes up what is missing."""
    import torch

    by_place: dict[int, list[str]] = {}
    for name, parameter in model.named_parameters(remove_duplicate=False):
        by_place.setdefault(parameter.data_ptr(), []).append(name)
        if not torch.isfinite(parameter).all():
            if parameter.dtype == torch.float16 and source.dtypes.get(name) != "F16":
                raise _too_large(name, source)
            file = source.file_of(name) if name in source.shapes else "config.json"
            raise corrupt_shard(file, f"{name} holds values that are no numbers")
    for names in by_place.values():
        if not any(name in source.shapes for name in names):
            raise corrupt_shard("model.safetensors", f"the tensor {names[0]} is missing")


def _save(
    model: Any, source: Source, plan: linears.Linears, job: WorkerJob, report: Reporter
) -> None:
    """Write every tensor of the source, as it is now; one that AutoAWQ did not load, unchanged."""
    state: Mapping[str, Tensor] = model.state_dict()
    planned = _planned(source, plan, job.settings)
    try:
        writer = saving.ShardWriter(job.output, planned, int(job.settings.shard_gib * GIB))
        for number, name in enumerate((tensor.name for tensor in planned), 1):
            tensor = state[name] if name in state else source.tensor(name)
            writer.write(name, _in_16_bits(name, tensor, source))
            report.progress(number, len(planned), "tensors", name)
        writer.close()
        saving.copy_small_files(source.folder, job.output)
        config = formats.quantization_config(job.settings, plan.left_out)
        saving.write_config(job.output, source.config, config, "float16")
    except OSError as error:
        raise not_written(error) from error


def _planned(source: Source, plan: linears.Linears, settings: QuantizeSettings) -> list[Planned]:
    planned = []
    for name in source.names:
        module = name.removesuffix(".weight")
        if name.endswith(".weight") and module in plan.quantized:
            made = formats.parts(module, *plan.quantized[module], settings)
            planned += [Planned(part, *described) for part, described in made.items()]
        else:
            dtype = source.dtypes[name]
            planned.append(Planned(name, "F16" if dtype in _FLOATS else dtype, source.shapes[name]))
    return planned


def _in_16_bits(name: str, tensor: Tensor, source: Source) -> Tensor:
    import torch

    if tensor.dtype not in (torch.float64, torch.float32, torch.bfloat16, torch.float16):
        return tensor
    narrow = tensor.half()
    if not torch.isfinite(narrow).all():
        raise _too_large(name, source)
    return narrow


def _too_large(name: str, source: Source) -> JobFailedError:
    return unsupported(
        f"{source.folder.name} has values in {name} that are too large for float16, which AWQ's "
        "weights are in.",
        "Choose RTN: it keeps bfloat16.",
    )
