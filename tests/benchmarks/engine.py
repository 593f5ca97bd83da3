"""Tokens per second and TTFT through our layers, against the same requests on a bare `AsyncLLM`.

Three processes are loaded with the guide model and the same engine arguments, at the same time, and
take turns: `chat` sends through ChatService on a real store (and the round ends when every answer
is on the disk), `engine` iterates `Engine.generate`, and `bare` is `sides/bare_engine.py`: vLLM's
own renderer and `AsyncLLM.generate` on uvloop. A round is 1, 16 or 48 chat requests sent at once,
the same on every side, 200 tokens each (`ignore_eos`, temperature 0). Tokens per second are all
tokens of a round over its whole time; TTFT is the median of a round's streams, from the request
(messages, not token ids) to the first token. All is repeated on several launches; the rounds of
one number are the pairs.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import time
from pathlib import Path
from typing import Any

from desktop_llm.config.paths import guide_model
from tests.benchmarks.harness import Figure, Options, Target
from tests.benchmarks.processes import PROFILE, Side, environment, home

NAME = "engine"
STREAMS = (1, 16, 48)
TOKENS = 200
SIDES = ("chat", "engine", "bare")
_FASTER = Target(0.97, at_least=True)
SOONER = Target(round(1 / 0.97, 3))


def arguments(model: Path | None = None) -> dict[str, Any]:
    """What our engine passes to vLLM, less the worker that reports the stages of a load.

    For the guide model, or for the shape of `model` with dummy weights.
    """
    from vllm.platforms import current_platform

    from desktop_llm.engine.arguments import engine_arguments
    from desktop_llm.engine.types import LoadRequest
    from desktop_llm.models.fit import plan_load

    cpu = current_platform.is_cpu()
    request = LoadRequest(model or guide_model(), PROFILE, dummy_weights=model is not None)
    plan = plan_load(request.path, PROFILE, cpu=cpu, memory=None)
    given = engine_arguments(request, plan, cpu=cpu)
    del given["worker_cls"]
    return given


def measure(options: Options) -> list[Figure]:
    # One figure a launch is not enough for a median, nor is one launch for a figure.
    launches, rounds = options.times(3, 1), options.times(9, 3)
    results: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for launch in range(launches):
        with contextlib.ExitStack() as stack:
            sides = {name: start_side(name, stack) for name in SIDES}
            options.say(f"launch {launch + 1} of {launches}: all loaded")
            for streams in STREAMS:
                for number in range(-1, rounds):
                    order = random.sample(SIDES, len(SIDES))
                    for name in order:
                        asked = {"round": number, "streams": streams, "tokens": TOKENS}
                        answer = sides[name].ask(asked)
                        time.sleep(0.25)  # the threads of the side before stop spinning
                        if number >= 0:  # the first one warms up
                            results.setdefault((name, streams), []).append(answer)
                options.say(f"{streams} streams: done")
    return [
        figure
        for streams in STREAMS
        for name in ("chat", "engine")
        for figure in _figures(name, streams, results)
    ]


def start_side(name: str, stack: contextlib.ExitStack, model: Path | None = None) -> Side:
    """One of `SIDES`, loaded with the guide model or with the shape of `model`."""
    variables = environment(stack.enter_context(home()))
    given: dict[str, Any] = {"arguments": arguments(model)}
    if name != "bare":
        given = {"through": name} | ({"shape": str(model)} if model else {})
    side = Side("bare_engine" if name == "bare" else "our_engine", given, variables)
    stack.callback(side.close)
    side.ask()
    return side


def _figures(
    name: str, streams: int, results: dict[tuple[str, int], list[dict[str, Any]]]
) -> list[Figure]:
    def speeds(side: str) -> list[float]:
        return [found["tokens"] / found["seconds"] for found in results[side, streams]]

    def waits(side: str) -> list[float]:
        return [statistics.median(found["ttft_ms"]) for found in results[side, streams]]

    for side in (name, "bare"):
        counts = {found["tokens"] for found in results[side, streams]}
        assert counts == {streams * TOKENS}, f"{side} made {counts} tokens"
    what = f"{name}, {streams} streams" if streams > 1 else f"{name}, 1 stream"
    return [
        Figure(NAME, f"{what}: speed", "tok/s", speeds(name), speeds("bare"), _FASTER),
        Figure(NAME, f"{what}: TTFT", "ms", waits(name), waits("bare"), SOONER),
    ]
