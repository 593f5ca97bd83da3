"""What the port takes for a body."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest

from desktop_llm.config.server import ServerSettings
from desktop_llm.server import body
from desktop_llm.server.asgi import Message, Scope
from desktop_llm.server.body import Bodies
from tests.helpers.asgi import Answer, call, passed

JSON = {"content-type": "application/json"}


async def post(
    content: Any = None,
    *,
    raw: bytes | None = None,
    headers: dict[str, str] | None = None,
    **settings: Any,
) -> Answer:
    sent = json.dumps(content).encode() if raw is None else raw
    layer = Bodies(passed, ServerSettings(**settings))
    half = len(sent) // 2
    return await call(
        layer,
        "/v1/chat/completions",
        method="POST",
        headers=JSON if headers is None else headers,
        body=[sent[:half], sent[half:]],
    )


async def test_that_a_good_body_comes_through_whole() -> None:
    content = {"model": "m", "messages": [{"role": "user", "content": "Grüße 🦙"}], "n": 2}
    answer = await post(content)
    assert answer.status == 200
    assert answer.json == content


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain; application/json",
        "application/jsonp",
    ],
)
async def test_that_what_a_page_can_send_unasked_is_refused(kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}
    answer = await post({}, headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


async def test_that_a_compressed_body_is_refused() -> None:
    assert (await post({}, headers=JSON | {"content-encoding": "gzip"})).status == 415


async def test_that_a_body_is_bounded_whether_or_not_its_length_is_told() -> None:
    large = {"prompt": "a" * 5000}
    told = JSON | {"content-length": "5014"}
    for headers in (JSON, told, JSON | {"content-length": "-1"}):
        answer = await post(large, headers=headers, max_body_bytes=4096)
        assert (answer.status, answer.code) == (413, "request_too_large")


@pytest.mark.parametrize(
    "raw",
    [
        b"{",
        b"[1]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"temperature": NaN}',
        b'{"temperature": -Infinity}',
        b'{"prompt": "\\ud800"}',
        b'{"\\udfff": 1}',
        b"[" * 100_000,
        b'{"messages": ' + b"[" * 200 + b"]" * 200 + b"}",
        b'{"seed": ' + b"9" * 5000 + b"}",
    ],
)
async def test_that_what_is_no_decent_json_object_is_a_400(raw: bytes) -> None:
    answer = await post(raw=raw)
    assert (answer.status, answer.code) == (400, "invalid_json")


@pytest.mark.parametrize(
    ("content", "param"),
    [
        ({"n": 9}, "n"),
        ({"best_of": 10**30}, "best_of"),
        ({"prompt": ["a"] * 9}, "prompt"),
        ({"prompt": ["a"] * 3, "n": 3}, "prompt"),
        ({"prompt": [[1], [2], [3]], "n": 3}, "prompt"),
    ],
)
async def test_that_answers_at_once_are_bounded(content: dict[str, Any], param: str) -> None:
    answer = await post(content, max_n=8)
    assert (answer.status, answer.json["error"]["param"]) == (400, param)
    assert (await post({"prompt": list(range(500))}, max_n=8)).status == 200


def image(url: object) -> dict[str, Any]:
    part = {"type": "image_url", "image_url": url}
    return {"messages": [{"role": "user", "content": [part]}]}


@pytest.mark.parametrize(
    "content",
    [
        image({"url": "http://169.254.169.254/latest/meta-data"}),
        image({"url": "https://example.org/cat.png"}),
        image({"url": "file:///etc/passwd"}),
        image({"url": "//example.org/cat.png"}),
        image("ftp://example.org/cat.png"),
        {"messages": [{"content": [{"type": "audio_url", "audio_url": {"url": "http://a"}}]}]},
        {"messages": [{"content": [{"type": "video_url", "video_url": {"url": "http://a"}}]}]},
        {"input": [{"content": [{"type": "input_image", "image_url": "http://a"}]}]},
        {"input": [{"content": [{"type": "input_file", "file_url": "http://a"}]}]},
        {"messages": [{"content": [{"type": "image", "source": {"type": "url", "url": "x"}}]}]},
        {"previous_input_messages": [{"content": [{"image_url": {"url": "http://a"}}]}]},
        {
            "messages": [
                {
                    "content": [
                        {
                            "type": "tool_result",
                            "content": [
                                {"type": "image", "source": {"type": "url", "url": "http://a"}}
                            ],
                        }
                    ]
                }
            ]
        },
    ],
)
async def test_that_nothing_is_fetched_because_a_message_names_it(content: Any) -> None:
    answer = await post(content)
    assert (answer.status, answer.code) == (400, "remote_media_refused")


@pytest.mark.parametrize(
    "content",
    [
        image({"url": "data:image/png;base64,aGk="}),
        image({"url": "DATA:image/png;base64,aGk="}),
        {"tools": [{"function": {"parameters": {"properties": {"image_url": "http://a"}}}}]},
        {"response_format": {"json_schema": {"schema": {"properties": {"file_url": "a"}}}}},
        {"messages": [{"role": "user", "content": "What is at https://example.org?"}]},
    ],
)
async def test_that_what_fetches_nothing_passes(content: Any) -> None:
    assert (await post(content)).status == 200


async def test_that_prompts_are_logged_only_when_that_is_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        await post({"prompt": "a secret"})
        assert "secret" not in caplog.text
        await post({"prompt": "a secret"}, log_prompts=True)
        assert "secret" in caplog.text


async def sent_in_part(then: asyncio.Event) -> list[Message]:
    """What the layer answers to half a body, after which the client does nothing, or leaves."""
    answered: list[Message] = []
    pieces: list[Message] = [{"type": "http.request", "body": b"{", "more_body": True}]

    async def receive() -> Message:
        if pieces:
            return pieces.pop()
        await then.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        answered.append(message)

    scope: Scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/chat/completions",
        "headers": [(b"content-type", b"application/json")],
    }
    await Bodies(passed, ServerSettings())(scope, receive, send)
    return answered


async def test_that_a_body_that_stops_coming_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body, "_STALLED_SECONDS", 0.01)
    start, _ = await sent_in_part(asyncio.Event())
    assert start["status"] == 408


async def test_that_nobody_is_answered_who_has_left() -> None:
    left = asyncio.Event()
    left.set()
    assert await sent_in_part(left) == []
