"""The terminal's core with a scripted engine: a real loop thread, real settings, no vLLM.

As a program (``python -m tests.helpers.headless_core chat …``) it is the real command on that
core, for tests that need a real terminal and real signals. It answers "<number>: <question>",
one word at a time, for ever when the question is "forever".
"""

from __future__ import annotations

import asyncio
import itertools
import sys
from collections.abc import AsyncIterator, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from desktop_llm.cli.arguments import build_parser, chat_options
from desktop_llm.cli.chat import run_chat
from desktop_llm.cli.terminal import this_terminal
from desktop_llm.config.paths import AppPaths, app_paths
from desktop_llm.config.profiles import ProfileStore
from desktop_llm.config.settings import SettingsStore
from desktop_llm.core.errors import AppError
from desktop_llm.engine.loop import EngineLoop
from desktop_llm.engine.types import (
    Delta,
    EngineState,
    FinishReason,
    GenerationRequest,
    LoadedModel,
    LoadProgress,
    LoadRequest,
    Phase,
    Stage,
)
from tests.helpers.fake_engine import FakeEngine, count, loaded_model

T = TypeVar("T")


class LoadableEngine(FakeEngine):
    """A FakeEngine that must be loaded first, and reports the stages of that."""

    def __init__(self, context_length: int = 4096, failure: AppError | None = None) -> None:
        super().__init__(_state=EngineState())
        self.loads: list[LoadRequest] = []
        self._context_length = context_length
        self._failure = failure

    async def load(self, request: LoadRequest) -> LoadedModel:
        self.loads.append(request)
        for number, stage in enumerate(Stage):
            progress = LoadProgress(stage, number / len(Stage), elapsed_s=number)
            self.set_state(EngineState(Phase.LOADING, request.path, progress=progress))
            await asyncio.sleep(0)
        if self._failure is not None:
            raise self._failure
        model = replace(loaded_model(self._context_length), path=request.path)
        self.set_state(EngineState(Phase.READY, request.path, model=model))
        return model


class EchoEngine(LoadableEngine):
    """Answers with the number of the question in its conversation, and the question."""

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        self.asked.append(request)
        question = request.messages[-1].content
        number = sum(message.role == "user" for message in request.messages)
        words = itertools.repeat("more") if question == "forever" else question.split()
        prompt_tokens, done = count(request.messages), 1
        yield Delta(f"{number}:", done, prompt_tokens)
        for word in words:
            await asyncio.sleep(0.002)
            done += 1
            yield Delta(f" {word}", done, prompt_tokens)
        yield Delta("", done, prompt_tokens, finish_reason=FinishReason.STOP)


class HeadlessFake:
    """Stands in for `app.Core`; `closed` says whether it was given back."""

    def __init__(self, paths: AppPaths, engine: LoadableEngine) -> None:
        self.settings = SettingsStore(paths.settings)
        self.profiles = ProfileStore(paths.profiles)
        self.engine = engine
        self.default_model = Path("/models/chosen")
        self.closed = False
        self._loop = EngineLoop()
        self._loop.start()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop.loop

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run(coroutine)

    def close(self) -> None:
        self._loop.stop()
        self.closed = True


def main() -> int:
    arguments = build_parser().parse_args()
    return run_chat(
        chat_options(arguments), this_terminal(), lambda: HeadlessFake(app_paths(), EchoEngine())
    )


if __name__ == "__main__":
    sys.exit(main())
