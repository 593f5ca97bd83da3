"""Generation on a real engine: streaming, cancelling, several at once, settings, limits."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import replace
from typing import Any

import psutil
import pytest

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    FinishReason,
    GenerationRequest,
    Priority,
)
from tests.engine.conftest import QUICK, Running, chat

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]


async def collect(running: Running, request: GenerationRequest) -> list[Delta]:
    return [delta async for delta in running.engine.generate(request)]


def test_that_an_answer_streams_in_several_deltas_and_ends_with_its_reason(
    shared: Running,
) -> None:
    deltas = shared.run(collect(shared, chat(max_tokens=24, ignore_eos=True, temperature=0)))
    assert len(deltas) > 3
    assert all(delta.finish_reason is None for delta in deltas[:-1])
    assert deltas[-1].finish_reason is FinishReason.LENGTH
    assert deltas[-1].completion_tokens == 24
    counts = [delta.completion_tokens for delta in deltas]
    assert counts == sorted(counts)


def test_that_counted_tokens_are_the_tokens_of_the_prompt(shared: Running) -> None:
    messages = (
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "Grüße 🙂 und <|end|>?"),
    )
    counted = shared.run(shared.engine.count_tokens(messages))
    request = GenerationRequest(messages, SamplingSettings(max_tokens=1))
    deltas = shared.run(collect(shared, request))
    assert deltas[-1].prompt_tokens == counted > 8


def test_that_temperature_zero_repeats_itself_and_a_seed_does_too(shared: Running) -> None:
    def text(**settings: Any) -> str:
        request = chat(max_tokens=16, ignore_eos=True, **settings)
        return "".join(delta.text for delta in shared.run(collect(shared, request)))

    assert text(temperature=0) == text(temperature=0)
    assert text(temperature=1.5, seed=7) == text(temperature=1.5, seed=7)
    assert len({text(temperature=1.5, seed=seed) for seed in range(6)}) > 1


def test_that_sixteen_answers_run_at_once(shared: Running) -> None:
    async def all_of_them() -> list[list[Delta]]:
        requests = [chat(f"Question {n}", max_tokens=20, ignore_eos=True) for n in range(16)]
        return await asyncio.gather(*(collect(shared, request) for request in requests))

    answers = shared.run(all_of_them())
    assert [answer[-1].completion_tokens for answer in answers] == [20] * 16


def test_that_the_window_goes_before_clients(shared: Running) -> None:
    """Three times as many client requests as sequences; the window, asking last, passes a third."""
    begun: list[int] = []
    first = asyncio.Event()
    sequences = QUICK.max_sequences

    async def answer(priority: int) -> None:
        request = replace(chat(max_tokens=40, ignore_eos=True), priority=priority)
        stream = shared.engine.generate(request)
        await anext(stream)
        begun.append(priority)
        first.set()
        async for _ in stream:
            pass

    async def race() -> None:
        clients = [asyncio.ensure_future(answer(Priority.CLIENT)) for _ in range(3 * sequences)]
        await first.wait()
        await asyncio.gather(answer(Priority.WINDOW), *clients)

    shared.run(race())
    passed = begun[begun.index(Priority.WINDOW) :].count(Priority.CLIENT)
    assert passed >= sequences


def test_that_stop_strings_end_the_answer(shared: Running) -> None:
    plain = "".join(
        delta.text
        for delta in shared.run(
            collect(shared, chat(max_tokens=32, ignore_eos=True, temperature=0))
        )
    )
    assert len(plain) > 4
    stop = plain[len(plain) // 2 :][:2]
    deltas = shared.run(
        collect(shared, chat(max_tokens=32, ignore_eos=True, temperature=0, stop=[stop]))
    )
    text = "".join(delta.text for delta in deltas)
    assert deltas[-1].finish_reason is FinishReason.STOP
    assert text == plain[: plain.index(stop)]


def test_that_an_answer_never_runs_past_the_context(shared: Running) -> None:
    deltas = shared.run(collect(shared, chat(max_tokens=5000, ignore_eos=True)))
    model = shared.engine.state.model
    assert model is not None
    assert deltas[-1].prompt_tokens + deltas[-1].completion_tokens == model.context_length


def test_that_a_prompt_beyond_the_context_is_refused_with_the_counts(shared: Running) -> None:
    with pytest.raises(AppError) as refused:
        shared.run(collect(shared, chat("word " * 600)))
    assert refused.value.code == "engine.prompt_too_long"
    assert "512" in refused.value.message


def test_that_settings_vllm_refuses_are_told_with_its_reason(shared: Running) -> None:
    with pytest.raises(AppError) as refused:
        shared.run(collect(shared, chat(stop_token_ids=[10_000_000], bad_words=["\x00"] * 3)))
    assert refused.value.code == "engine.bad_request"


def answer(shared: Running, **settings: Any) -> str:
    return "".join(delta.text for delta in shared.run(collect(shared, chat(**settings))))


def test_that_the_answer_has_the_form_asked_for(shared: Running) -> None:
    choices = ["certainly", "never"]
    assert answer(shared, choice=choices, max_tokens=40) in choices
    assert re.fullmatch("[ab]{3}", answer(shared, regex="[ab]{3}", max_tokens=40))
    schema = {
        "type": "object",
        "properties": {"sure": {"type": "boolean"}, "size": {"enum": ["small", "large"]}},
        "required": ["sure", "size"],
        "additionalProperties": False,
    }
    told = json.loads(answer(shared, json_schema=json.dumps(schema), max_tokens=300, seed=3))
    assert isinstance(told["sure"], bool)
    assert told["size"] in {"small", "large"}


def test_that_a_schema_vllm_refuses_is_told_and_hurts_no_other_answer(shared: Running) -> None:
    with pytest.raises(AppError) as refused:
        answer(shared, json_schema='{"type": "no such type"}', max_tokens=20)
    assert refused.value.code == "engine.bad_request"
    assert answer(shared, max_tokens=4, ignore_eos=True, skip_special_tokens=False)


def test_that_a_logit_bias_and_allowed_tokens_act(shared: Running) -> None:
    greedy = {"max_tokens": 6, "ignore_eos": True, "temperature": 0, "skip_special_tokens": False}
    only = answer(shared, allowed_token_ids=[70], **greedy)
    assert answer(shared, logit_bias={70: 100}, **greedy) == only != answer(shared, **greedy)


def test_that_more_min_tokens_than_max_tokens_is_refused_with_both(shared: Running) -> None:
    contradicting = SamplingSettings(min_tokens=30).overlaid(SamplingSettings(max_tokens=20))
    request = GenerationRequest((ChatMessage("user", "Hello"),), contradicting)
    with pytest.raises(AppError) as refused:
        shared.run(collect(shared, request))
    assert refused.value.code == "engine.bad_request"
    assert "30" in refused.value.message
    assert "20" in refused.value.message


def test_that_a_repeated_prompt_is_read_from_the_prefix_cache(shared: Running) -> None:
    question = chat("The same long question. " * 40, max_tokens=1)
    shared.run(collect(shared, question))
    again = shared.run(collect(shared, question))
    assert again[-1].cached_tokens > 0


def test_that_nothing_of_the_engine_listens_beyond_this_machine(shared: Running) -> None:
    assert shared.engine.state.model
    processes = [psutil.Process(), *psutil.Process().children(recursive=True)]
    listening = {
        connection.laddr.ip
        for process in processes
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert listening <= {"127.0.0.1", "::1"}
    # Where the machine's name points to loopback, as here perhaps, Gloo would need no telling.
    assert os.environ["GLOO_SOCKET_IFNAME"] == "lo"
