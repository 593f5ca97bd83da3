"""How a model is loaded: one validated profile per model folder."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from desktop_llm.config.late_writer import LateWriter
from desktop_llm.config.lenient import read_lenient
from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.events import Event
from desktop_llm.core.files import set_aside, write_atomic

log = logging.getLogger(__name__)

Dtype = Literal["auto", "bfloat16", "float16", "float32"]
# "fp8": vLLM makes the weights smaller while it loads them; no files change.
Quantization = Literal["none", "fp8"]
# "auto" keeps keys and values in the model's dtype; FP8 ("fp8" is e4m3) halves the KV cache.
KvCacheDtype = Literal["auto", "fp8", "fp8_e5m2"]


class KvCacheAuto(BaseModel):
    """Sized at load from what is free: what the context and sequences asked for want.

    Where that does not clearly fit on a GPU, vLLM takes what is left of up to 92 % of its VRAM.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["auto"] = "auto"


class KvCacheSize(BaseModel):
    """An explicit size in GiB; vLLM then ignores the share of VRAM."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["size"] = "size"
    gib: Annotated[float, Field(gt=0, le=4096)]


class KvCacheShare(BaseModel):
    """Weights and KV cache together may take this share of the device's total memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    kind: Literal["share"] = "share"
    share: Annotated[float, Field(ge=0.05, le=0.98)]


KvCache = Annotated[KvCacheAuto | KvCacheSize | KvCacheShare, Field(discriminator="kind")]


class LoadProfile(BaseModel):
    """Everything a load may be told. A refusal names the field and the reason (pydantic)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    context_length: Annotated[int, Field(ge=16, le=10_000_000)] | None = None
    max_sequences: Annotated[int, Field(ge=1, le=1024)] = 64
    max_batched_tokens: Annotated[int, Field(ge=64, le=1_048_576)] = 4096
    kv_cache: KvCache = KvCacheAuto()
    kv_cache_dtype: KvCacheDtype = "auto"
    dtype: Dtype = "auto"
    quantization: Quantization = "none"
    tensor_parallel_size: Annotated[int, Field(ge=1, le=64)] = 1
    cpu_offload_gib: Annotated[float, Field(ge=0, le=2048)] = 0
    enforce_eager: bool = False
    prefix_caching: bool = True
    priority_scheduling: bool = True
    allow_pickle_weights: bool = False
    trust_remote_code: bool = False

    @field_validator("max_batched_tokens")
    @classmethod
    def _one_token_a_sequence(cls, batched: int, info: ValidationInfo) -> int:
        sequences = info.data.get("max_sequences", 0)
        if batched < sequences:
            raise PydanticCustomError(
                "batch_below_sequences",
                "must be at least max sequences ({sequences}): each running sequence needs one "
                "token a step",
                {"sequences": sequences},
            )
        return batched


class ProfileStore:
    """One JSON file of profiles by model folder, read once and written a moment after each change.

    Use from one thread at a time. `failed` (AppError ``profile.unwritable``) is emitted on the
    writer's thread: the profile holds then until the app ends, and the next save tries again.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.failed: Event[AppError] = Event()
        self._found = self._read()
        # What was saved here holds, whatever becomes of the file. Replaced whole, never changed.
        self._saved: dict[str, dict[str, Any]] = {}
        self._writer = LateWriter(self._write, "profile-writer")

    def get(self, model: Path) -> LoadProfile:
        """The saved profile, or the defaults. A refused value alone falls back to its default."""
        key = _key(model)
        entry = self._saved.get(key, self._found.get(key, {}))
        return read_lenient(LoadProfile, entry, f"The load profile of {model}") or LoadProfile()

    def save(self, model: Path, profile: LoadProfile) -> None:
        """Keep `profile` for `model`, at once; it is written soon after."""
        self._saved = self._saved | {_key(model): profile.model_dump(mode="json")}
        self._writer.poke()

    def flush(self) -> None:
        """Wait until every profile is written, or has failed to be. Blocks: not the GUI thread."""
        self._writer.flush()

    def _write(self) -> None:
        try:
            if self._is_damaged():
                set_aside(self._path)
            entries = self._read() | self._saved
            write_atomic(self._path, json.dumps(entries, indent=2).encode())
        except OSError as error:
            failure = AppError(
                "profile.unwritable",
                sentence(
                    "The load profile could not be saved to {file}: {reason}.",
                    file=self._path,
                    reason=error.strerror,
                ),
                sentence(
                    "It holds until the app is closed. Free some disk space or check the folder's "
                    "permissions, then change it again."
                ),
                detail=str(error),
                fix=Fix.EDIT_PROFILE,
            )
            log.error("%s", failure.message)
            self.failed.emit(failure)

    def _read(self) -> dict[str, Any]:
        try:
            entries = json.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}

    def _is_damaged(self) -> bool:
        """Whether there is a file that `_read` can make nothing of."""
        try:
            return not isinstance(json.loads(self._path.read_text("utf-8")), dict)
        except FileNotFoundError:
            return False
        except ValueError:
            return True


def validation_sentences(error: ValidationError) -> list[str]:
    """One readable sentence per refused value: field, value and reason."""
    sentences = []
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "profile"
        reason = problem["msg"].removeprefix("Value error, ")
        given = "" if not problem["loc"] else f" (given: {problem['input']!r})"
        sentences.append(f"{field.replace('_', ' ')}: {reason}{given}")
    return sentences


def _key(model: Path) -> str:
    return str(model.expanduser().absolute())
