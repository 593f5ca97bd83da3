"""Tokens per second, TTFT and load time of `Engine.generate` on an NVIDIA GPU, against `AsyncLLM`.

    python -m tests.benchmarks.engine_gpu [--rounds 5] [--loads 2] [--eager] [--json FILE]

Both sides hold a model of Llama 3 8B's shape (dummy weights, bfloat16) on the same GPU at the same
time and take turns: `engine` is our engine without its window, `bare` is `sides/bare_engine.py`
with the same arguments. A round is 1, 16 or 48 chat requests sent at once, 128 tokens each.
Ratios are of pairs, figures are medians. Loads are timed from process start to ready; the first of
all of them compiles the kernels, unless they are in vLLM's cache. It takes about 50 GiB of VRAM.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.engine.arguments import engine_arguments
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.fit import plan_load
from desktop_llm.telemetry.gpus import read_gpus
from tests.benchmarks.processes import Side, environment
from tests.gpu.shapes import LLAMA_8B, Shapes
from tests.helpers.tiny_models import TinyModels

STREAMS = (1, 16, 48)
TOKENS = 128
SIDES = ("engine", "bare")


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="benchmark-gpu-") as name, contextlib.ExitStack() as up:
        folder = Shapes(TinyModels(Path(name) / "tiny"), Path(name)).folder("8b", LLAMA_8B)
        profile = LoadProfile(kv_cache=KvCacheSize(gib=8), enforce_eager=options.eager)
        loads: dict[str, list[float]] = {side: [] for side in SIDES}
        sides: dict[str, Side] = {}
        for turn in range(options.loads):
            for side in SIDES:
                with contextlib.suppress(KeyError):
                    sides.pop(side).close()
                began = time.perf_counter()
                sides[side] = _start(side, folder, profile, Path(name) / f"{side}-{turn}")
                loads[side].append(time.perf_counter() - began)
                _say(f"{side} loaded in {loads[side][-1]:.1f} s")
        for running in sides.values():
            up.callback(running.close)
        rounds = _rounds(sides, options.rounds)
    result = {
        "gpu": read_gpus().gpus[0].name,
        "driver": read_gpus().driver_version,
        "eager": options.eager,
        "tokens": TOKENS,
        "load_s": loads,
        "streams": {str(streams): _compare(rounds, streams) for streams in STREAMS},
    }
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result | {"rounds": _plain(rounds)}, indent=2), "utf-8")


def _rounds(sides: dict[str, Side], count: int) -> dict[tuple[str, int], list[dict[str, Any]]]:
    results: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for streams in STREAMS:
        for number in range(-2, count):
            for side in random.sample(SIDES, len(SIDES)):
                asked = {"round": number, "streams": streams, "tokens": TOKENS}
                answer = sides[side].ask(asked)
                time.sleep(0.25)  # the threads of the side before stop spinning
                assert answer["tokens"] == streams * TOKENS, answer
                if number >= 0:  # the first two warm up
                    results.setdefault((side, streams), []).append(answer)
        _say(f"{streams} streams done")
    return results


def _start(side: str, folder: Path, profile: LoadProfile, home: Path) -> Side:
    variables = environment(home)
    if side == "engine":
        given = {"model": str(folder), "profile": profile.model_dump(mode="json")}
        started = Side("dummy_engine", given, variables)
    else:
        request = LoadRequest(folder, profile, dummy_weights=True)
        arguments = engine_arguments(
            request, plan_load(folder, profile, cpu=False, memory=None), cpu=False
        )
        del arguments["worker_cls"]
        # Two engines share this GPU: the share that vLLM wants free must be.
        started = Side(
            "bare_engine", {"arguments": arguments | {"gpu_memory_utilization": 0.3}}, variables
        )
    started.ask()
    return started


def _compare(
    rounds: dict[tuple[str, int], list[dict[str, Any]]], streams: int
) -> dict[str, dict[str, float]]:
    speed = {s: [r["tokens"] / r["seconds"] for r in rounds[s, streams]] for s in SIDES}
    ttft = {s: [statistics.median(r["ttft_ms"]) for r in rounds[s, streams]] for s in SIDES}
    return {"tokens_per_s": _pair(speed), "ttft_ms": _pair(ttft)}


def _pair(samples: dict[str, list[float]]) -> dict[str, float]:
    ratios = [a / b for a, b in zip(samples["engine"], samples["bare"], strict=True)]
    figures = {side: statistics.median(values) for side, values in samples.items()}
    return figures | {"ratio": statistics.median(ratios)}


def _plain(rounds: dict[tuple[str, int], list[dict[str, Any]]]) -> dict[str, Any]:
    return {f"{side}, {streams} streams": answers for (side, streams), answers in rounds.items()}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--loads", type=int, default=2, help="loads of each side, timed")
    parser.add_argument("--eager", action="store_true", help="without torch.compile and graphs")
    parser.add_argument("--json", type=Path)
    return parser.parse_args()


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
