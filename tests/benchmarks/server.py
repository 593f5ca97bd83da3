"""The HTTP port against vLLM's own server: speed, TTFT and memory, from the same client.

`desktop-llm serve` and `python -m vllm.entrypoints.openai.api_server` hold the guide model with the
same engine arguments at the same time and take turns. A round is 16, 48 or 128 streamed chat
requests sent at once, each on a connection of its own, 200 tokens each (`ignore_eos`, temperature
0). Tokens per second are all tokens of a round over its whole time; TTFT is from the request to the
first text, its percentiles over a round's streams. Memory is the resident memory of the process
that speaks HTTP, after the rounds. Shown beside, without a target: its CPU time per token, and how
many events the tokens of a stream came in. The rounds of one number are the pairs.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass
from typing import Any

import uvloop

from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import LoadProfile
from tests.benchmarks.engine import arguments
from tests.benchmarks.harness import Figure, Options, Target, percentile
from tests.benchmarks.port_client import Answer, answer, chat_body
from tests.benchmarks.processes import PROFILE
from tests.benchmarks.servers import Server, our_server, vllm_server
from tests.benchmarks.sides.requests import question

NAME = "server"
STREAMS = (16, 48, 128)
TOKENS = 200
OURS, THEIRS = "port", "vllm"
_SERVED = PROFILE.model_copy(update={"max_sequences": max(STREAMS)})
_FASTER = Target(1.0, at_least=True)
_SOONER = Target(1.05)
_SMALLER = Target(1.1)


@dataclass(frozen=True)
class Round:
    """One round's figures. TTFT in ms, CPU in µs a token, of the process that speaks HTTP.

    `events` are those of a stream on average, for its `TOKENS` tokens.
    """

    speed: float
    ttft_p50: float
    ttft_p99: float
    cpu: float
    events: float


def measure(options: Options) -> list[Figure]:
    launches, rounds = options.times(3, 1), options.times(9, 3)
    found: dict[tuple[str, int], list[Round]] = {}
    memory: dict[str, list[float]] = {OURS: [], THEIRS: []}
    for launch in range(launches):
        with contextlib.ExitStack() as stack:
            servers = {
                OURS: stack.enter_context(our_server(_SERVED, max(STREAMS))),
                THEIRS: stack.enter_context(vllm_server(served_arguments(_SERVED))),
            }
            options.say(f"launch {launch + 1} of {launches}: both are up")
            for streams in STREAMS:
                for number in range(-1, rounds):
                    for name in random.sample(list(servers), len(servers)):
                        one = uvloop.run(_round(servers[name], number, streams))
                        time.sleep(0.25)  # the threads of the side before stop spinning
                        if number >= 0:  # the first one warms up
                            found.setdefault((name, streams), []).append(one)
                options.say(f"{streams} streams: done")
            for name, server in servers.items():
                memory[name].append(server.own.memory_info().rss / 2**20)
    return [
        *(figure for streams in STREAMS for figure in _figures(streams, found)),
        Figure(NAME, "resident memory", "MiB", memory[OURS], memory[THEIRS], _SMALLER),
    ]


def served_arguments(profile: LoadProfile) -> dict[str, Any]:
    """Our engine's arguments for vLLM's command line.

    With vLLM's figures, as by default: for `/metrics`, ours keeps them too.
    """
    given = arguments()
    del given["disable_log_stats"]
    given["max_num_seqs"] = profile.max_sequences
    given["served_model_name"] = guide_model().name
    return given


async def _round(server: Server, number: int, streams: int) -> Round:
    bodies = [chat_body(guide_model().name, question(number, i), TOKENS) for i in range(streams)]
    used, began = server.cpu_seconds(), time.perf_counter()
    answers: list[Answer] = await asyncio.gather(
        *(answer(server.port, body, server.headers) for body in bodies)
    )
    seconds = time.perf_counter() - began
    tokens = sum(one.tokens for one in answers)
    if tokens != streams * TOKENS:
        wrong = [one for one in answers if one.tokens != TOKENS]
        raise RuntimeError(f"{len(wrong)} of {streams} streams were not whole: {wrong[0]}")
    waits = [one.ttft_ms for one in answers]
    return Round(
        speed=tokens / seconds,
        ttft_p50=percentile(waits, 0.5),
        ttft_p99=percentile(waits, 0.99),
        cpu=(server.cpu_seconds() - used) / tokens * 1e6,
        events=sum(one.events for one in answers) / streams,
    )


def _figures(streams: int, found: dict[tuple[str, int], list[Round]]) -> list[Figure]:
    def figure(what: str, unit: str, field: str, target: Target | None) -> Figure:
        ours, theirs = (
            [getattr(one, field) for one in found[name, streams]] for name in (OURS, THEIRS)
        )
        return Figure(NAME, f"{streams} streams: {what}", unit, ours, theirs, target)

    return [
        figure("speed", "tok/s", "speed", _FASTER),
        figure("TTFT p50", "ms", "ttft_p50", _SOONER),
        figure("TTFT p99", "ms", "ttft_p99", _SOONER),
        figure("CPU of the process", "µs/token", "cpu", None),
        figure("events of a stream", "", "events", None),
    ]
