"""The port in use, on a real engine: who comes first, what ends, and what is left."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.statistics import EngineRequest
from desktop_llm.engine.types import LoadRequest, OwnerKind, Priority
from desktop_llm.server.keys import KeyFile
from desktop_llm.server.live import LiveState
from desktop_llm.server.service import PortService
from desktop_llm.server.state import PortPhase, PortState
from tests.engine.conftest import QUICK, Running, chat
from tests.helpers.processes import living_descendants
from tests.helpers.tiny_models import TinyModels
from tests.server.conftest import OpenPort, free_port, wait_until

pytestmark = pytest.mark.engine

LONG = {
    "model": "llama",
    "messages": [{"role": "user", "content": "Go on."}],
    "max_tokens": 30_000,  # longer than any test takes
    "ignore_eos": True,
    "stream": True,
}


@pytest.fixture(scope="module")
def port(
    running: Running, tiny_models: TinyModels, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenPort]:
    """An open port with a tiny llama of a long context, whose answers last."""
    folder = tiny_models.copy("llama", tmp_path_factory.mktemp("long") / "llama")
    config = json.loads((folder / "config.json").read_text("utf-8"))
    config["max_position_embeddings"] = 32_768
    (folder / "config.json").write_text(json.dumps(config), "utf-8")
    running.run(running.engine.load(LoadRequest(folder, QUICK)))
    made = OpenPort(running, tmp_path_factory.mktemp("port"))
    made.open()
    yield made
    made.run(made.service.stop())


def in_engine(port: OpenPort) -> tuple[EngineRequest, ...]:
    async def read() -> tuple[EngineRequest, ...]:
        return port.running.engine.requests()

    return port.run(read())


@contextmanager
def streaming(port: OpenPort, **asked: Any) -> Iterator[Iterator[str]]:
    """A long answer that has begun; its further lines. Leaving closes the connection."""
    with (
        port.client(**{"user-agent": "tester/1"}) as client,
        client.stream("POST", "/v1/chat/completions", json=LONG | asked) as answer,
    ):
        assert answer.status_code == 200
        lines = answer.iter_lines()
        next(lines)
        yield lines


def test_that_leaving_ends_the_answer_in_the_engine(port: OpenPort) -> None:
    with streaming(port):
        assert in_engine(port)
    wait_until(lambda: not in_engine(port) and not port.live())


def test_that_leaving_a_whole_answer_ends_it_too(port: OpenPort) -> None:
    asked, impatient = LONG | {"stream": False, "n": 8}, httpx.Timeout(60, read=0.2)
    with port.client() as client, pytest.raises(httpx.ReadTimeout):
        client.post("/v1/chat/completions", json=asked, timeout=impatient)
    wait_until(lambda: not in_engine(port) and not port.live())


@pytest.mark.parametrize("asked", [-1_000_000, 0, 3, 2**62])
def test_that_no_client_comes_before_the_window(port: OpenPort, asked: int) -> None:
    with streaming(port, priority=asked):
        (request,) = in_engine(port)
        assert request.priority is not None
        assert Priority.WINDOW < Priority.CLIENT <= request.priority < 2**31


def test_that_the_header_for_priority_is_clamped_as_well(port: OpenPort) -> None:
    headers = {"x-vllm-priority": "-5", "x-data-parallel-rank": "7"}
    with (
        port.client(**headers) as client,
        client.stream("POST", "/v1/chat/completions", json=LONG) as answer,
    ):
        lines = answer.iter_lines()  # held: letting go of it would close the connection
        next(lines)
        (request,) = in_engine(port)
        assert request.priority == Priority.CLIENT


def test_that_the_list_shows_client_tokens_and_state_and_stops_one(port: OpenPort) -> None:
    with streaming(port) as lines, streaming(port):
        first, second = port.live()
        assert {first.client, second.client} == {"tester/1"}
        assert first.state is LiveState.RUNNING
        assert first.prompt_tokens > 0
        wait_until(lambda: port.live()[0].generated_tokens > first.generated_tokens)
        (shown, _) = in_engine(port)
        assert shown.owner.kind is OwnerKind.PORT
        assert shown.owner.label == "tester/1"
        assert port.run(port.service.stop_request(first.id))
        rest = [line for line in lines if line]
        assert rest[-1] == "data: [DONE]"
        assert '"finish_reason":"abort"' in rest[-2].replace(" ", "")
        assert [request.id for request in port.live()] == [second.id]
    wait_until(lambda: not port.live())
    assert not port.run(port.service.stop_request("nobody"))


def test_that_an_unload_waits_for_the_port_and_then_aborts(port: OpenPort) -> None:
    """Through `counted`, which is what `Engine.unload` waits for."""
    served = port.running.engine.served()
    assert served is not None

    async def idle(seconds: float) -> bool:
        return await served._generation.wait_idle(seconds)

    with streaming(port):
        assert not port.run(idle(0.05))
    wait_until(lambda: port.run(idle(0.05)))


def test_that_the_window_answers_while_the_port_is_busy(port: OpenPort) -> None:
    async def ask() -> int:
        return sum([1 async for _ in port.running.engine.generate(chat(max_tokens=8))])

    with streaming(port), streaming(port), streaming(port):
        assert port.run(ask()) > 0


def test_that_nothing_listens_beyond_loopback(port: OpenPort) -> None:
    found = [
        connection.laddr
        for process in [psutil.Process(), *living_descendants()]
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    ]
    assert any(place.port == int(port.url.rsplit(":", 1)[1]) for place in found)
    assert [place for place in found if place.ip not in ("127.0.0.1", "::1")] == []


@pytest.fixture
def second(port: OpenPort, tmp_path: Path) -> Iterator[OpenPort]:
    """Another port on the same engine, still off."""
    made = OpenPort(port.running, tmp_path)
    yield made
    made.run(made.service.stop())


def test_that_switching_off_lets_answers_finish(second: OpenPort) -> None:
    second.open(drain_seconds=60)
    states: list[PortState] = []
    second.service.changed.subscribe(states.append)
    url = second.url
    with streaming(second, max_tokens=200) as lines:
        stopping = threading.Thread(target=lambda: second.run(second.service.stop()))
        stopping.start()
        wait_until(lambda: PortPhase.DRAINING in [state.phase for state in states])
        assert [line for line in lines if line][-1] == "data: [DONE]"
    stopping.join(60)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)
    assert [state.phase for state in states][-1] is PortPhase.OFF


def test_that_switching_off_aborts_what_does_not_finish(second: OpenPort) -> None:
    second.open(drain_seconds=0)
    with streaming(second) as lines:
        began = time.monotonic()
        second.run(second.service.stop())
        assert time.monotonic() - began < 30
        with pytest.raises(httpx.RemoteProtocolError):
            list(lines)
    wait_until(lambda: not in_engine(second))


def test_that_a_reader_that_stalls_does_not_hold_the_switch(second: OpenPort) -> None:
    second.open(drain_seconds=0)
    with streaming(second, logprobs=True, top_logprobs=20):
        time.sleep(0.2)  # nothing is read
        second.run(second.service.stop())
    wait_until(lambda: not in_engine(second) and not second.service.requests)


def test_that_the_key_is_renewed_while_it_is_open(second: OpenPort) -> None:
    second.open()
    old = second.key
    with second.client() as client:
        assert client.get("/v1/models").status_code == 200
        second.run(second.service.renew_key())
        assert client.get("/v1/models").status_code == 401
    assert second.key != old
    with second.client() as client:
        assert client.get("/v1/models").status_code == 200


def test_that_a_busy_port_is_a_state_with_the_way_out(port: OpenPort, tmp_path: Path) -> None:
    taken = int(port.url.rsplit(":", 1)[1])
    service = PortService(port.running.engine, KeyFile(tmp_path / "api-key"))
    with pytest.raises(AppError) as raised:
        port.run(service.start(ServerSettings(port=taken)))
    assert raised.value.code == "server.port_busy"
    assert service.state.phase is PortPhase.FAILED
    assert service.state.failure is raised.value
    offered = int(raised.value.fix_value)
    assert port.run(service.start(ServerSettings(port=offered))).phase is PortPhase.SERVING
    port.run(service.stop())
    assert service.state == PortState()


def test_that_a_parser_that_does_not_suit_is_said_and_the_rest_goes_on(second: OpenPort) -> None:
    with pytest.raises(AppError) as raised:
        second.open(tool_parser="mistral")
    assert raised.value.code == "server.bad_parser"
    assert "mistral" in raised.value.message
    with second.client() as client:
        answer = client.get("/v1/models")
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "model_not_served")
        assert client.get("/health").json()["live"] is True


def test_that_opening_again_takes_new_settings(second: OpenPort) -> None:
    second.open()
    before = second.url
    second.open(port=free_port(), max_n=1)
    assert second.url != before
    with second.client() as client:
        assert client.post("/v1/completions", json={"n": 2}).status_code == 400


def test_that_bad_input_is_never_a_500(client: httpx.Client) -> None:
    said = {"model": "llama", "messages": [{"role": "user", "content": "x"}], "max_tokens": 1}
    bad: list[dict[str, Any]] = [
        {"temperature": -1},
        {"temperature": 1e300},
        {"top_p": 0},
        {"top_k": -7},
        {"max_tokens": -1},
        {"max_tokens": 10**40},
        {"seed": 10**40},
        {"seed": -(2**63)},
        {"n": 0},
        {"n": -1},
        {"stop": [""]},
        {"stop": ["x"] * 5000},
        {"logit_bias": {"999999999": 1}},
        {"logit_bias": {"-1": 1}},
        {"logit_bias": {"a": 1}},
        {"logprobs": True, "top_logprobs": 10_000},
        {"prompt_logprobs": 10_000},
        {"messages": []},
        {"messages": [{"role": "nobody", "content": "x"}]},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "user", "content": None}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "nothing", "nothing": 1}]}]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "data:image/png,x"}}],
                }
            ]
        },
        {"messages": [{"role": "tool", "tool_call_id": "x", "content": "x"}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": 1}]}]},
        {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "x", "schema": {"type": 5}},
            }
        },
        {"response_format": {"type": "json_schema"}},
        {"response_format": {"type": "nothing"}},
        {"structured_outputs": {"regex": "("}},
        {"structured_outputs": {"grammar": "nonsense ::="}},
        {"structured_outputs": {"choice": []}},
        {"structured_outputs": {"json": "{", "regex": "a"}},
        {"tools": [], "tool_choice": "required"},
        {"tools": [{"type": "function"}]},
        {"tool_choice": {"type": "function", "function": {"name": "missing"}}},
        {"chat_template": "{{ 1/0 }}"},
        {"chat_template_kwargs": {"messages": 5}},
        {"allowed_token_ids": [10**12]},
        {"stop_token_ids": [-5]},
        {"bad_words": [""]},
        {"truncate_prompt_tokens": -7},
        {"truncate_prompt_tokens": 10**9},
        {"max_tokens": 10**9},
        {"priority": 10**30},
        {"stream_options": {"include_usage": True}},
        {"add_generation_prompt": True, "continue_final_message": True},
        {"mm_processor_kwargs": {"x": 1}},
        {"kv_transfer_params": {"do_remote_prefill": True}},
        {"vllm_xargs": {"x": [1]}},
        {"cache_salt": ""},
        {"repetition_penalty": 0},
        {"min_p": 5},
        {"min_tokens": 10},
        {"use_beam_search": True, "n": 2},
        {"request_id": ""},
        {"documents": [{}]},
        {"reasoning_effort": "nothing"},
    ]
    for change in bad:
        for stream in (False, True):
            answer = client.post("/v1/chat/completions", json=said | change | {"stream": stream})
            told = f"{json.dumps(change)[:200]}: {answer.status_code} {answer.text[:300]}"
            assert answer.status_code < 500, told
            assert "Internal" not in answer.text, told
            if answer.status_code >= 400:
                assert set(answer.json()["error"]) == {"message", "type", "param", "code"}, told


def test_that_no_log_has_a_prompt(client: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    secret = "xyzzy-plugh"
    said = [{"role": "user", "content": secret}]
    with caplog.at_level("DEBUG"):
        good = client.post(
            "/v1/chat/completions", json={"model": "llama", "messages": said, "max_tokens": 2}
        )
        for path, asked in (
            ("/v1/chat/completions", {"messages": secret}),
            ("/v1/chat/completions", {"messages": said, "model": "nobody"}),
            ("/v1/completions", {"model": "llama", "prompt": [secret, 5]}),
            ("/v1/chat", {"prompt": secret, "max_tokens": -1}),
            ("/v1/messages", {"model": "llama", "messages": said, "max_tokens": "x"}),
        ):
            assert client.post(path, json=asked).status_code in (400, 404)
    assert good.status_code == 200
    assert secret not in caplog.text
