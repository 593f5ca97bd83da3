"""What a job will take: time, disk and memory, from the weights' real headers."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.core.units import MIB, format_bytes
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize import rates
from desktop_llm.quantize.headers import Tensor, linear_layers, read_headers
from desktop_llm.quantize.sizes import output_bytes
from desktop_llm.quantize.types import Method, QuantizeSettings

# Left free on the disk beside what the job writes: logs, the file system's own needs.
_DISK_MARGIN = 64 * MIB


@dataclass(frozen=True)
class Estimate:
    """What a job with these settings will take. Sizes in bytes.

    `temp_bytes` is what the disk must have free at the fullest moment. `peak_bytes` is of VRAM for
    AWQ on the GPU, else of RAM. `free_…` is None where it is not known. `problems` are what stands
    against starting, `notes` what is worth knowing.
    """

    seconds: float
    output_bytes: int
    temp_bytes: int
    peak_bytes: int
    free_disk: int | None
    free_memory: int | None
    problems: tuple[AppError, ...] = ()
    notes: tuple[Sentence, ...] = ()


def estimate(
    facts: ModelFacts,
    settings: QuantizeSettings,
    *,
    free_disk: int | None,
    free_memory: int | None,
    texts_tokens: int | None = None,
    replaced_bytes: int = 0,
    cores: int | None = None,
) -> Estimate:
    """Estimate a job on `facts`; reads the weights' headers, milliseconds. Not for the GUI thread.

    `texts_tokens` is how many tokens of calibration text there are; None takes it as enough.
    `replaced_bytes` is the size of a model that the new one will take the place of: it stays until
    the new one is whole. `cores` are those this process may use, if not given. Raises AppError as
    `read_headers` does.
    """
    tensors = read_headers(facts)
    quantized = linear_layers(tensors, settings.modules_left_out)
    tokens = settings.samples * settings.sequence_length
    if texts_tokens is not None:
        tokens = min(tokens, texts_tokens)
    size = output_bytes(facts, tensors, quantized, settings)
    peak = rates.peak_bytes(tensors, quantized, settings, tokens)
    temp = size + _DISK_MARGIN
    return Estimate(
        seconds=rates.seconds(
            tensors, quantized, settings, tokens, cores or len(os.sched_getaffinity(0))
        ),
        output_bytes=size,
        temp_bytes=temp,
        peak_bytes=peak,
        free_disk=free_disk,
        free_memory=free_memory,
        problems=tuple(
            problem
            for problem in (
                _nothing_to_quantize(facts, quantized),
                _bad_group_size(quantized, settings),
                _disk(temp, free_disk),
                _memory(peak, free_memory, settings),
            )
            if problem is not None
        ),
        notes=_notes(settings, tokens, replaced_bytes),
    )


def _nothing_to_quantize(facts: ModelFacts, quantized: Sequence[Tensor]) -> AppError | None:
    if quantized:
        return None
    return AppError(
        "quantize.unsupported",
        sentence("{model} has no linear layers that would become 4 bits.", model=facts.name),
        sentence("Choose a full-precision model in safetensors, or leave out fewer modules."),
    )


def _bad_group_size(quantized: Sequence[Tensor], settings: QuantizeSettings) -> AppError | None:
    """A linear layer whose inputs cannot be divided into groups."""
    bad = [tensor for tensor in quantized if tensor.shape[1] % settings.group_size]
    if not bad:
        return None
    module = bad[0].name.removesuffix(".weight")
    if settings.group_size != 64 and all(tensor.shape[1] % 64 == 0 for tensor in quantized):
        hint = sentence("Choose group size 64, which fits all of its layers.")
    else:
        hint = sentence("Add {part} to the modules left out.", part=module.rsplit(".", 1)[-1])
    return AppError(
        "quantize.bad_group_size",
        sentence(
            "{module} has {inputs} inputs, which groups of {group} do not divide.",
            module=module,
            inputs=bad[0].shape[1],
            group=settings.group_size,
        ),
        hint,
    )


def _disk(needed: int, free: int | None) -> AppError | None:
    if free is None or needed <= free:
        return None
    return AppError(
        "quantize.disk_full",
        sentence(
            "The disk of the output folder has {free} free; about {needed} are needed.",
            free=format_bytes(free),
            needed=format_bytes(needed),
        ),
        sentence("Free some space, or choose an output folder on another disk."),
    )


def _memory(peak: int, free: int | None, settings: QuantizeSettings) -> AppError | None:
    if free is None or peak <= free:
        return None
    message = sentence(
        "Quantizing needs about {needed} of {memory}, and {free} are free.",
        needed=format_bytes(peak),
        memory="VRAM" if _on_gpu(settings) else "RAM",
        free=format_bytes(free),
    )
    if settings.method is Method.RTN:
        hint = sentence("Close other programs that use much memory.")
    elif _on_gpu(settings):
        hint = sentence(
            "Unload the loaded model, use fewer samples, or choose the CPU or round-to-nearest."
        )
    else:
        hint = sentence(
            "Unload the loaded model, use fewer samples, or choose round-to-nearest, which needs"
            " little memory."
        )
    return AppError("quantize.out_of_memory", message, hint)


def _notes(settings: QuantizeSettings, tokens: int, replaced_bytes: int) -> tuple[Sentence, ...]:
    notes = []
    samples = tokens // settings.sequence_length
    if settings.method is Method.AWQ and samples < settings.samples:
        notes.append(
            sentence(
                "The calibration text makes about {there} of the {asked} samples asked for.",
                there=samples,
                asked=settings.samples,
            )
        )
    if replaced_bytes:
        notes.append(
            sentence(
                "The model that is replaced keeps its {size} until the new one is whole.",
                size=format_bytes(replaced_bytes),
            )
        )
    return tuple(notes)


def _on_gpu(settings: QuantizeSettings) -> bool:
    return settings.method is Method.AWQ and settings.device == "gpu"
