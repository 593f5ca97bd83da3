"""Our engine with a model of dummy weights, for `engine_gpu`."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.requests import question, sampling


async def stream(core: Any, text: str, tokens: int) -> tuple[float, int]:
    """Milliseconds to the first token, and tokens, of one answer."""
    from desktop_llm.engine.types import ChatMessage, GenerationRequest

    began, first, count = time.perf_counter(), 0.0, 0
    parts = []
    request = GenerationRequest((ChatMessage("user", text),), sampling(tokens))
    async for delta in core.engine.generate(request):
        parts.append(delta.text)
        count = delta.completion_tokens
        first = first or time.perf_counter()
    return (first - began) * 1000, count


async def answer(core: Any, asked: dict[str, Any]) -> dict[str, Any]:
    """One round, on the engine loop."""
    number, streams, tokens = asked["round"], asked["streams"], asked["tokens"]
    began = time.perf_counter()
    answers = await asyncio.gather(
        *(stream(core, question(number, i), tokens) for i in range(streams))
    )
    return {
        "seconds": time.perf_counter() - began,
        "tokens": sum(count for _, count in answers),
        "ttft_ms": [first for first, _ in answers],
    }


def main(line: Line) -> None:
    """Load, then answer rounds until the benchmark hangs up."""
    from desktop_llm.app import build_core
    from desktop_llm.config.profiles import LoadProfile
    from desktop_llm.engine.types import LoadRequest

    core = build_core()
    try:
        profile = LoadProfile.model_validate(given()["profile"])
        core.run(core.engine.load(LoadRequest(Path(given()["model"]), profile, dummy_weights=True)))
        line.answer("ready")
        for asked in line.questions():
            line.answer(core.run(answer(core, asked)))
    finally:
        core.close()


if __name__ == "__main__":
    main(Line())
