"""What bounds the port's traffic, on a real engine: what is let go of is let go of in vLLM too."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest

from desktop_llm.config.server import ServerSettings
from desktop_llm.server.service import PortService
from desktop_llm.telemetry.sample import DriverState, GpuSample, GpuState, RamSample, Sample
from desktop_llm.telemetry.sampler import Sampler
from tests.helpers.toy_port import CHAT, Client, Heard, eventually
from tests.server.conftest import OpenPort, free_port

pytestmark = pytest.mark.engine

URL = "x-stream-resume-url"
MODEL = "llama"
MOST = 450


def body(tokens: int = MOST, **more: Any) -> bytes:
    asked = {
        "model": MODEL,
        "messages": [{"role": "user", "content": "Tell me a long story."}],
        "max_tokens": tokens,
        "ignore_eos": True,
        "temperature": 0,
        "stream": True,
    }
    return json.dumps(asked | more).encode()


async def sent(port: OpenPort, content: bytes = b"", **headers: str) -> Client:
    number = int(port.url.rsplit(":", 1)[1])
    given = {"Content_Type": "application/json", "Authorization": f"Bearer {port.key}"} | headers
    return await Client.ask(number, body=content or body(), **given)


async def again(port: OpenPort, path: str, last: str) -> Client:
    number = int(port.url.rsplit(":", 1)[1])
    key = f"Bearer {port.key}"
    return await Client.ask(number, "GET", path, b"", Authorization=key, Last_Event_ID=last)


def none_left(port: OpenPort) -> bool:
    """Whether vLLM has no request, and the list of the port none either."""

    async def look() -> bool:
        return not port.running.engine.requests() and not port.service.live()

    return port.run(look())


@pytest.fixture(scope="module")
def bounded(port: OpenPort) -> Iterator[OpenPort]:
    """The port with one place, one in the line, and short times."""
    before = port.service._settings
    port.open(max_concurrency=1, max_queue=1, request_seconds=300)
    yield port
    port.run(port.service.start(before))


@pytest.mark.parametrize("stream", [True, False])
async def test_a_client_that_leaves_has_its_request_aborted_in_the_engine(
    port: OpenPort, stream: bool
) -> None:
    client = await sent(port, body(stream=stream))
    if stream:
        await client.start()
        await client.chunk()
    else:
        await eventually(lambda: not none_left(port))
    client.cut()
    await eventually(lambda: none_left(port), 10)


async def test_a_stream_that_is_cut_again_and_again_is_the_one_that_was_never_cut(
    port: OpenPort,
) -> None:
    whole = await (await sent(port)).rest()
    assert whole.whole
    client = await sent(port, X_Stream_Resume="60")
    path = (await client.start()).headers[URL]
    text, last = "", ""
    for cut in range(1, 8):
        events: list[str] = []
        chunks = 0
        while chunks < 15 * cut and (chunk := await client.chunk()):
            events += chunk.decode().split("\n\n")[:-1]
            chunks += 1
        text += "".join(text_of(event) for event in events)
        last = next((e.split("\n")[0][4:] for e in reversed(events)), last)
        client.cut()
        client = await again(port, path, last)
        assert (await client.start()).status == 200
    rest = await client.rest()
    assert rest.whole
    assert text + said(rest) == said(whole)


async def test_a_stream_that_nobody_comes_back_to_is_aborted_in_the_engine(port: OpenPort) -> None:
    client = await sent(port, X_Stream_Resume="1")
    await client.start()
    client.cut()
    await eventually(lambda: none_left(port), 15)


async def test_a_kept_stream_wants_the_key_like_all_else(port: OpenPort) -> None:
    heard = await (await sent(port, body(3), X_Stream_Resume="60")).rest()
    path = heard.headers[URL]
    async with httpx.AsyncClient(base_url=port.url, trust_env=False) as client:
        assert (await client.get(path)).status_code == 401
        key = {"authorization": f"Bearer {port.key}"}
        assert (await client.get(path, headers=key)).status_code == 200


async def test_closing_the_port_ends_streams_that_have_no_connection(port: OpenPort) -> None:
    client = await sent(port, X_Stream_Resume="300")
    await client.start()
    client.cut()
    await asyncio.to_thread(port.run, port.service.stop())
    assert none_left(port)
    await asyncio.to_thread(port.open)


async def test_one_runs_one_waits_and_the_third_is_told_to_come_back(bounded: OpenPort) -> None:
    first, second = await sent(bounded), await sent(bounded, body(2))
    await first.start()
    await eventually(lambda: _figures(bounded) == (1, 1))
    refused = await (await sent(bounded)).rest()
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert json.loads(refused.body)["error"]["code"] == "queue_full"
    first.cut()
    assert (await second.rest()).status == 200
    async with httpx.AsyncClient(base_url=bounded.url, trust_env=False) as client:
        assert (await client.get("/health")).json()["ready"]
        key = {"authorization": f"Bearer {bounded.key}"}
        metrics = (await client.get("/metrics", headers=key)).text
    assert 'desktop_llm_port_refused_requests_total{reason="queue_full"} 1.0' in metrics


class _Gpus:
    """A sampler whose GPU is what it is told to be."""

    def __init__(self) -> None:
        self.state = GpuState.OK
        self.watched = 0

    @property
    def latest(self) -> Sample:
        gpu = GpuSample(0, "GPU", "uuid", self.state)
        ram = RamSample(1, 1)
        return Sample(time.monotonic(), time.time(), ram, DriverState.OK, gpus=(gpu,))

    def watch(self, interval: float) -> _Gpus:
        self.watched += 1
        return self

    def close(self) -> None:
        self.watched -= 1


async def test_a_lost_gpu_keeps_requests_out_and_is_told_to_all_who_ask(port: OpenPort) -> None:
    gpus = _Gpus()
    service = PortService(port.running.engine, port.service.keys, sampler=cast(Sampler, gpus))
    settings = ServerSettings(port=free_port())
    await asyncio.to_thread(port.run, service.start(settings))
    try:
        await eventually(lambda: bool(service.state.model))
        assert gpus.watched == 1
        key = {"authorization": f"Bearer {port.key}"}
        async with httpx.AsyncClient(
            base_url=service.state.address, headers=key, trust_env=False
        ) as client:
            asked = json.loads(body(2))
            assert (await client.post(CHAT, json=asked)).status_code == 200
            gpus.state = GpuState.LOST
            await eventually(lambda: bool(service.state.blocked))
            refused = await client.post(CHAT, json=asked)
            assert refused.status_code == 503
            assert refused.json()["error"]["code"] == "gpu_lost"
            assert int(refused.headers["retry-after"]) >= 1
            health = await client.get("/health")
            assert (health.status_code, health.json()["reason"]) == (503, "gpu_lost")
            assert health.json()["live"]
            metrics = (await client.get("/metrics")).text
            assert 'desktop_llm_breaker_state{state="open"} 1.0' in metrics
            assert (await client.get("/v1/models")).status_code == 200
    finally:
        await asyncio.to_thread(port.run, service.stop())
    assert gpus.watched == 0
    assert not service.state.blocked


def _figures(port: OpenPort) -> tuple[int, int]:
    found = port.service.figures()
    return found.running, found.waiting


def text_of(event: str) -> str:
    data = event.split("data: ", 1)[-1]
    if not data.startswith("{"):
        return ""
    choices = json.loads(data)["choices"]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def said(heard: Heard) -> str:
    return "".join(text_of(event) for event in heard.body.decode().split("\n\n"))
