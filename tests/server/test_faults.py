"""Errors on their way out: one form, and nothing of the inside."""

from __future__ import annotations

import json
from typing import Any

import pytest

from desktop_llm.server.asgi import Receive, Scope, Send, respond_json
from desktop_llm.server.faults import Faults, shaped
from tests.helpers.asgi import call


def vllm_error(status: int, message: str, param: str | None = None) -> bytes:
    error = {"message": message, "type": "BadRequestError", "param": param, "code": status}
    return json.dumps({"error": error}).encode()


def test_that_a_prompt_over_the_context_has_openais_code() -> None:
    said = (
        "This model's maximum context length is 512 tokens. However, your prompt contains at "
        "least 513 input tokens, which exceeds this limit even without any output tokens."
    )
    refusal = shaped(400, vllm_error(400, said, "input_tokens"))
    assert (refusal.status, refusal.code) == (400, "context_length_exceeded")
    assert "512" in refusal.message
    assert "513" in refusal.message


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (404, vllm_error(404, "The model `x` does not exist.", "model"), (404, "model_not_found")),
        (400, vllm_error(400, "top_p must be in (0, 1]"), (400, "invalid_value")),
        (404, b'{"detail": "Not Found"}', (404, "not_found")),
        (405, b'{"detail": "Method Not Allowed"}', (405, "method_not_allowed")),
        (501, vllm_error(501, "not supported"), (400, "unsupported")),
        (500, vllm_error(500, "/home/me/secret: KeyError"), (500, "internal_error")),
        (500, b"Internal Server Error", (500, "internal_error")),
        (503, b'{"error": {"message": "m", "code": "no_model"}}', (503, "no_model")),
    ],
)
def test_that_each_error_has_a_code(status: int, body: bytes, expected: tuple[int, str]) -> None:
    refusal = shaped(status, body)
    assert (refusal.status, refusal.code) == expected
    assert "secret" not in refusal.message


async def test_that_an_exception_becomes_a_sentence() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise KeyError("/home/me/secret")

    answer = await call(Faults(broken))
    assert (answer.status, answer.code) == (500, "internal_error")
    assert b"secret" not in answer.body


async def test_that_half_an_answer_is_cut_rather_than_ended() -> None:
    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise KeyError

    with pytest.raises(KeyError):
        await call(Faults(broken))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/v1/models", {"error": {"message": "m", "type": "invalid_request_error"}}),
        ("/v1/messages", {"error": {"message": "m", "type": "invalid_request_error"}}),
        ("/v1/messages", {"type": "error"}),
    ],
)
async def test_that_the_error_has_the_form_of_its_api(path: str, expected: Any) -> None:
    async def refusing(scope: Scope, receive: Receive, send: Send) -> None:
        content = {"error": {"message": "m", "type": "BadRequestError", "code": 400}}
        await respond_json(send, 400, content, headers=[(b"retry-after", b"3")])

    answer = await call(Faults(refusing), path)
    for name, value in expected.items():
        found = answer.json[name]
        assert (value.items() <= found.items()) if isinstance(value, dict) else found == value
    assert answer.headers["retry-after"] == "3"
    assert answer.headers["content-length"] == str(len(answer.body))
