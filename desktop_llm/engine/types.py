"""What the engine says and takes. Standard library and config only: importing it is free."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.core.memory import KvLedger


class Phase(StrEnum):
    UNLOADED = "unloaded"
    LOADING = "loading"
    READY = "ready"
    UNLOADING = "unloading"
    FAILED = "failed"


class Stage(StrEnum):
    """The parts of a load, in order, as the engine's own processes report them."""

    STARTING = "starting"
    WEIGHTS = "weights"
    PROFILING = "profiling"
    KV_CACHE = "kv_cache"
    WARM_UP = "warm_up"


@dataclass(frozen=True)
class LoadProgress:
    """`fraction` is 0–1 of the whole load; `stage_fraction` of the stage, None if unknown."""

    stage: Stage
    fraction: float
    stage_fraction: float | None = None
    elapsed_s: float = 0.0


@dataclass(frozen=True)
class WorkerMemory:
    """What one worker process holds, in bytes, as vLLM and torch told; None is not reported.

    On a GPU it is VRAM, on the CPU build RAM. `activation_bytes` is the most that a step takes for
    a moment: torch keeps it for the next one. `non_torch_bytes` came on the device since vLLM's
    first look, without the CUDA context that was there before. `resident_bytes` is all RAM that the
    process held when it was ready, on the CPU build alone.
    """

    pid: int
    weight_bytes: int | None = None
    kv_cache_bytes: int | None = None
    activation_bytes: int | None = None
    graph_bytes: int | None = None
    non_torch_bytes: int | None = None
    resident_bytes: int | None = None


@dataclass(frozen=True)
class LoadedModel:
    """What vLLM reports of a model once it is ready.

    `weight_bytes` and `kv_cache_bytes` are what these take on all devices together, None if nobody
    said; `workers` has them by process, one a device.
    """

    path: Path
    name: str
    architecture: str
    dtype: str
    quantization: str | None
    context_length: int
    kv_cache_tokens: int
    kv_block_size: int
    kv_blocks: int
    max_sequences: int
    load_seconds: float
    device: str
    weight_bytes: int | None = None
    kv_cache_bytes: int | None = None
    workers: tuple[WorkerMemory, ...] = ()


@dataclass(frozen=True)
class EngineState:
    """A snapshot; the engine emits a new one at every change."""

    phase: Phase = Phase.UNLOADED
    path: Path | None = None
    model: LoadedModel | None = None
    progress: LoadProgress | None = None
    failure: AppError | None = None


class Priority(IntEnum):
    """Lower runs first, as in vLLM. The window comes before anyone else."""

    WINDOW = 0
    CLIENT = 10


class OwnerKind(StrEnum):
    """Where requests come from. `UNKNOWN` where nobody said."""

    CHAT = "chat"
    TERMINAL = "terminal"
    PORT = "port"
    MEASUREMENT = "measurement"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Owner:
    """Whose request it is: `label` as a person knows it, `reference` as the owner finds it again.

    Of a chat they are the conversation's title and its id, of the port the client's name.
    """

    kind: OwnerKind = OwnerKind.UNKNOWN
    label: str = ""
    reference: str = ""


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    ABORT = "abort"


@dataclass(frozen=True)
class ChatMessage:
    """One turn as the chat template sees it; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class GenerationRequest:
    """Everything one answer needs.

    `prompt_token_ids` go in as they are, in the place of messages: no template has a part in it.
    """

    messages: tuple[ChatMessage, ...]
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    priority: int = Priority.WINDOW
    request_id: str = ""
    prompt_token_ids: tuple[int, ...] = ()
    owner: Owner = field(default_factory=Owner)


@dataclass(frozen=True)
class Delta:
    """What came since the last one: possibly several tokens, merged when the reader was slow.

    `completion_tokens` counts all so far. The last delta alone has a `finish_reason`, and tells how
    often the KV cache had no room for the answer (`preemptions`), and who held it the first time.
    """

    text: str
    completion_tokens: int
    prompt_tokens: int
    cached_tokens: int = 0
    finish_reason: FinishReason | None = None
    preemptions: int = 0
    kv: KvLedger | None = None


@dataclass(frozen=True)
class WindowScore:
    """One window of tokens, by its place among those asked for.

    `logprobs` are the natural logarithms of the probabilities the model gives to each token after
    all those before it; the first has none, so there is one less than tokens.
    """

    number: int
    logprobs: tuple[float, ...]


@dataclass(frozen=True)
class LoadRequest:
    """A folder and how to load it.

    With `dummy_weights` the weights are random and no file of them is read: the real sizes of a
    model for a benchmark, where only its config is at hand.
    """

    path: Path
    profile: LoadProfile = field(default_factory=LoadProfile)
    dummy_weights: bool = False
