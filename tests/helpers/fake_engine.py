"""A hand-written engine that answers by script: for unit tests alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    EngineState,
    FinishReason,
    GenerationRequest,
    LoadedModel,
    Phase,
)


def loaded_model(context_length: int = 4096) -> LoadedModel:
    return LoadedModel(
        path=Path("/models/fake"),
        name="fake-model",
        architecture="FakeForCausalLM",
        dtype="float32",
        quantization=None,
        context_length=context_length,
        kv_cache_tokens=context_length * 4,
        kv_block_size=16,
        kv_blocks=context_length // 4,
        max_sequences=64,
        load_seconds=0.1,
        device="cpu",
    )


@dataclass
class Script:
    """One answer: its deltas, one token each; the pause before each; how it ends.

    With `hold`, the answer waits for it after its last delta and before it ends or fails.
    """

    texts: Iterable[str] = ("Hello", " world")
    delay_s: float = 0.0
    error: BaseException | None = None
    finish: FinishReason | None = FinishReason.STOP
    hold: asyncio.Event | None = None


@dataclass
class FakeEngine:
    """Implements `engine.protocol.Generator`. Scripts are taken in order; the last one stays.

    A prompt counts one token a word, one a message and one for the generation prompt.
    """

    scripts: deque[Script] = field(default_factory=lambda: deque([Script()]))
    changed: Event[EngineState] = field(default_factory=Event)
    requests: list[GenerationRequest] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    counted: list[tuple[ChatMessage, ...]] = field(default_factory=list)
    count_error: AppError | None = None
    _state: EngineState = field(
        default_factory=lambda: EngineState(Phase.READY, model=loaded_model())
    )

    @property
    def state(self) -> EngineState:
        return self._state

    def set_state(self, state: EngineState) -> None:
        self._state = state
        self.changed.emit(state)

    def load(self, context_length: int) -> None:
        self.set_state(EngineState(Phase.READY, model=loaded_model(context_length)))

    def play(self, *scripts: Script) -> None:
        self.scripts = deque(scripts)

    async def count_tokens(self, messages: Sequence[ChatMessage]) -> int:
        await asyncio.sleep(0)
        if self.count_error is not None:
            raise self.count_error
        self.counted.append(tuple(messages))
        return count(messages)

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        self.requests.append(request)
        script = self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]
        prompt_tokens, done = count(request.messages), 0
        try:
            for text in script.texts:
                await asyncio.sleep(script.delay_s)
                done += 1
                yield Delta(text, done, prompt_tokens)
            if script.hold is not None:
                await script.hold.wait()
            if script.error is not None:
                raise script.error
            yield Delta("", done, prompt_tokens, finish_reason=script.finish)
        except (asyncio.CancelledError, GeneratorExit):
            self.aborted.append(request.request_id)
            raise


def count(messages: Sequence[ChatMessage]) -> int:
    return 1 + sum(1 + len(message.content.split()) for message in messages)
