"""Whether a quantized model's folder is whole, by its headers and small files. Imports no torch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.quantize import formats, manifest
from desktop_llm.quantize.headers import Tensor, linear_layers, read_headers
from desktop_llm.quantize.left_out import left_out
from desktop_llm.quantize.types import QuantizeSettings

# What a model talks by, beside its tokenizer's own files; those that the source has.
_COPIED = (
    "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json", "merges.txt",
    "chat_template.jinja", "chat_template.json", "generation_config.json",
)  # fmt: skip


def check(source: Path, output: Path, settings: QuantizeSettings) -> None:
    """Raise AppError ``quantize.incomplete`` unless `output` is all of `source`, quantized so.

    Every tensor is there with its right shape, as it was or in the method's parts, in files of
    their full length; quantization_config says how; tokenizer, chat template and generation
    settings are the source's, byte for byte; and quantize.json is there. Reads headers and small
    files: milliseconds, any thread. Raises what `inspect_folder` and `read_headers` raise, too.
    """
    before, after = inspect_folder(source), inspect_folder(output)
    originals = read_headers(before)
    for name in after.weights.safetensors:
        _require_full_length(output / name)
    _require_tensors(originals, read_headers(after), settings)
    _require_config(output, originals, settings)
    _require_copies(before, output)
    if not (output / manifest.NAME).is_file():
        raise _incomplete(sentence("{name} is missing", name=manifest.NAME))


def _require_full_length(path: Path) -> None:
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            header: dict[str, Any] = json.loads(stream.read(length))
            ends = [entry["data_offsets"][1] for name, entry in header.items() if name[:2] != "__"]
            whole = path.stat().st_size == 8 + length + max(ends, default=0)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, OverflowError):
        whole = False
    if not whole:
        raise _incomplete(sentence("{name} is damaged or cut short", name=path.name))


def _require_tensors(
    originals: tuple[Tensor, ...], made: tuple[Tensor, ...], settings: QuantizeSettings
) -> None:
    there = {tensor.name: tensor for tensor in made}
    quantized = set(linear_layers(originals, settings.modules_left_out))
    for original in originals:
        expected: formats.Shapes = {original.name: ("", original.shape)}
        if original in quantized:
            outputs, inputs = original.shape
            module = original.name.removesuffix(".weight")
            expected = formats.parts(module, outputs, inputs, settings, dtype="")
        for name, (dtype, shape) in expected.items():
            tensor = there.get(name)
            if tensor is None:
                raise _incomplete(sentence("the tensor {name} is missing", name=name))
            if tensor.shape != shape or (dtype and tensor.dtype != dtype):
                raise _incomplete(sentence("the tensor {name} has a wrong shape", name=name))


def _require_config(
    output: Path, originals: tuple[Tensor, ...], settings: QuantizeSettings
) -> None:
    modules = (tensor.name.removesuffix(".weight") for tensor in linear_layers(originals))
    expected = formats.quantization_config(settings, left_out(modules, settings.modules_left_out))
    config = json.loads((output / "config.json").read_bytes())
    if config.get("quantization_config") != expected:
        raise _incomplete(sentence("its config.json does not say how it was quantized"))


def _require_copies(before: ModelFacts, output: Path) -> None:
    for name in dict.fromkeys((*before.tokenizer_files, *_COPIED)):
        original, copy = before.path / name, output / name
        if not original.is_file():
            continue
        if not copy.is_file():
            raise _incomplete(sentence("{name} is missing", name=name))
        if copy.read_bytes() != original.read_bytes():
            raise _incomplete(sentence("{name} is not the original's", name=name))


def _incomplete(what: Sentence) -> AppError:
    return AppError(
        "quantize.incomplete",
        sentence("The quantized model is not whole: {what}.", what=what),
        sentence("Run the job again; if it happens again, its disk may be failing."),
    )
