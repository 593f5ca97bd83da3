"""Who is answered at once, who waits, who is refused, and what takes too long."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

from desktop_llm.server.asgi import App, Receive, Scope, Send, header, respond_json
from desktop_llm.server.limits import Limiting
from desktop_llm.server.places import Limits, Places, Refused
from tests.helpers.toy_port import (
    Client,
    asked,
    body_of,
    eventually,
    listening,
    serving,
    streamed,
)


def client_of(scope: Scope) -> str:
    return (header(scope, b"user-agent") or b"").decode()


class Gate:
    """An app that answers when it is told to, in the order in which it was asked."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.open = asyncio.Event()
        self.app: App = listening(self._work)

    async def _work(self, scope: Scope, send: Send) -> None:
        if scope["method"] == "POST":
            self.begun.append(scope["query_string"].decode())
            await self.open.wait()
        await respond_json(send, 200, {"ok": True})


def limited(gate: Gate, **limits: float) -> tuple[App, Places]:
    places = Places(Limits(**limits))  # type: ignore[arg-type]
    return Limiting(gate.app, places, client_of), places


async def ask(port: int, name: str, client: str = "one") -> Client:
    return await Client.ask(port, path=f"/v1/chat/completions?{name}", User_Agent=client)


async def _all_there(places: Places, requests: int) -> None:
    await eventually(lambda: sum(_counts(places)) == requests)


async def test_so_many_run_so_many_wait_in_their_order_and_the_rest_is_told_to_come_back() -> None:
    gate = Gate()
    app, places = limited(gate, running=2, waiting=2)
    async with serving(app) as port:
        asking = []
        for number in range(4):
            asking.append(await ask(port, str(number)))
            await _all_there(places, number + 1)
        assert _counts(places) == (2, 2)

        refused = await asked(port)
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) >= 1
        error = json.loads(refused.body)["error"]
        assert error["code"] == "queue_full"
        assert error["type"] == "server_error"
        assert (await asked(port, path="/v1/messages")).status == 503

        gate.open.set()
        answers = [await client.rest() for client in asking]
    assert [heard.status for heard in answers] == [200] * 4
    assert gate.begun == ["0", "1", "2", "3"]
    assert _counts(places) == (0, 0)
    assert places.figures().refused == {Refused.QUEUE_FULL: 2}


async def test_what_asks_for_no_answer_does_not_wait() -> None:
    gate = Gate()
    app, places = limited(gate, running=1, waiting=0)
    async with serving(app) as port, await ask(port, "it"):
        await eventually(lambda: _counts(places) == (1, 0))
        for path in ("/health", "/metrics", "/v1/models"):
            assert (await asked(port, "GET", path)).status == 200
        assert (await asked(port)).status == 503
        gate.open.set()


async def test_who_leaves_the_line_frees_the_place_in_it_and_is_never_begun() -> None:
    gate = Gate()
    app, places = limited(gate, running=1, waiting=1)
    async with serving(app) as port, await ask(port, "first") as first:
        await eventually(lambda: _counts(places) == (1, 0))
        waiting = await ask(port, "gone")
        await eventually(lambda: _counts(places) == (1, 1))
        waiting.cut()
        await eventually(lambda: _counts(places) == (1, 0))
        async with await ask(port, "last") as last:
            await eventually(lambda: _counts(places) == (1, 1))
            gate.open.set()
            assert (await first.rest()).status == (await last.rest()).status == 200
    assert gate.begun == ["first", "last"]


async def test_a_running_request_whose_client_leaves_gives_its_place_to_the_next() -> None:
    gate = Gate()
    app, places = limited(gate, running=1, waiting=1)
    async with serving(app) as port, await ask(port, "leaves") as leaves:
        await eventually(lambda: gate.begun == ["leaves"])
        async with await ask(port, "next") as following:
            await eventually(lambda: _counts(places) == (1, 1))
            leaves.cut()
            await eventually(lambda: gate.begun == ["leaves", "next"])
            gate.open.set()
            assert (await following.rest()).status == 200


async def test_a_client_at_its_limit_lets_others_pass_and_is_refused_where_too_many_wait() -> None:
    gate = Gate()
    app, places = limited(gate, running=2, waiting=8, client_running=1, client_waiting=1)
    async with serving(app) as port:
        greedy = []
        for number in range(2):
            greedy.append(await ask(port, f"greedy-{number}", "greedy"))
            await _all_there(places, number + 1)
        assert _counts(places) == (1, 1)
        refused = await asked(port, User_Agent="greedy")
        assert refused.status == 429
        assert json.loads(refused.body)["error"]["code"] == "client_limit"
        async with await ask(port, "other", "other") as other:
            await eventually(lambda: gate.begun == ["greedy-0", "other"])
            gate.open.set()
            for client in [*greedy, other]:
                assert (await client.rest()).status == 200
    assert places.figures().refused == {Refused.CLIENT_LIMIT: 1}


async def test_who_has_waited_too_long_is_told_so() -> None:
    gate = Gate()
    app, places = limited(gate, running=1, waiting=1, wait_seconds=0.05)
    async with serving(app) as port, await ask(port, "first"):
        await eventually(lambda: _counts(places) == (1, 0))
        refused = await asked(port)
        assert refused.status == 503
        assert json.loads(refused.body)["error"]["code"] == "waited_too_long"
        assert _counts(places) == (1, 0)
        gate.open.set()


async def test_an_answer_that_takes_too_long_is_ended_inside_and_its_client_told() -> None:
    gone: list[str] = []

    async def endless(scope: Scope, send: Send) -> None:
        async def events() -> AsyncIterator[bytes]:
            while True:
                yield b"data: token\n\n"
                await asyncio.sleep(0.005)

        try:
            if scope["query_string"] == b"stream":
                await streamed(send, events())
            await asyncio.Event().wait()
        finally:
            gone.append(scope["query_string"].decode())

    app = Limiting(listening(endless), Places(Limits(request_seconds=0.2)), client_of)
    async with serving(app) as port:
        refused = await asked(port)
        assert refused.status == 503
        assert json.loads(refused.body)["error"]["code"] == "took_too_long"
        stream = await asked(port, path="/v1/chat/completions?stream")
        *_, last = stream.body.decode().split("data: ")
        assert json.loads(last)["error"]["code"] == "took_too_long"
        assert stream.whole
    assert gone == ["", "stream"]


async def test_an_app_that_does_not_listen_is_cancelled(monkeypatch: object) -> None:
    import desktop_llm.server.limits as module

    cancelled = asyncio.Event()

    async def deaf(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    monkeypatch.setattr(module, "_GRACE_SECONDS", 0.05)  # type: ignore[attr-defined]
    app = Limiting(deaf, Places(Limits(request_seconds=0.05)), client_of)
    async with serving(app) as port:
        assert (await asked(port)).status == 503
    assert cancelled.is_set()


async def test_the_estimate_follows_how_long_answers_take_and_how_many_wait() -> None:
    now = 0.0
    places = Places(Limits(running=2, waiting=40), lambda: now)
    turns = [places.enter("one") for _ in range(2)]
    short = places.retry_after()
    waiting = [places.enter("one") for _ in range(38)]
    assert places.retry_after() > short
    for _ in range(20):
        now += 30
        places.leave(turns.pop(0))
        turns.append(next(turn for turn in waiting if turn.started.done()))
        waiting.remove(turns[-1])
    assert 30 < places.retry_after() <= 60


def _counts(places: Places) -> tuple[int, int]:
    found = places.figures()
    return found.running, found.waiting
