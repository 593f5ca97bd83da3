"""The tensors of a model folder, from the headers of its safetensors files alone."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.units import MIB
from desktop_llm.models.folder import ModelFacts
from desktop_llm.quantize.left_out import left_out

_HEADER_LIMIT = 100 * MIB  # the format's own
_LAYER = re.compile(r"\.layers\.(\d+)\.")
_WEIGHT = ".weight"


@dataclass(frozen=True)
class Tensor:
    """One tensor as its file's header describes it. `size` in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int

    @property
    def count(self) -> int:
        """How many values it has."""
        return math.prod(self.shape)

    @property
    def layer(self) -> int | None:
        """Which decoder layer it is of; None for embeddings, the last norm and lm_head."""
        found = _LAYER.search(self.name)
        return int(found[1]) if found else None


def read_headers(facts: ModelFacts) -> tuple[Tensor, ...]:
    """All tensors of the model. Milliseconds, whatever its size.

    Raises AppError ``quantize.corrupt_shard`` or ``quantize.source_unreadable``.
    """
    return tuple(
        tensor for name in facts.weights.safetensors for tensor in _read_header(facts.path / name)
    )


def linear_layers(tensors: Iterable[Tensor], parts: Sequence[str] = ()) -> tuple[Tensor, ...]:
    """Those that get 4 bits: the weights of the linear layers inside decoder layers, without what
    `parts` of names leave out."""
    linear = {
        tensor.name.removesuffix(_WEIGHT): tensor
        for tensor in tensors
        if len(tensor.shape) == 2 and tensor.layer is not None and tensor.name.endswith(_WEIGHT)
    }
    kept = set(left_out(linear, parts))
    return tuple(tensor for name, tensor in linear.items() if name not in kept)


def _read_header(path: Path) -> list[Tensor]:
    try:
        with path.open("rb") as stream:
            length = int.from_bytes(stream.read(8), "little")
            if length > _HEADER_LIMIT:
                raise ValueError(f"a header of {length} bytes")
            header = json.loads(stream.read(length))
        return [
            Tensor(name, entry["dtype"], tuple(entry["shape"]), end - begin)
            for name, entry in header.items()
            if name != "__metadata__"
            for begin, end in [entry["data_offsets"]]
        ]
    except OSError as error:
        raise AppError(
            "quantize.source_unreadable",
            sentence("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
            sentence("Check its permissions, and that its drive is still there."),
            detail=str(error),
        ) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise AppError(
            "quantize.corrupt_shard",
            sentence("The weight file {name} is damaged.", name=path.name),
            sentence("Download or copy the model again, whole."),
            detail=str(error),
        ) from error
