"""What a quantize job is asked, says and ends with. Importing it is free."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from desktop_llm.core.errors import AppError


class Method(StrEnum):
    """How weights become four bits. FP8 is no method here: vLLM does it at load, without files."""

    AWQ = "awq"
    RTN = "rtn"


class Purpose(StrEnum):
    """What the person wants the model for; decides the advice, nothing else."""

    CHAT = "chat"
    CODE = "code"


class QuantizeSettings(BaseModel):
    """What shapes the weights. A refusal names the field and the reason (pydantic).

    `modules_left_out` are parts of module names that stay as they are; `lm_head` always does.
    `samples` is the most calibration samples used, each `sequence_length` tokens long.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = Method.AWQ
    bits: Literal[4] = 4
    group_size: Literal[64, 128] = 128
    zero_point: bool = True
    version: Literal["GEMM"] = "GEMM"
    modules_left_out: tuple[str, ...] = ()
    samples: Annotated[int, Field(ge=1, le=4096)] = 128
    sequence_length: Annotated[int, Field(ge=32, le=8192)] = 512
    device: Literal["gpu", "cpu"] = "cpu"
    shard_gib: Annotated[float, Field(ge=0.001, le=64)] = 5.0


class CalibrationSource(StrEnum):
    CHAT = "chat"
    CODE = "code"
    FILE = "file"
    DATASET = "dataset"
    CONVERSATIONS = "conversations"


class CalibrationChoice(BaseModel):
    """Where the calibration text comes from.

    `path` is of a FILE (.txt, .jsonl or .parquet). `dataset` is a Hugging Face name, with its
    `subset` and `split`. `column` is the field that holds the text; empty finds it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: CalibrationSource = CalibrationSource.CHAT
    path: Path | None = None
    dataset: str = ""
    subset: str = ""
    split: str = "train"
    column: str = ""


class JobRequest(BaseModel):
    """One job, whole: asked again, it is done again.

    `output` is the folder to make; with `replace` one that is there is replaced at the very end.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: Path
    output: Path
    settings: QuantizeSettings = QuantizeSettings()
    calibration: CalibrationChoice = CalibrationChoice()
    evaluate: bool = True
    replace: bool = False


class JobPhase(StrEnum):
    """In order; the last four are ends."""

    PREPARING = "preparing"  # the calibration text, the checks
    MEASURING_BEFORE = "measuring_before"
    QUANTIZING = "quantizing"
    VERIFYING = "verifying"
    MEASURING_AFTER = "measuring_after"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        return self in (
            JobPhase.DONE,
            JobPhase.FAILED,
            JobPhase.CANCELLED,
            JobPhase.INTERRUPTED,
        )


@dataclass(frozen=True)
class JobProgress:
    """How far a job is. `fraction` is 0–1 of the whole job; `done` of `total` `unit`s of the phase.

    `left_s` is None until it can be told. `what` names the part: a layer, a prompt.
    """

    phase: JobPhase
    fraction: float = 0.0
    done: float = 0.0
    total: float | None = None
    unit: str = ""
    what: str = ""
    elapsed_s: float = 0.0
    left_s: float | None = None


@dataclass(frozen=True)
class Measurement:
    """One model, measured in the engine. None is what could not be measured there.

    Perplexity is of `tokens_scored` held-out tokens; its standard error is over text windows.
    `window_losses` are each window's negative log-likelihood in nats and its tokens; two
    measurements are of the same text where their `tokens_digest` is the same. Rates are medians;
    `tokens_per_s_16` is of 16 streams together. `kv_tokens` is what fits beside the weights in a
    share of the device's memory that is the same for every model (`evaluation.memory_budget`).
    `answers` are those to the fixed prompts, in their order.
    """

    disk_bytes: int
    weight_bytes: int | None = None
    load_s: float | None = None
    perplexity: float | None = None
    perplexity_error: float | None = None
    tokens_scored: int = 0
    ttft_ms: float | None = None
    tokens_per_s: float | None = None
    tokens_per_s_16: float | None = None
    kv_tokens: int | None = None
    answers: tuple[str, ...] = ()
    tokens_digest: str = ""
    window_losses: tuple[tuple[float, int], ...] = ()


@dataclass(frozen=True)
class JobResult:
    """What a finished job made, and what that cost and gained where it was measured.

    `seconds` are those of the whole job, `peak_bytes` the worker's memory at its fullest: VRAM for
    a job on the GPU, RAM otherwise.
    """

    output: Path
    output_bytes: int
    seconds: float
    peak_bytes: int | None
    samples_used: int
    prompts: tuple[str, ...] = ()
    before: Measurement | None = None
    after: Measurement | None = None


@dataclass(frozen=True)
class Job:
    """A job as the list shows it, present or past. Immutable: each change makes a new one."""

    id: str
    request: JobRequest
    started_at: float
    progress: JobProgress
    log: Path
    result: JobResult | None = None
    failure: AppError | None = None
    warnings: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def ended(self) -> bool:
        return self.progress.phase.ended
