"""vLLM's `AsyncLLM` as a careful person would script it; the reference of `engine`."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import uvloop

from tests.benchmarks.sides.answering import Line, given
from tests.benchmarks.sides.requests import question


async def main(line: Line) -> None:
    """Load with the arguments given, then answer rounds until the benchmark hangs up."""
    from vllm import AsyncEngineArgs, SamplingParams
    from vllm.renderers.params import ChatParams, TokenizeParams
    from vllm.sampling_params import RequestOutputKind
    from vllm.v1.engine.async_llm import AsyncLLM

    engine = AsyncLLM.from_engine_args(AsyncEngineArgs(**given()["arguments"]))
    chat = ChatParams(chat_template_kwargs={"add_generation_prompt": True})
    tokenize = TokenizeParams(max_total_tokens=None, add_special_tokens=False)
    defaults = engine.model_config.get_diff_sampling_param()

    async def stream(text: str, name: str, tokens: int) -> tuple[float, int]:
        began, first, count = time.perf_counter(), 0.0, 0
        conversation: Any = [{"role": "user", "content": text}]
        _, (prompt,) = await engine.renderer.render_chat_async([conversation], chat, tokenize)
        chosen = {"temperature": 0.0, "max_tokens": tokens, "ignore_eos": True}
        params = SamplingParams(**(defaults | chosen), output_kind=RequestOutputKind.DELTA)
        parts = []
        async for output in engine.generate(prompt, params, name):
            parts.append(output.outputs[0].text)
            count += len(output.outputs[0].token_ids)
            first = first or time.perf_counter()
        return (first - began) * 1000, count

    line.answer("ready")
    while asked := await asyncio.to_thread(next, line.questions(), None):
        number, streams, tokens = asked["round"], asked["streams"], asked["tokens"]
        began = time.perf_counter()
        answers = await asyncio.gather(
            *(stream(question(number, i), f"{number}-{i}", tokens) for i in range(streams))
        )
        line.answer(
            {
                "seconds": time.perf_counter() - began,
                "tokens": sum(count for _, count in answers),
                "ttft_ms": [first for first, _ in answers],
            }
        )
    engine.shutdown()


if __name__ == "__main__":
    uvloop.run(main(Line()))
