"""The engine as its users see it, so that they can be tested without one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from desktop_llm.core.events import Event
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics
from desktop_llm.engine.types import ChatMessage, Delta, EngineState, GenerationRequest


class Generator(Protocol):
    """What a chat needs of the engine. Coroutines and iterators run on the engine loop."""

    changed: Event[EngineState]

    @property
    def state(self) -> EngineState:
        """The current snapshot; safe from any thread."""

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Prompt tokens of `messages` through the model's own template, generation prompt included.

        Raises AppError ``engine.not_ready`` or ``engine.bad_template``.
        """

    def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        """Stream one answer. Closing the iterator or cancelling its task aborts it in the engine.

        Raises AppError: ``engine.not_ready``, ``engine.bad_request`` (sampling or prompt refused),
        ``engine.prompt_too_long``, ``engine.generation_failed`` (this answer only),
        ``engine.died`` (the engine is gone).
        """


class Monitored(Protocol):
    """What a monitor needs of the engine. All on the engine loop."""

    def statistics(self) -> EngineStatistics | None:
        """The figures of this moment; None while no model is loaded."""

    def requests(self) -> tuple[EngineRequest, ...]:
        """Every request in the engine: the running ones, then those that wait, in their order."""

    async def stop_request(self, request_id: str) -> bool:
        """End that request alone, its reader with ``FinishReason.ABORT``; whether there was one."""
