"""The app's core without its window, for `engine` and `first_token`: through the chat or not.

Rounds are answered on the engine loop, as the window's are. Through the chat each stream has a
conversation of its own in a real store, and one reader that drains it whenever it is woken; the
round ends when every answer is stored.
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.requests import question, sampling

Answer = tuple[float, int]


class Rounds:
    """All coroutines run on the engine loop."""

    def __init__(self, core: Any) -> None:
        self._core = core

    async def prepare(self, shape: str | None) -> None:
        """Open the store; load the guide model, or the folder `shape` with dummy weights."""
        from desktop_llm.config.paths import guide_model
        from desktop_llm.engine.types import LoadRequest

        await self._core.store.open()
        guide = guide_model()
        profile = self._core.profiles.get(guide)
        request = LoadRequest(Path(shape), profile, True) if shape else LoadRequest(guide, profile)
        await self._core.engine.load(request)

    async def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        """One round."""
        number, streams, tokens = asked["round"], asked["streams"], asked["tokens"]
        if asked["through"] == "chat":
            run = [partial(self._chat, await self._conversation(tokens)) for _ in range(streams)]
        else:
            run = [partial(self._engine, tokens) for _ in range(streams)]
        began = time.perf_counter()
        answers = await asyncio.gather(*(one(question(number, i)) for i, one in enumerate(run)))
        return {
            "seconds": time.perf_counter() - began,
            "tokens": sum(count for _, count in answers),
            "ttft_ms": [first for first, _ in answers],
        }

    async def _conversation(self, tokens: int) -> str:
        made = await self._core.store.create(sampling=sampling(tokens))
        return str(made.id)

    async def _chat(self, conversation_id: str, text: str) -> Answer:
        stream = await self._core.chat.send(conversation_id, text)
        loop = asyncio.get_running_loop()
        ended: asyncio.Future[Any] = loop.create_future()

        def drain() -> None:
            update = reader.drain()
            if update.message is not None and not ended.done():
                ended.set_result(update.message)

        reader = stream.attach(lambda: loop.call_soon(drain))
        drain()
        message = await ended
        reader.close()
        return message.metrics.ttft_ms, message.metrics.completion_tokens

    async def _engine(self, tokens: int, text: str) -> Answer:
        from desktop_llm.engine.types import ChatMessage, GenerationRequest

        began, first, count = time.perf_counter(), 0.0, 0
        parts = []
        request = GenerationRequest((ChatMessage("user", text),), sampling(tokens))
        async for delta in self._core.engine.generate(request):
            parts.append(delta.text)
            count = delta.completion_tokens
            first = first or time.perf_counter()
        return (first - began) * 1000, count


def main(line: Line) -> None:
    """Load, then answer rounds until the benchmark hangs up."""
    from desktop_llm.app import build_core

    core = build_core()
    try:
        rounds = Rounds(core)
        core.run(rounds.prepare(given().get("shape")))
        line.answer("ready")
        for asked in line.questions():
            line.answer(core.run(rounds.answer({"through": given()["through"]} | asked)))
    finally:
        core.close()


if __name__ == "__main__":
    main(Line())
