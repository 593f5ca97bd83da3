"""The real client libraries against a real port over a real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import anthropic
import httpx
import openai
import pytest
from pydantic import BaseModel

from tests.server.conftest import OpenPort

pytestmark = pytest.mark.engine

MODEL = "llama"
MESSAGES: Any = [{"role": "user", "content": "What can you do?"}]
WEATHER: Any = {
    "type": "object",
    "properties": {"city": {"enum": ["Rome", "Oslo"]}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL: Any = {
    "type": "function",
    "function": {"name": "weather", "parameters": WEATHER, "strict": True},
}
CHOSEN: Any = {"type": "function", "function": {"name": "weather"}}


class Weather(BaseModel):
    city: str


@pytest.fixture
def openai_client(port: OpenPort) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{port.url}/v1", api_key=port.key, max_retries=0) as client:
        yield client


@pytest.fixture
def anthropic_client(port: OpenPort) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=port.url, api_key=port.key, max_retries=0) as client:
        yield client


def test_that_openai_chats(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=6, n=2, logprobs=True, top_logprobs=3, seed=1
    )
    assert len(answer.choices) == 2
    assert answer.usage is not None
    assert answer.usage.prompt_tokens > 0
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    assert len(logprobs.content[0].top_logprobs) == 3


def test_that_an_openai_stream_ends_with_its_usage(openai_client: openai.OpenAI) -> None:
    whole = openai_client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=12, temperature=0
    )
    stream = openai_client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        max_tokens=12,
        temperature=0,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    told, expected = chunks[-1].usage, whole.usage
    assert told is not None
    assert expected is not None
    assert told.prompt_tokens == expected.prompt_tokens
    assert told.completion_tokens == expected.completion_tokens


async def test_that_the_async_openai_client_streams(port: OpenPort) -> None:
    async with openai.AsyncOpenAI(base_url=f"{port.url}/v1", api_key=port.key) as client:
        stream = await client.chat.completions.create(
            model=MODEL, messages=MESSAGES, max_tokens=6, stream=True
        )
        finish = [chunk.choices[0].finish_reason async for chunk in stream]
    assert finish[-1] in ("stop", "length")


def test_that_openai_completes_with_stop_and_echo(openai_client: openai.OpenAI) -> None:
    answer = openai_client.completions.create(
        model=MODEL, prompt="Once", max_tokens=6, echo=True, logprobs=2, stop=["zzzz"]
    )
    assert answer.choices[0].text.startswith("Once")
    assert answer.choices[0].logprobs is not None


def test_that_a_chosen_tool_is_called_with_its_schema(openai_client: openai.OpenAI) -> None:
    answer = openai_client.chat.completions.create(
        model=MODEL, messages=MESSAGES, tools=[TOOL], tool_choice=CHOSEN, max_tokens=200
    )
    calls = answer.choices[0].message.tool_calls
    assert calls is not None
    (call,) = calls
    assert call.type == "function"
    assert call.function.name == "weather"
    assert json.loads(call.function.arguments)["city"] in ("Rome", "Oslo")


def test_that_a_tool_call_streams(openai_client: openai.OpenAI) -> None:
    stream = openai_client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        tools=[TOOL],
        tool_choice=CHOSEN,
        max_tokens=200,
        stream=True,
    )
    arguments = ""
    for chunk in stream:
        for call in chunk.choices[0].delta.tool_calls or []:
            arguments += (call.function and call.function.arguments) or ""
    assert json.loads(arguments)["city"] in ("Rome", "Oslo")


def test_that_structured_output_is_parsed(openai_client: openai.OpenAI) -> None:
    schema = {"name": "weather", "schema": WEATHER, "strict": True}
    form: Any = {"type": "json_schema", "json_schema": schema}
    answer = openai_client.chat.completions.create(
        model=MODEL,
        messages=MESSAGES,
        max_tokens=200,
        response_format=form,
    )
    answered = Weather.model_validate_json(answer.choices[0].message.content or "")
    assert answered.city in ("Rome", "Oslo")


def test_that_openai_responses_answer_and_stream(openai_client: openai.OpenAI) -> None:
    answer = openai_client.responses.create(model=MODEL, input="Hello", max_output_tokens=16)
    assert answer.usage is not None
    assert answer.usage.output_tokens > 0
    stream = openai_client.responses.create(
        model=MODEL, input="Hello", max_output_tokens=16, stream=True
    )
    kinds = [event.type for event in stream]
    assert kinds[0] == "response.created"
    assert kinds[-1] in ("response.completed", "response.incomplete")
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.retrieve("resp_nothing")
    with pytest.raises(openai.NotFoundError):
        openai_client.responses.cancel("resp_nothing")


def test_that_openai_lists_the_model(openai_client: openai.OpenAI) -> None:
    assert [model.id for model in openai_client.models.list()] == [MODEL]


def test_that_openai_names_its_errors(port: OpenPort, openai_client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as long:
        openai_client.chat.completions.create(
            model=MODEL, messages=[{"role": "user", "content": "token " * 900}]
        )
    assert long.value.code == "context_length_exceeded"
    assert "512" in long.value.message
    with pytest.raises(openai.BadRequestError) as over:
        openai_client.chat.completions.create(model=MODEL, messages=MESSAGES, max_tokens=9000)
    assert over.value.code == "context_length_exceeded"
    with pytest.raises(openai.NotFoundError) as unknown:
        openai_client.chat.completions.create(model="gpt-9", messages=MESSAGES)
    assert unknown.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError):
        openai_client.chat.completions.create(model=MODEL, messages=MESSAGES, n=99)
    stranger = openai.OpenAI(base_url=f"{port.url}/v1", api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError) as closed:
        stranger.models.list()
    assert closed.value.code == "invalid_api_key"


def test_that_a_long_prompt_is_truncated_where_the_client_asks(
    openai_client: openai.OpenAI,
) -> None:
    answer = openai_client.chat.completions.create(
        model=MODEL,
        messages=[{"role": "user", "content": "token " * 900}],
        max_tokens=4,
        extra_body={"truncate_prompt_tokens": 100},
    )
    assert answer.usage is not None
    assert answer.usage.prompt_tokens == 100


def test_that_anthropic_answers_streams_and_counts(
    anthropic_client: anthropic.Anthropic,
) -> None:
    answer = anthropic_client.messages.create(
        model=MODEL, messages=MESSAGES, max_tokens=6, system="Be brief."
    )
    assert answer.content[0].type == "text"
    assert answer.usage.output_tokens > 0
    with anthropic_client.messages.stream(model=MODEL, messages=MESSAGES, max_tokens=6) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert final.content[0].type == "text"
    assert text == final.content[0].text
    counted = anthropic_client.messages.count_tokens(
        model=MODEL, messages=MESSAGES, system="Be brief."
    )
    assert counted.input_tokens == answer.usage.input_tokens


async def test_that_the_async_anthropic_client_calls_a_tool(port: OpenPort) -> None:
    async with anthropic.AsyncAnthropic(base_url=port.url, api_key=port.key) as client:
        answer = await client.messages.create(
            model=MODEL,
            messages=MESSAGES,
            max_tokens=200,
            tools=[{"name": "weather", "input_schema": WEATHER, "strict": True}],
            tool_choice={"type": "tool", "name": "weather"},
        )
    (use,) = (block for block in answer.content if block.type == "tool_use")
    assert use.name == "weather"
    assert use.input["city"] in ("Rome", "Oslo")


def test_that_anthropic_names_its_errors(
    port: OpenPort, anthropic_client: anthropic.Anthropic
) -> None:
    with pytest.raises(anthropic.BadRequestError) as long:
        anthropic_client.messages.create(
            model=MODEL, messages=[{"role": "user", "content": "token " * 900}], max_tokens=6
        )
    told: Any = long.value.body
    assert told["error"]["type"] == "invalid_request_error"
    stranger = anthropic.Anthropic(base_url=port.url, api_key="wrong", max_retries=0)
    with stranger, pytest.raises(anthropic.AuthenticationError):
        stranger.messages.create(model=MODEL, messages=MESSAGES, max_tokens=6)


@pytest.mark.skipif(not shutil.which("curl"), reason="no curl")
def test_that_curl_streams_the_plain_chat(port: OpenPort) -> None:
    ran = subprocess.run(
        [
            *("curl", "-sS", "-N", "--noproxy", "*", f"{port.url}/v1/chat"),
            *("-H", f"Authorization: Bearer {port.key}", "-H", "Content-Type: application/json"),
            *("-d", json.dumps({"prompt": "Hello", "max_tokens": 4, "temperature": 0.5})),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.rstrip().endswith("data: [DONE]")
    assert '"finish_reason"' in ran.stdout


def test_that_a_plain_prompt_over_the_context_has_the_counts(client: httpx.Client) -> None:
    answer = client.post("/v1/chat", json={"prompt": "token " * 900})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (400, "context_length_exceeded")
    assert "512" in error["message"]
