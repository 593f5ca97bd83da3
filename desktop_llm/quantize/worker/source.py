"""The model to quantize: its config and its tensors, read from safetensors and never written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_llm.quantize.worker.failures import corrupt_shard, source_unreadable, unsupported

if TYPE_CHECKING:
    from torch import Tensor

_INDEX, _SINGLE = "model.safetensors.index.json", "model.safetensors"


class Source:
    """A model folder, checked as far as headers tell.

    Raises JobFailedError: source_unreadable, corrupt_shard, or unsupported where the weights are
    pickle files or quantized already.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config = self._read_json("config.json")
        if "quantization_config" in self.config:
            raise unsupported(
                f"{folder.name} is quantized already.",
                "Choose the full-precision model it was made from.",
            )
        self.shapes: dict[str, tuple[int, ...]] = {}
        self.dtypes: dict[str, str] = {}  # as safetensors spells them: BF16
        self._files: dict[str, str] = {}
        for name in self._shards():
            self._look_into(name)
        self._require_what_the_index_names()

    @property
    def names(self) -> tuple[str, ...]:
        """Of all tensors, in the order of the files."""
        return tuple(self.shapes)

    def tensor(self, name: str) -> Tensor:
        """One tensor, as it is in its file. Raises JobFailedError corrupt_shard."""
        with self._opened(self._files[name]) as weights:
            tensor: Tensor = weights.get_tensor(name)
            return tensor

    def file_of(self, name: str) -> str:
        return self._files[name]

    def _read_json(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            value = json.loads(path.read_bytes())
        except OSError as error:
            raise source_unreadable(error) from error
        except ValueError as error:
            raise source_unreadable(f"{path}: it is no JSON") from error
        if not isinstance(value, dict):
            raise source_unreadable(f"{path}: it is no JSON object")
        return value

    def _shards(self) -> list[str]:
        try:
            present = sorted(path.name for path in self.folder.glob("*.safetensors"))
        except OSError as error:
            raise source_unreadable(error) from error
        if (self.folder / _INDEX).exists():
            index = self._read_json(_INDEX).get("weight_map", {})
            self._index = {str(tensor): str(file) for tensor, file in index.items()}
            return sorted(set(self._index.values()))
        self._index = {}
        if not present:
            raise unsupported(
                f"{self.folder.name} has no safetensors weights.",
                "Get a safetensors version of it: pickle files can run any program when opened.",
            )
        return [_SINGLE] if _SINGLE in present else present

    def _look_into(self, file: str) -> None:
        with self._opened(file) as weights:
            for name in weights.keys():  # noqa: SIM118  (no dict)
                described = weights.get_slice(name)
                self._files[name] = file
                self.shapes[name] = tuple(described.get_shape())
                self.dtypes[name] = described.get_dtype()

    def _require_what_the_index_names(self) -> None:
        for name, file in self._index.items():
            if self._files.get(name) != file:
                raise corrupt_shard(file, f"it lacks the tensor {name}, which the index names")

    @contextlib.contextmanager
    def _opened(self, file: str) -> Iterator[Any]:
        from safetensors import SafetensorError, safe_open

        path = self.folder / file
        try:
            with path.open("rb"):  # says which file it is, and why
                pass
            with safe_open(path, framework="pt") as weights:
                yield weights
        except SafetensorError as error:
            raise corrupt_shard(file, str(error)) from error
        except OSError as error:
            raise source_unreadable(error) from error
