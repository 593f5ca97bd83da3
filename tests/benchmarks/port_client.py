"""A client that costs little, so that a benchmark of a server measures the server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CHAT = "/v1/chat/completions"
_TEXT = re.compile(rb'"content":"[^"]')
_COUNT = re.compile(rb'"completion_tokens":(\d+)')
_STATUS = re.compile(rb"HTTP/1\.[01] (\d+)")
_LAST_BYTES = 4096


@dataclass(frozen=True)
class Answer:
    """One response: when its first text came, in ms, how many tokens it says, in what events."""

    status: int
    ttft_ms: float
    tokens: int
    events: int


class _Reading(asyncio.Protocol):
    """Takes a response until the connection is closed; keeps its beginning and its end."""

    def __init__(self) -> None:
        self.began = time.perf_counter()
        self.first: float | None = None
        self.events = 0
        self.kept = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        if self.first is None and _TEXT.search(data):
            self.first = time.perf_counter()
        self.events += data.count(b"data: {")
        head = self.kept[:_LAST_BYTES]
        self.kept = head + (self.kept[_LAST_BYTES:] + data)[-_LAST_BYTES:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def request(body: bytes, headers: Mapping[str, str], path: str = CHAT) -> bytes:
    """A POST on a connection of its own."""
    given = {
        "Host": "127.0.0.1",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
    } | dict(headers)
    head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return f"POST {path} HTTP/1.1\r\n{head}\r\n".encode() + body


async def answer(port: int, body: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    """Send `body` and read the whole stream."""
    loop = asyncio.get_running_loop()
    transport, reading = await loop.create_connection(_Reading, "127.0.0.1", port)
    try:
        transport.write(request(json.dumps(body).encode(), headers))
        await reading.ended
    finally:
        transport.close()
    status = _STATUS.match(reading.kept)
    counts = _COUNT.findall(reading.kept)
    return Answer(
        status=int(status[1]) if status else 0,
        ttft_ms=((reading.first or float("inf")) - reading.began) * 1000,
        tokens=int(counts[-1]) if counts else 0,
        events=reading.events,
    )


def chat_body(model: str, text: str, tokens: int) -> dict[str, Any]:
    """A streamed chat of exactly `tokens` tokens, the likeliest ones."""
    return {
        "model": model,
        "messages": [{"role": "user", "content": text}],
        "max_tokens": tokens,
        "temperature": 0,
        "ignore_eos": True,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
