"""The port over a real engine: what it serves, and nothing else."""

from __future__ import annotations

import json

import httpx
import pytest

from desktop_llm.server.app import OUR_ROUTES
from tests.server.conftest import OpenPort

pytestmark = pytest.mark.engine

MESSAGES = [{"role": "user", "content": "What can you do?"}]


def test_that_the_routes_are_exactly_those_of_the_list(port: OpenPort) -> None:
    from desktop_llm.server.vllm_routes import VLLM_ROUTES

    expected = {
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/{response_id}"),
        ("POST", "/v1/responses/{response_id}/cancel"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("GET", "/v1/models"),
        ("POST", "/v1/chat"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
    }
    assert expected == VLLM_ROUTES | OUR_ROUTES
    assert port.routes() == expected


@pytest.mark.parametrize(
    "path",
    [
        "/invocations",
        "/ping",
        "/tokenize",
        "/v1/chat/completions/batch",
        "/v1/load_lora_adapter",
        "/sleep",
        "/version",
        "/server_info",
        "/inference/v1/generate",
    ],
)
def test_that_no_other_route_of_vllm_is_there(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404
    assert client.post(path, json={}).status_code == 404


def test_that_the_documentation_names_every_route(client: httpx.Client, port: OpenPort) -> None:
    document = client.get("/openapi.json").json()
    named = {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }
    assert named == port.routes()
    page = client.get("/docs").text
    assert all(path in page for _, path in named)
    assert "<script" not in page
    assert "src=" not in page


def test_that_the_model_is_listed_without_its_folder(client: httpx.Client) -> None:
    (model,) = client.get("/v1/models").json()["data"]
    assert model["id"] == "llama"
    assert model["max_model_len"] == 512
    assert "/" not in json.dumps(model["root"])


def test_that_a_chat_is_answered_with_usage(client: httpx.Client) -> None:
    answer = client.post(
        "/v1/chat/completions",
        json={"model": "llama", "messages": MESSAGES, "max_tokens": 5, "ignore_eos": True},
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["usage"]["completion_tokens"] == 5


def test_that_the_plain_stream_gives_text_events(client: httpx.Client) -> None:
    asked = {"prompt": "What can you do?", "max_tokens": 5, "temperature": 0}
    with client.stream("POST", "/v1/chat", json=asked) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [line for line in answer.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    events = [json.loads(line.removeprefix("data: ")) for line in lines[:-1]]
    assert all(isinstance(event["text"], str) for event in events)
    assert events[-1]["completion_tokens"] == 5
    assert events[-1]["finish_reason"] == "length"


def test_that_health_is_open_and_tells_readiness(port: OpenPort) -> None:
    answer = httpx.get(f"{port.url}/health", trust_env=False)
    assert (answer.status_code, answer.json()) == (200, {"live": True, "ready": True})


def test_that_metrics_are_prometheus_text(client: httpx.Client) -> None:
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    assert "# TYPE python_info gauge" in answer.text
