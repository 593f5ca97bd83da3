"""TTFT through our layers on a model of a real size, against the same requests on `AsyncLLM`.

The sides are those of `engine`, loaded with the shape of SmolLM2-135M (its published config.json)
and dummy weights: the smallest model people chat with, where a first token takes tens of
milliseconds on a CPU, as it does with 8B on a GPU. What our layers add is the same whatever the
model: the question is on the disk before it is sent, which takes about a millisecond with the ways
between the threads. On the guide model, 60 times smaller, that is a fifth of all there is to wait
for, as `engine` shows.
"""

from __future__ import annotations

import contextlib
import random
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.benchmarks.engine import SIDES, SOONER, STREAMS, start_side
from tests.benchmarks.harness import Figure, Options
from tests.gpu.shapes import Shapes
from tests.helpers.tiny_models import TinyModels

NAME = "first_token"
TOKENS = 4
SMOLLM2_135M: dict[str, Any] = {
    "hidden_size": 576,
    "intermediate_size": 1536,
    "num_hidden_layers": 30,
    "num_attention_heads": 9,
    "num_key_value_heads": 3,
    "head_dim": 64,
    "vocab_size": 49152,
    "max_position_embeddings": 8192,
    "tie_word_embeddings": True,
    "torch_dtype": "bfloat16",
    "dtype": "bfloat16",
}


def measure(options: Options) -> list[Figure]:
    rounds = options.times(15, 3)
    waits: dict[tuple[str, int], list[float]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-shape-") as name,
        contextlib.ExitStack() as up,
    ):
        folder = Shapes(TinyModels(Path(name) / "tiny"), Path(name)).folder("135m", SMOLLM2_135M)
        sides = {side: start_side(side, up, folder) for side in SIDES}
        options.say("all loaded")
        for streams in STREAMS:
            for number in range(-2, rounds):
                for side in random.sample(SIDES, len(SIDES)):
                    asked = {"round": number, "streams": streams, "tokens": TOKENS}
                    answer = sides[side].ask(asked)
                    time.sleep(0.25)  # the threads of the side before stop spinning
                    assert answer["tokens"] == streams * TOKENS, answer
                    if number >= 0:  # the first two warm up
                        waits.setdefault((side, streams), []).append(
                            statistics.median(answer["ttft_ms"])
                        )
            options.say(f"{streams} streams: done")
    return [
        Figure(
            NAME,
            f"{side}, {streams} streams" if streams > 1 else f"{side}, 1 stream",
            "ms",
            waits[side, streams],
            waits["bare", streams],
            SOONER,
        )
        for streams in STREAMS
        for side in ("chat", "engine")
    ]
