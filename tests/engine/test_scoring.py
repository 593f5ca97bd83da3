"""Scores of the real engine, against the same model in transformers."""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.core.units import MIB
from desktop_llm.engine.types import LoadedModel, LoadRequest, WindowScore
from tests.engine.conftest import QUICK, Running, chat
from tests.helpers.tiny_models import AWQ, GUIDE, TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

TEXT = (
    "The KV cache holds the keys and values of every token so far, so that each new token costs "
    "one step. Grüße 🙂! It grows with the conversation; the prefix cache keeps what is shared. "
) * 8
# vLLM computes in 16 bits what transformers does in 32, which one unlikely token shows most.
_MEAN_NATS, _TOKEN_NATS = 0.1, 0.6

REFERENCE = """
import json, sys, torch, transformers
folder, windows = sys.argv[1], json.loads(sys.argv[2])
model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
found = []
for window in windows:
    with torch.inference_mode():
        logits = model(torch.tensor([window])).logits[0, :-1].double()
    logprobs = logits.log_softmax(-1)[range(len(window) - 1), window[1:]]
    found.append(logprobs.tolist())
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    running = Running(tmp_path_factory.mktemp("guide"))
    running.run(running.engine.load(LoadRequest(GUIDE, QUICK)))
    yield running
    running.close()


def reference(folder: Path, windows: list[list[int]]) -> list[list[float]]:
    """By transformers, on the CPU, in a process of its own."""
    ran = subprocess.run(
        [sys.executable, "-c", REFERENCE, str(folder), json.dumps(windows)],
        env=os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert ran.returncode == 0, ran.stderr
    found: list[list[float]] = json.loads(ran.stdout.splitlines()[-1])
    return found


async def scores(running: Running, windows: list[list[int]]) -> list[tuple[float, ...]]:
    found = {score.number: score.logprobs async for score in running.engine.score(windows)}
    return [found[number] for number in range(len(windows))]


def holds_its_weights(model: LoadedModel) -> bool:
    """Whether it says that the weights take what the files hold.

    A GPU's memory is handed out in pieces that are large beside a tiny model.
    """
    stored = sum(file.stat().st_size for file in model.path.glob("*.safetensors"))
    slack = 0.1 * stored if model.device == "cpu" else 64 * MIB
    return abs((model.weight_bytes or 0) - stored) < slack


def mean(logprobs: object) -> float:
    values = list(logprobs)  # type: ignore[call-overload]
    return math.fsum(values) / len(values)


def test_that_the_scores_are_those_of_transformers(guide: Running) -> None:
    tokens = guide.run(guide.engine.tokenize(TEXT))
    windows = [tokens[:2], tokens[:200], tokens[100:700]]
    ours = guide.run(scores(guide, windows))
    theirs = reference(GUIDE, windows)
    for one, other in zip(ours, theirs, strict=True):
        assert len(one) == len(other)
        assert mean(one) == pytest.approx(mean(other), abs=_MEAN_NATS)
        assert max(abs(a - b) for a, b in zip(one, other, strict=True)) < _TOKEN_NATS
    # As they are, not shifted by a token nor smoothed: far from one another along the text.
    assert max(ours[2]) - min(ours[2]) > 5


def test_that_the_prefix_cache_takes_no_token_away(guide: Running) -> None:
    """The same window again, and after an answer has put it into the cache."""
    tokens = guide.run(guide.engine.tokenize(TEXT))[:300]
    first = guide.run(scores(guide, [tokens]))[0]
    again = guide.run(scores(guide, [tokens, tokens]))
    assert [len(found) for found in again] == [299, 299]
    assert mean(again[0]) == pytest.approx(mean(first), abs=0.01)


def test_that_more_windows_than_run_at_once_are_all_scored(guide: Running) -> None:
    tokens = guide.run(guide.engine.tokenize(TEXT))
    rng = random.Random(0)
    windows = [tokens[: rng.randint(2, 400)] for _ in range(70)]
    found = guide.run(scores(guide, windows))
    assert [len(one) + 1 for one in found] == [len(window) for window in windows]
    longest = max(found, key=len)
    for one in found:  # all begin alike, so they score alike, whatever they are batched with
        assert mean(one) == pytest.approx(mean(longest[: len(one)]), abs=0.02)


def test_that_the_tokenizer_is_the_models(guide: Running) -> None:
    plain = guide.run(guide.engine.tokenize("Hello world"))
    assert guide.run(guide.engine.tokenize("")) == []
    special = guide.run(guide.engine.tokenize("Hello world", special=True))
    assert special[-len(plain) :] == plain
    longer = guide.run(guide.engine.tokenize("word " * 20_000))
    assert len(longer) > 20_000, "no text is too long to be split"


def test_that_a_window_beyond_the_context_is_refused(guide: Running) -> None:
    with pytest.raises(AppError) as told:
        guide.run(scores(guide, [[5] * 2048]))
    assert told.value.code == "engine.prompt_too_long"
    assert len(guide.run(scores(guide, [[5] * 2047]))[0]) == 2046


def test_that_scoring_is_aborted_and_answers_go_on(guide: Running) -> None:
    async def abort() -> None:
        async def read() -> None:
            async for _ in guide.engine.score([[5] * 2000] * 500):
                begun.set()

        begun = asyncio.Event()
        reading = asyncio.ensure_future(read())
        await begun.wait()
        reading.cancel()
        await asyncio.wait({reading})
        assert reading.cancelled()
        loaded = guide.engine._loaded
        assert loaded is not None
        assert await loaded.generation.wait_idle(0)

    guide.run(abort())

    async def answer() -> str:
        request = chat(max_tokens=4, ignore_eos=True)
        return "".join([delta.text async for delta in guide.engine.generate(request)])

    assert guide.run(asyncio.wait_for(answer(), 20))


def test_that_an_unload_ends_scoring_with_its_reason(
    tmp_path_factory: pytest.TempPathFactory, tiny_models: TinyModels
) -> None:
    """On the quantized tiny model, which is scored like any other."""
    running = Running(tmp_path_factory.mktemp("awq"))
    try:
        folder = tiny_models.folder(AWQ)
        model = running.run(running.engine.load(LoadRequest(folder, QUICK)))
        assert model.quantization
        assert holds_its_weights(model)
        tokens = running.run(running.engine.tokenize(TEXT))[:400]
        found = running.run(scores(running, [tokens]))[0]
        # Random weights know nothing: every token of the vocabulary is about as likely.
        assert -mean(found) == pytest.approx(math.log(3072), abs=0.5)

        async def unload() -> AppError:
            async def read() -> list[WindowScore]:
                return [score async for score in running.engine.score([tokens] * 5000)]

            reading = asyncio.ensure_future(read())
            await asyncio.sleep(0.5)
            await running.engine.unload()
            with pytest.raises(AppError) as told:
                await reading
            return told.value

        assert running.run(unload()).code == "engine.not_ready"
    finally:
        running.close()


def test_that_the_weights_take_what_the_file_holds(guide: Running) -> None:
    assert guide.engine.state.model is not None
    assert holds_its_weights(guide.engine.state.model)


def test_that_tokens_can_be_asked_without_a_template(guide: Running) -> None:
    from dataclasses import replace

    tokens = tuple(guide.run(guide.engine.tokenize("The KV cache holds")))

    async def answer() -> tuple[str, int]:
        request = replace(chat(max_tokens=8, temperature=0), messages=(), prompt_token_ids=tokens)
        deltas = [delta async for delta in guide.engine.generate(request)]
        return "".join(delta.text for delta in deltas), deltas[-1].prompt_tokens

    text, prompt_tokens = guide.run(answer())
    assert text
    assert prompt_tokens == len(tokens)
