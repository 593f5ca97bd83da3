"""How likely a loaded model finds given text: vLLM's own logprobs of a prompt's tokens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import islice

from vllm import SamplingParams
from vllm.inputs.engine import tokens_input
from vllm.outputs import RequestOutput
from vllm.renderers.params import TokenizeParams
from vllm.sampling_params import RequestOutputKind

from desktop_llm.engine.errors import not_ready, prompt_too_long
from desktop_llm.engine.generation import Generation
from desktop_llm.engine.types import EngineState, Owner, OwnerKind, Phase, WindowScore

# Enough to keep a batch full. What is held for them is a few floats a token; the logits of a whole
# window, which vLLM works out one window after another, are what sets the memory it takes.
_AT_ONCE = 16


class Scoring:
    """One loaded model's. All coroutines run on the engine loop."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    async def tokenize(self, text: str, special: bool) -> list[int]:
        """Token ids of `text`, with those the tokenizer adds by itself if `special`."""
        if not text:
            return []
        params = TokenizeParams(max_total_tokens=None, add_special_tokens=special)
        with self._generation.counted():
            try:
                (prompt,) = await self._generation.renderer.render_cmpl_async(
                    [{"prompt": text}], params
                )
            except RuntimeError as error:
                if self._generation.closing:  # vLLM's threads have ended
                    raise not_ready(EngineState(Phase.UNLOADING)) from error
                raise
        return list(prompt["prompt_token_ids"])

    async def score(self, windows: Iterable[Sequence[int]]) -> AsyncIterator[WindowScore]:
        """Score each window, in the order they end; closing the iterator aborts those under way."""
        ahead = enumerate(windows)
        running: set[asyncio.Task[WindowScore]] = set()
        try:
            while True:
                for number, window in islice(ahead, _AT_ONCE - len(running)):
                    running.add(asyncio.create_task(self._score(number, window)))
                if not running:
                    return
                await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in [task for task in running if task.done()]:
                    running.discard(task)
                    yield task.result()
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _score(self, number: int, window: Sequence[int]) -> WindowScore:
        generation = self._generation
        if len(window) >= generation.context:  # vLLM always adds one token
            raise prompt_too_long(len(window), generation.context)
        with generation.counted():
            if generation.closing:
                raise not_ready(EngineState(Phase.UNLOADING))
            outputs = generation.outputs(
                dict(tokens_input(list(window))), _params(), owner=Owner(OwnerKind.MEASUREMENT)
            )
            try:
                last = None
                async for output in outputs:
                    last = output
            finally:
                await outputs.aclose()
        logprobs = _logprobs(last)
        if len(logprobs) != len(window) - 1:  # aborted: the model is being unloaded
            raise not_ready(EngineState(Phase.UNLOADING))
        return WindowScore(number, logprobs)


def _params() -> SamplingParams:
    """The prompt's own tokens alone are wanted, in plain lists, and no text.

    With prompt logprobs vLLM reads nothing from the prefix cache: what is read from there is not
    computed, and so has no logits (SamplingParams.skip_reading_prefix_cache).
    """
    return SamplingParams(
        max_tokens=1,
        temperature=0.0,
        prompt_logprobs=0,
        detokenize=False,
        flat_logprobs=True,
        output_kind=RequestOutputKind.FINAL_ONLY,
        skip_clone=True,
    )


def _logprobs(output: RequestOutput | None) -> tuple[float, ...]:
    """Of each token but the first. vLLM puts a prompt's own token before likelier ones."""
    flat = output and output.prompt_logprobs
    if not flat:
        return ()
    return tuple(flat.logprobs[start] for start in flat.start_indices[1:])
