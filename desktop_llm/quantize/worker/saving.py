"""The result's files: safetensors shards written in place, and what is copied from the source."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor

_INDEX = "model.safetensors.index.json"
_BYTES = {"I64": 8, "I32": 4, "F32": 4, "F16": 2, "BF16": 2, "F64": 8, "U8": 1, "I8": 1,
          "I16": 2, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1}  # fmt: skip
# Tokenizer, chat template and generation settings come from these; code and pickles never.
_COPIED = {".json", ".jinja", ".txt", ".model", ".tiktoken"}
_COPIED_NAMES = ("LICENSE", "LICENCE", "NOTICE", "USE_POLICY")
_NOT_COPIED = {"config.json", "quantize.json", "trainer_state.json", "training_args.json"}
_TEMPLATES = "additional_chat_templates"


@dataclass(frozen=True)
class Planned:
    """A tensor that will be written. `dtype` as safetensors spells it."""

    name: str
    dtype: str
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        size = _BYTES[self.dtype]
        for length in self.shape:
            size *= length
        return size


class ShardWriter:
    """Writes tensors, in any order, into shards whose space is taken when it is made.

    So a full disk is told before the work rather than after it, and no more than one tensor need
    be in memory. Raises OSError as the file system gives it. `close` says that all were written.
    """

    def __init__(self, folder: Path, planned: Iterable[Planned], shard_bytes: int) -> None:
        self._folder = folder
        self._missing: set[str] = set()
        self._places: dict[str, tuple[Path, int, Planned]] = {}
        shards = _share_out(planned, shard_bytes)
        for number, tensors in enumerate(shards, 1):
            name = f"model-{number:05}-of-{len(shards):05}.safetensors"
            self._begin(folder / (name if len(shards) > 1 else "model.safetensors"), tensors)
        self._sharded = len(shards) > 1

    def write(self, name: str, tensor: Tensor) -> None:
        """Raises ValueError for a tensor that is not as it was planned."""
        import torch

        path, place, planned = self._places[name]
        flat = tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8)
        if tuple(tensor.shape) != planned.shape or flat.numel() != planned.size:
            raise ValueError(f"{name} is {tuple(tensor.shape)} {tensor.dtype}, not {planned}")
        with path.open("r+b") as stream:
            stream.seek(place)
            stream.write(flat.numpy().data)
        self._missing.discard(name)

    def close(self) -> None:
        """Bring it all to the disk. Raises ValueError if a tensor was not written."""
        if self._missing:
            raise ValueError(f"{len(self._missing)} tensors were not written: {min(self._missing)}")
        for path in sorted({path for path, _, _ in self._places.values()}):
            with path.open("r+b") as stream:
                os.fsync(stream.fileno())
        if self._sharded:
            total = sum(planned.size for _, _, planned in self._places.values())
            files = {name: path.name for name, (path, _, _) in self._places.items()}
            write_json(
                self._folder / _INDEX, {"metadata": {"total_size": total}, "weight_map": files}
            )

    def _begin(self, path: Path, tensors: list[Planned]) -> None:
        # The widest first: a reader that maps the file wants each value at a multiple of its size.
        tensors = sorted(tensors, key=lambda planned: -_BYTES[planned.dtype])
        header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
        position = 0
        for planned in tensors:
            header[planned.name] = {
                "dtype": planned.dtype,
                "shape": planned.shape,
                "data_offsets": [position, position + planned.size],
            }
            position += planned.size
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        begin = 8 + len(text)
        with path.open("wb") as stream:
            stream.write(len(text).to_bytes(8, "little") + text)
            stream.flush()
            os.posix_fallocate(stream.fileno(), 0, begin + position)
        for planned in tensors:
            offset = header[planned.name]["data_offsets"][0]
            self._places[planned.name] = (path, begin + offset, planned)
            self._missing.add(planned.name)


def copy_small_files(source: Path, output: Path) -> None:
    """Tokenizer, chat templates, generation settings and licence, byte for byte.

    Raises OSError as the file system gives it.
    """
    for path in sorted(source.iterdir()):
        if path.is_file() and _is_copied(path.name):
            shutil.copyfile(path, output / path.name)
    if (source / _TEMPLATES).is_dir():
        (output / _TEMPLATES).mkdir()
        for path in sorted((source / _TEMPLATES).glob("*.jinja")):
            shutil.copyfile(path, output / _TEMPLATES / path.name)


def write_config(
    output: Path, config: dict[str, Any], quantization: dict[str, Any], dtype: str
) -> None:
    """The source's config.json, with how the weights are now. `dtype` such as ``float16``."""
    config = dict(config)
    config.pop("auto_map", None)  # names code of the source's folder, which is never run
    key = "torch_dtype" if "torch_dtype" in config and "dtype" not in config else "dtype"
    write_json(output / "config.json", config | {key: dtype, "quantization_config": quantization})


def write_json(path: Path, value: dict[str, Any]) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _is_copied(name: str) -> bool:
    if name in _NOT_COPIED or name.endswith(".index.json"):
        return False
    return Path(name).suffix in _COPIED or name.upper().startswith(_COPIED_NAMES)


def _share_out(planned: Iterable[Planned], shard_bytes: int) -> list[list[Planned]]:
    shards: list[list[Planned]] = [[]]
    filled = 0
    for tensor in planned:
        if filled and filled + tensor.size > shard_bytes:
            shards.append([])
            filled = 0
        shards[-1].append(tensor)
        filled += tensor.size
    return shards
