"""When the app says by itself that something is wrong. A part of the settings."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

Duration = Annotated[float, Field(ge=0, le=3600)]
Percent = Annotated[float, Field(ge=0, le=100)]


class AlertKind(StrEnum):
    """Each has its condition, by the same name, in `AlertSettings`."""

    KV_CACHE = "kv_cache"
    VRAM = "vram"
    HEAT = "heat"
    POWER = "power"
    TTFT = "ttft"
    PREEMPTIONS = "preemptions"


class Condition(BaseModel):
    """An alert is raised after `seconds` of it, and cleared after `calm_seconds` without."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: bool = True
    seconds: Duration = 0
    calm_seconds: Duration = 10


class _Hysteresis(Condition):
    @field_validator("clears_at", check_fields=False)
    @classmethod
    def _not_above(cls, clears_at: float, info: ValidationInfo) -> float:
        above = info.data.get("above", clears_at)
        if clears_at > above:
            raise PydanticCustomError(
                "clears_above",
                "must not be above what raises the alert ({above})",
                {"above": above},
            )
        return clears_at


class PercentLimit(_Hysteresis):
    """Raised while above `above`, cleared at `clears_at` or less; in between nothing changes."""

    above: Percent
    clears_at: Percent


class SecondsLimit(_Hysteresis):
    """As `PercentLimit`, in seconds."""

    above: Annotated[float, Field(gt=0, le=3600)]
    clears_at: Annotated[float, Field(ge=0, le=3600)]


class CountLimit(_Hysteresis):
    """As `PercentLimit`, in events a minute."""

    above: Annotated[int, Field(ge=0, le=100_000)]
    clears_at: Annotated[int, Field(ge=0, le=100_000)]


class AlertSettings(BaseModel):
    """One condition an alert."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kv_cache: PercentLimit = PercentLimit(above=85, clears_at=75, seconds=120)
    vram: PercentLimit = PercentLimit(above=97, clears_at=95, seconds=10)
    heat: Condition = Condition(seconds=5, calm_seconds=30)
    # A card that works hard is at its limit by design: only what lasts is worth a word.
    power: Condition = Condition(seconds=300, calm_seconds=60)
    ttft: SecondsLimit = SecondsLimit(above=5, clears_at=3, calm_seconds=30)
    preemptions: CountLimit = CountLimit(above=2, clears_at=0)

    def condition(self, kind: AlertKind) -> Condition:
        condition: Condition = getattr(self, kind.value)
        return condition
