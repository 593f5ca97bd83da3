"""The weight files of a model folder, checked against their own headers.

A safetensors file is an 8-byte little-endian length, a JSON header naming each tensor's dtype,
shape and byte range, and the tensors. Only the header is read, so a check takes milliseconds
whatever the size. Changed bytes inside a tensor are not seen: the format has no checksum.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.core.units import MIB, format_bytes
from desktop_llm.models.reading import (
    GET_AGAIN,
    parse_object,
    read_json,
    regular_file_size,
    unreadable,
)

INDEX_NAME = "model.safetensors.index.json"
_HEADER_LIMIT = 100 * MIB  # the format's own limit
_PICKLE_SUFFIXES = {".bin", ".pt", ".pth", ".ckpt"}
# What training leaves beside the weights.
_NOT_WEIGHTS = ("training_args", "optimizer", "scheduler", "rng_state", "scaler")

_BITS = {
    "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "F8_E8M0": 8, "F8_E4M3FNUZ": 8,
    "F8_E5M2FNUZ": 8, "U16": 16, "I16": 16, "F16": 16, "BF16": 16, "U32": 32, "I32": 32, "F32": 32,
    "U64": 64, "I64": 64, "F64": 64, "C64": 64, "F4": 4, "F6_E2M3": 6, "F6_E3M2": 6,
}  # fmt: skip


@dataclass(frozen=True)
class TensorFacts:
    """One tensor as a safetensors header describes it; `size` in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int


@dataclass(frozen=True)
class WeightFiles:
    """Names of the weight files in a folder and their size together, in bytes."""

    safetensors: tuple[str, ...]
    pickle: tuple[str, ...]
    total_bytes: int

    @property
    def pickle_only(self) -> bool:
        return bool(self.pickle) and not self.safetensors


def find_weights(folder: Path, names: tuple[str, ...]) -> WeightFiles:
    """Which of the files `names` in `folder` are weights. Missing shards are not its business.

    Raises AppError ``model.bad_index``, ``model.unsafe_path`` or ``model.unreadable``.
    """
    index = read_index(folder)
    present = tuple(sorted(name for name in names if name.endswith(".safetensors")))
    safetensors = tuple(sorted(set(index.values()))) if index else present
    pickle = () if safetensors else tuple(sorted(filter(_is_pickle, names)))
    sizes = (regular_file_size(folder / name) or 0 for name in (*safetensors, *pickle))
    return WeightFiles(safetensors, pickle, sum(sizes))


def read_index(folder: Path) -> dict[str, str]:
    """Shard names by tensor name, from the index; empty where there is none.

    Raises AppError ``model.bad_index``, or ``model.unsafe_path`` for a shard outside the folder.
    """
    index = read_json(folder / INDEX_NAME, "model.bad_index")
    if index is None:
        return {}
    shards = index.get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(v, str) for v in shards.values()):
        raise AppError(
            "model.bad_index",
            sentence("{index} names no weight files.", index=INDEX_NAME),
            GET_AGAIN,
        )
    for name in set(shards.values()):
        if Path(name).name != name or name in {"", ".."} or not name.isprintable():
            raise AppError(
                "model.unsafe_path",
                sentence(
                    "{index} names a weight file outside the model's folder: {name}.",
                    index=INDEX_NAME,
                    name=repr(name),
                ),
                sentence("Do not load this model; get it from a source you trust."),
            )
    return shards


def verify_weights(folder: Path, weights: WeightFiles) -> None:
    """Check every safetensors file: present, whole, and holding the tensors the index names.

    Raises AppError ``model.missing_shard``, ``model.corrupt_shard``, ``model.bad_index``,
    ``model.unsafe_path`` or ``model.unreadable``.
    """
    index = read_index(folder)
    expected: dict[str, set[str]] = {}
    for tensor, shard in index.items():
        expected.setdefault(shard, set()).add(tensor)
    for name in weights.safetensors:
        absent = expected.get(name, set()) - verify_shard(folder / name)
        if absent:
            raise _corrupt(
                name,
                sentence(
                    "the tensor {tensor}, named in the index, is not in it", tensor=min(absent)
                ),
            )


