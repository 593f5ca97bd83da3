"""The list of live requests."""

from __future__ import annotations

import asyncio

from desktop_llm.engine.statistics import EngineRequest, RequestState
from desktop_llm.engine.types import Owner, OwnerKind
from desktop_llm.server.asgi import Receive, Scope, Send
from desktop_llm.server.live import (
    Live,
    LiveRequests,
    LiveState,
    ServedRequest,
    client_label,
    current_owner,
)
from tests.helpers.asgi import call, passed


def in_engine(owner: Owner, state: RequestState, generated: int) -> EngineRequest:
    return EngineRequest("r", owner, state, 7, generated, 0, None, 1.0)


async def test_that_a_request_is_listed_with_its_client_while_it_lasts() -> None:
    requests = LiveRequests()
    ended: list[ServedRequest] = []
    requests.ended.subscribe(ended.append)
    inside, leave = asyncio.Event(), asyncio.Event()
    owners: list[Owner] = []

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        owners.append(current_owner())
        inside.set()
        await leave.wait()
        await passed(scope, receive, send)

    asking = asyncio.ensure_future(
        call(Live(waiting, requests), "/v1/chat", headers={"user-agent": "curl/8.5"})
    )
    await inside.wait()
    (queued,) = requests.list([])
    assert (queued.client, queued.path, queued.state) == ("curl/8.5", "/v1/chat", LiveState.QUEUED)
    assert owners == [Owner(OwnerKind.PORT, "curl/8.5", queued.id)]
    (running,) = requests.list(
        [
            in_engine(owners[0], RequestState.RUNNING, 3),
            in_engine(owners[0], RequestState.WAITING, 2),
            in_engine(Owner(OwnerKind.CHAT), RequestState.RUNNING, 100),
        ]
    )
    assert (running.state, running.prompt_tokens) == (LiveState.RUNNING, 14)
    assert running.generated_tokens == 5
    leave.set()
    await asking
    assert requests.list([]) == ()
    assert [(one.path, one.status, one.stopped) for one in ended] == [("/v1/chat", 200, False)]


async def test_that_one_can_be_stopped_before_it_has_its_turn() -> None:
    requests = LiveRequests()

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(3600)

    asking = asyncio.ensure_future(call(Live(waiting, requests)))
    await asyncio.sleep(0)
    (request,) = requests.list([])
    assert requests.cancel(request.id)
    answer = await asking
    assert (answer.status, answer.code) == (503, "stopped")
    assert not requests.cancel(request.id)


async def test_that_one_cancelled_by_others_is_not_called_stopped() -> None:
    requests = LiveRequests()
    ended: list[ServedRequest] = []
    requests.ended.subscribe(ended.append)

    async def waiting(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(3600)

    asking = asyncio.ensure_future(call(Live(waiting, requests)))
    await asyncio.sleep(0)
    asking.cancel()
    await asyncio.wait({asking})
    assert asking.cancelled()
    assert [(one.status, one.stopped) for one in ended] == [(None, False)]


def test_that_a_client_is_named_by_what_it_says_without_tricks() -> None:
    def named(agent: str, address: str = "127.0.0.1") -> str:
        headers = [(b"user-agent", agent.encode("latin-1"))]
        return client_label({"headers": headers, "client": (address, 1)})

    assert named("OpenAI/Python 3.54.0") == "OpenAI/Python 3.54.0"
    assert named("curl/8.5", "192.168.1.9") == "curl/8.5 (192.168.1.9)"
    assert named("") == "unnamed client"
    assert named("evil\x1b[2J\x00") == "evil[2J"
    assert len(named("a" * 5000)) <= 60
