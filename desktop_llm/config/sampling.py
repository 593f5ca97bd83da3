"""How an answer is drawn from the model: vLLM's sampling settings, validated."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Penalty = Annotated[float, Field(ge=-2, le=2)]


class SamplingSettings(BaseModel):
    """vLLM's usual sampling settings. None means the model's own default (generation_config)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: Annotated[float, Field(ge=0, le=5)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None
    min_p: Annotated[float, Field(ge=0, le=1)] | None = None
    presence_penalty: Penalty | None = None
    frequency_penalty: Penalty | None = None
    repetition_penalty: Annotated[float, Field(gt=0, le=5)] | None = None
    max_tokens: Annotated[int, Field(ge=1)] | None = None
    min_tokens: Annotated[int, Field(ge=0)] | None = None
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None
    stop: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    stop_token_ids: tuple[Annotated[int, Field(ge=0)], ...] = ()
    bad_words: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    ignore_eos: bool = False
    skip_special_tokens: bool = True

    def overlaid(self, other: SamplingSettings) -> SamplingSettings:
        """These settings with every value `other` sets explicitly in their place."""
        return self.model_copy(update=other.model_dump(exclude_unset=True))
