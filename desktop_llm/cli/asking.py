"""Questions put to the engine from a thread that waits, and that Ctrl-C may interrupt."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Protocol, TypeVar

from desktop_llm.chat.plan import Planner
from desktop_llm.chat.prompt import Turn
from desktop_llm.chat.timing import Timing
from desktop_llm.chat.types import AnswerMetrics, Conversation
from desktop_llm.config.profiles import ProfileStore
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.config.settings import SettingsStore
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    FinishReason,
    GenerationRequest,
    LoadedModel,
    LoadRequest,
    Owner,
    OwnerKind,
)

T = TypeVar("T")
_ABORT_SECONDS = 5.0


class HeadlessEngine(Generator, Protocol):
    """The engine as the terminal uses it."""

    async def load(self, request: LoadRequest) -> LoadedModel:
        """Load a model. Raises AppError with the cause."""


class HeadlessCore(Protocol):
    """The part of `app.Core` that works without a window, and without stored conversations."""

    settings: SettingsStore
    profiles: ProfileStore

    @property
    def engine(self) -> HeadlessEngine: ...
    @property
    def loop(self) -> asyncio.AbstractEventLoop: ...
    @property
    def default_model(self) -> Path: ...
    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run on the engine loop and wait; KeyboardInterrupt cancels it."""

    def close(self) -> None:
        """End everything."""


@dataclass(frozen=True)
class Answer:
    """What came, whole or stopped, and what it took."""

    text: str
    metrics: AnswerMetrics

    @property
    def stopped(self) -> bool:
        return self.metrics.finish_reason == FinishReason.ABORT


class Asker:
    """One conversation, kept in memory only: headless chats leave no trace in the history."""

    def __init__(self, core: HeadlessCore, system: str, sampling: SamplingSettings) -> None:
        self._core = core
        self._conversation = Conversation("terminal", "", system, sampling)
        self._planner = Planner(core.engine, lambda: core.settings.current)
        self._turns: list[Turn] = []

    def forget(self) -> None:
        """Begin a new conversation."""
        self._turns.clear()

    def ask(self, question: str, on_text: Callable[[str], None]) -> Answer:
        """Stream the answer into `on_text` on the calling thread, and keep the turn.

        Ctrl-C stops the answer in the engine and returns what came; a second one while it stops
        is raised on. Raises AppError: over the token budget, and what generating raises; the
        question is not kept then.
        """
        asked = ChatMessage("user", question)
        exchange = _Exchange(time.perf_counter())
        running = asyncio.run_coroutine_threadsafe(
            self._answer([*self._turns, (asked,)], exchange), self._core.loop
        )
        stopped = False
        try:
            exchange.drain(on_text)
            running.result()
        except BaseException as interruption:
            running.cancel()  # of no effect on one that has ended
            exchange.wait_ended()
            stopped = isinstance(interruption, KeyboardInterrupt)
            if not stopped:
                raise
        answer = exchange.answer(stopped)
        if answer.text:
            self._turns.append((asked, ChatMessage("assistant", answer.text)))
        return answer

    async def _answer(self, turns: Sequence[Turn], exchange: _Exchange) -> None:
        try:
            plan = await self._planner.plan(self._conversation, turns)
            plan.check()
            exchange.dropped_turns = plan.prompt.dropped_turns
            request = GenerationRequest(
                plan.prompt.messages,
                self._conversation.sampling,
                owner=Owner(OwnerKind.TERMINAL),
            )
            deltas = self._core.engine.generate(request)
            async for delta in deltas:
                exchange.feed(delta)
        finally:
            exchange.end()


class _Exchange:
    """What passes between the engine loop, which feeds, and the waiting thread, which drains."""

    def __init__(self, sent: float) -> None:
        self.dropped_turns = 0
        self._timing = Timing(sent)
        self._queue: SimpleQueue[Delta | None] = SimpleQueue()
        self._parts: list[str] = []
        self._last = Delta("", 0, 0)

    def feed(self, delta: Delta) -> None:
        self._timing.took(delta)
        self._queue.put(delta)

    def end(self) -> None:
        self._queue.put(None)

    def drain(self, on_text: Callable[[str], None]) -> None:
        while (delta := self._queue.get()) is not None:
            self._last = delta
            self._parts.append(delta.text)
            on_text(delta.text)
        self._queue.put(None)  # for wait_ended

    def wait_ended(self) -> None:
        """Wait until the engine has let go of the answer, so that nothing runs behind our back."""
        with contextlib.suppress(Empty):
            while self._queue.get(timeout=_ABORT_SECONDS) is not None:
                pass

    def answer(self, stopped: bool) -> Answer:
        metrics = self._timing.metrics(self._last, self.dropped_turns)
        if stopped:
            metrics = replace(metrics, finish_reason=FinishReason.ABORT)
        return Answer("".join(self._parts), metrics)