def read_tensors(folder: Path, weights: WeightFiles) -> tuple[TensorFacts, ...]:
    """Every tensor of the safetensors files that are there, from their headers. Milliseconds.

    Raises AppError ``model.corrupt_shard`` or ``model.unreadable``.
    """
    tensors: list[TensorFacts] = []
    for name in weights.safetensors:
        size = regular_file_size(folder / name)
        if size is None:
            continue
        header, _ = _read_header(folder / name, size)
        for tensor, entry in header.items():
            if tensor == "__metadata__":
                continue
            try:
                begin, end = _byte_range(entry)
            except ValueError as error:
                raise _corrupt(
                    name, sentence("tensor {name}: {reason}", name=repr(tensor), reason=error)
                ) from error
            shape = tuple(_sizes(entry["shape"]))
            tensors.append(TensorFacts(tensor, str(entry["dtype"]), shape, end - begin))
    return tuple(tensors)


def verify_shard(path: Path) -> frozenset[str]:
    """Check one safetensors file's header against its size; returns the tensors' names.

    Raises AppError ``model.missing_shard``, ``model.corrupt_shard`` or ``model.unreadable``.
    """
    size = regular_file_size(path)
    if size is None:
        raise AppError(
            "model.missing_shard",
            sentence(
                "The weight file {name} is missing from {folder}.",
                name=path.name,
                folder=path.parent,
            ),
            sentence("Download or copy the model again, or put that file back."),
        )
    header, data_bytes = _read_header(path, size)
    ranges = []
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        try:
            ranges.append(_byte_range(entry))
        except ValueError as error:
            raise _corrupt(
                path.name, sentence("tensor {name}: {reason}", name=repr(name), reason=error)
            ) from error
    _check_cover(path.name, ranges, data_bytes)
    return frozenset(header) - {"__metadata__"}


def _read_header(path: Path, size: int) -> tuple[dict[str, Any], int]:
    """The header, and how many bytes of tensors follow it."""
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if size < 8 or length > size - 8:
                raise _corrupt(
                    path.name,
                    sentence("it ends after {size}, inside its header", size=format_bytes(size)),
                )
            if length > _HEADER_LIMIT:
                raise _corrupt(path.name, sentence("its header has an impossible length"))
            header = parse_object(stream.read(length))
    except OSError as error:
        raise unreadable(path, error) from error
    except ValueError as error:
        raise _corrupt(
            path.name, sentence("its header is not valid ({reason})", reason=error)
        ) from error
    return header, size - 8 - length


def _byte_range(entry: Any) -> tuple[int, int]:
    """A tensor's (begin, end) in the data, checked against its dtype and shape. ValueError."""
    if not isinstance(entry, dict):
        raise ValueError("no description")
    bits = _BITS.get(str(entry.get("dtype")))
    if bits is None:
        raise ValueError(f"unknown dtype {entry.get('dtype')!r}")
    shape, offsets = _sizes(entry.get("shape")), _sizes(entry.get("data_offsets"))
    if len(offsets) != 2:
        raise ValueError("its place is not readable")
    begin, end = offsets
    if (end - begin) * 8 != math.prod(shape) * bits:
        raise ValueError(f"its {end - begin} bytes do not fit its shape")
    return begin, end


def _check_cover(name: str, ranges: list[tuple[int, int]], data_bytes: int) -> None:
    """Tensors must follow one another without gaps and end where the file ends."""
    position = 0
    for begin, end in sorted(ranges):
        if begin != position:
            raise _corrupt(name, sentence("its tensors overlap or leave gaps"))
        position = end
    if position > data_bytes:
        missing = format_bytes(position - data_bytes)
        raise _corrupt(
            name,
            sentence(
                "the last {missing} are missing, as after a download cut short", missing=missing
            ),
        )
    if position < data_bytes:
        raise _corrupt(
            name,
            sentence("{size} follow the last tensor", size=format_bytes(data_bytes - position)),
        )


def _sizes(value: Any) -> list[int]:
    if isinstance(value, list) and all(type(item) is int and item >= 0 for item in value):
        return value
    raise ValueError("its shape or place is not readable")


def _is_pickle(name: str) -> bool:
    path = Path(name)
    return path.suffix in _PICKLE_SUFFIXES and not path.name.startswith(_NOT_WEIGHTS)


def _corrupt(name: str, reason: Sentence) -> AppError:
    return AppError(
        "model.corrupt_shard",
        sentence("The weight file {name} is damaged: {reason}.", name=name, reason=reason),
        GET_AGAIN,
    )
