"""What the port says of itself. Standard library only: importing it is free."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.core.errors import AppError


class PortPhase(StrEnum):
    OFF = "off"
    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"
    FAILED = "failed"


@dataclass(frozen=True)
class PortState:
    """A snapshot; the port emits a new one at every change.

    `address` is the base URL while it is open. `model` is what it answers with, empty while it
    answers 503; `problem` says why where that will not pass by itself. `failure` is why it is not
    open although it was wanted. `blocked` says why no request for an answer is let through for
    now, empty where they are.
    """

    phase: PortPhase = PortPhase.OFF
    address: str = ""
    model: str = ""
    failure: AppError | None = None
    problem: AppError | None = None
    blocked: str = ""
