"""What energy, cloud tokens and the hardware cost. A part of the settings."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Price = Annotated[float, Field(ge=0, le=1_000_000)]


class CostSettings(BaseModel):
    """Prices, in whatever currency they are all in; None is a price nobody gave.

    `watts` is what the whole computer draws while a model is loaded, for machines whose hardware
    tells no power.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    price_per_kwh: Price = 0.30
    cloud_price_per_million: Price | None = None
    hardware_price: Price | None = None
    watts: Annotated[float, Field(gt=0, le=10_000)] | None = None
    currency: Annotated[str, Field(min_length=1, max_length=8)] = "€"
