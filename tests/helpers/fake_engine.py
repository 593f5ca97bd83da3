"""A hand-written engine that answers by script: for unit tests alone."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.core.memory import KvLedger
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState
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


def engine_statistics(**changed: object) -> EngineStatistics:
    """A loaded engine that does nothing yet, with what is `changed`."""
    idle: dict[str, object] = dict.fromkeys(
        (
            "kv_blocks_used",
            "kv_tokens_used",
            "running",
            "waiting",
            "preempted",
            "preemptions",
            "prefix_queries",
            "prefix_hits",
            "prompt_tokens",
            "cached_prompt_tokens",
            "generation_tokens",
            "finished_requests",
        ),
        0,
    )
    speeds = {"prompt_tokens_per_s": 0.0, "generation_tokens_per_s": 0.0, "kv_usage": 0.0}
    cache = {"kv_blocks": 1023, "kv_block_size": 16, "kv_capacity_tokens": 16384}
    return EngineStatistics(**{**idle, **speeds, **cache, **changed})  # type: ignore[arg-type]


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
    preemptions: int = 0
    kv: KvLedger | None = None


@dataclass
class FakeEngine:
    """Implements `engine.protocol.Generator` and `Monitored`. The last script stays.

    A prompt counts one token a word, one a message and one for the generation prompt. `figures`
    are what `statistics` tells while a model is loaded; `requests` tells of the answers under way.
    """

    scripts: deque[Script] = field(default_factory=lambda: deque([Script()]))
    changed: Event[EngineState] = field(default_factory=Event)
    asked: list[GenerationRequest] = field(default_factory=list)
    aborted: list[str] = field(default_factory=list)
    counted: list[tuple[ChatMessage, ...]] = field(default_factory=list)
    count_error: AppError | None = None
    figures: EngineStatistics = field(default_factory=engine_statistics)
    _under_way: dict[str, tuple[EngineRequest, asyncio.Event]] = field(default_factory=dict)
    _state: EngineState = field(
        default_factory=lambda: EngineState(Phase.READY, model=loaded_model())
    )

    @property
    def state(self) -> EngineState:
        return self._state

    def set_state(self, state: EngineState) -> None:
        self._state = state
        self.changed.emit(state)

    def load_context(self, context_length: int) -> None:
        """As if a model had been loaded with this context length."""
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
        self.asked.append(request)
        script = self.scripts.popleft() if len(self.scripts) > 1 else self.scripts[0]
        prompt_tokens, done = count(request.messages), 0
        stopped = asyncio.Event()
        try:
            for text in script.texts:
                self._note(request, prompt_tokens, done, stopped)
                await asyncio.sleep(script.delay_s)
                if stopped.is_set():
                    break
                done += 1
                yield Delta(text, done, prompt_tokens)
            if script.hold is not None:
                await _either(script.hold, stopped)
            if script.error is not None and not stopped.is_set():
                raise script.error
            finish = FinishReason.ABORT if stopped.is_set() else script.finish
            yield Delta(
                "",
                done,
                prompt_tokens,
                finish_reason=finish,
                preemptions=script.preemptions,
                kv=script.kv,
            )
        except (asyncio.CancelledError, GeneratorExit):
            self.aborted.append(request.request_id)
            raise
        finally:
            self._under_way.pop(request.request_id, None)

    def statistics(self) -> EngineStatistics | None:
        return self.figures if self._state.phase is Phase.READY else None

    def requests(self) -> tuple[EngineRequest, ...]:
        return tuple(request for request, _ in self._under_way.values())

    async def stop_request(self, request_id: str) -> bool:
        await asyncio.sleep(0)
        _, stopped = self._under_way.get(request_id, (None, None))
        if stopped is not None:
            stopped.set()
        return stopped is not None

    def _note(
        self, request: GenerationRequest, prompt_tokens: int, done: int, stopped: asyncio.Event
    ) -> None:
        told = EngineRequest(
            id=request.request_id,
            owner=request.owner,
            state=RequestState.RUNNING,
            prompt_tokens=prompt_tokens,
            generated_tokens=done,
            kv_tokens=prompt_tokens + max(done - 1, 0) if done else None,
            cached_tokens=0 if done else None,
            age_s=0.1,
            priority=request.priority,
        )
        self._under_way[request.request_id] = (told, stopped)


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()


def count(messages: Sequence[ChatMessage]) -> int:
    return 1 + sum(1 + len(message.content.split()) for message in messages)
