"""When the port lets no request through, why, and how it finds its way back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, fields
from typing import Any

import pytest

from desktop_llm.core.errors import AppError
from desktop_llm.engine.statistics import EngineStatistics, Latency
from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.server.asgi import Receive, Scope, Send, respond_json
from desktop_llm.server.breaker import Breaker, BreakerLimits, BreakerState, Breaking, Position
from desktop_llm.server.health import Reading, Trouble
from desktop_llm.telemetry.sample import GpuSample, GpuState, Throttle
from tests.helpers.toy_port import Client, asked, body_of, serving, streamed

READY = EngineState(Phase.READY)
DEAD = EngineState(Phase.FAILED, failure=AppError("engine.died", "It has ended."))
NOT_LOADED = EngineState(Phase.FAILED, failure=AppError("engine.out_of_memory", "Too large."))

CALM = Reading(READY)


def statistics(kv_usage: float, waiting: int = 1) -> EngineStatistics:
    given: dict[str, Any] = {
        entry.name: Latency() if entry.name.endswith("_s") and "per" not in entry.name else 0
        for entry in fields(EngineStatistics)
    }
    return EngineStatistics(**(given | {"kv_usage": kv_usage, "waiting": waiting}))


def gpu(state: GpuState = GpuState.OK, throttle: Throttle | None = None) -> GpuSample:
    return GpuSample(0, "GPU", "uuid", state, throttle=throttle)


@dataclass
class Bench:
    """A breaker with a clock of its own, and what it reads."""

    reading: Reading = CALM
    now: float = 1000.0
    states: list[BreakerState] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.breaker = Breaker(BreakerLimits(), lambda: self.reading, lambda: self.now)
        self.breaker.changed.subscribe(self.states.append)

    def run(self, seconds: int, reading: Reading | None = None) -> Position:
        """Look each second, for so long."""
        self.reading = reading or self.reading
        for _ in range(seconds):
            self.now += 1
            self.breaker.look()
        return self.position()

    def position(self) -> Position:
        return self.breaker.state.position

    def request(self, status: int) -> bool:
        """One request that is answered with `status`; whether it was let through."""
        admission = self.breaker.admit()
        if admission is None:
            return False
        admission.note({"type": "http.response.start", "status": status})
        admission.note({"type": "http.response.body", "body": b"it"})
        return True


def test_an_engine_that_died_opens_it_at_once_and_a_probe_closes_it_after_the_reload() -> None:
    bench = Bench()
    assert bench.run(1, Reading(DEAD)) is Position.OPEN
    assert bench.breaker.state.trouble is Trouble.ENGINE_DEAD
    assert not bench.request(200)
    assert bench.run(30) is Position.OPEN
    assert bench.breaker.retry_after() >= 1
    assert bench.run(9, Reading(READY)) is Position.OPEN
    assert bench.run(2) is Position.HALF_OPEN
    assert bench.request(200)
    assert bench.breaker.state == BreakerState(Position.CLOSED, None, {Trouble.ENGINE_DEAD: 1})
    assert [state.position for state in bench.states] == ["open", "half_open", "closed"]


def test_half_open_there_is_one_request_at_a_time_and_its_failure_opens_it_again() -> None:
    bench = Bench()
    bench.run(1, Reading(DEAD))
    bench.run(11, Reading(READY))
    probe = bench.breaker.admit()
    assert probe is not None
    assert not bench.request(200)
    probe.note({"type": "http.response.start", "status": 500})
    probe.note({"type": "http.response.body", "body": b"no"})
    assert bench.position() is Position.OPEN
    assert bench.run(11) is Position.HALF_OPEN
    left = bench.breaker.admit()
    assert left is not None
    left.settle(failed=None)  # its client went away: that says nothing, and the next one may
    assert bench.request(404)
    assert bench.position() is Position.CLOSED


def test_a_request_from_before_the_trouble_closes_nothing() -> None:
    bench = Bench()
    early = bench.breaker.admit()
    assert early is not None
    bench.run(1, Reading(DEAD))
    bench.run(11, Reading(READY))
    early.note({"type": "http.response.start", "status": 200})
    early.note({"type": "http.response.body", "body": b"late"})
    assert bench.position() is Position.HALF_OPEN


def test_a_load_that_failed_is_no_trouble_of_an_engine() -> None:
    assert Bench().run(60, Reading(NOT_LOADED)) is Position.CLOSED


@pytest.mark.parametrize(
    ("reading", "trouble", "seconds"),
    [
        (Reading(READY, gpus=(gpu(), gpu(GpuState.LOST))), Trouble.GPU_LOST, 3),
        (Reading(READY, gpus=(gpu(throttle=Throttle.HARDWARE_HEAT),)), Trouble.GPU_THROTTLED, 15),
        (Reading(READY, gpus=(gpu(throttle=Throttle.POWER_BRAKE),)), Trouble.GPU_THROTTLED, 15),
        (Reading(READY, statistics(0.99)), Trouble.KV_CACHE_FULL, 30),
    ],
)
def test_what_lasts_too_long_opens_it_and_what_passes_does_not(
    reading: Reading, trouble: Trouble, seconds: int
) -> None:
    bench = Bench()
    for _ in range(3):
        assert bench.run(seconds - 1, reading) is Position.CLOSED
        assert bench.run(10, Reading(READY, statistics(0.5), (gpu(),))) is Position.CLOSED
    assert bench.run(seconds + 2, reading) is Position.OPEN
    assert bench.breaker.state.trouble is trouble
    bench.run(20, Reading(READY, statistics(0.5), (gpu(),)))
    assert bench.request(200)
    assert bench.position() is Position.CLOSED


@pytest.mark.parametrize(
    "throttle",
    [Throttle.POWER_CAP, Throttle.HEAT, Throttle.IDLE, Throttle.HARDWARE_SLOWDOWN, None],
)
def test_what_cards_do_all_day_is_no_trouble(throttle: Throttle | None) -> None:
    reading = Reading(READY, statistics(0.9), (gpu(throttle=throttle),))
    assert Bench().run(120, reading) is Position.CLOSED


def test_a_cache_that_is_full_while_nobody_waits_for_it_is_no_trouble() -> None:
    assert Bench().run(120, Reading(READY, statistics(1.0, waiting=0))) is Position.CLOSED


def test_failures_in_a_row_open_it_and_refusals_do_not_count() -> None:
    bench = Bench()
    for status in [500] * 4 + [200] + [500] * 4 + [503] * 9 + [400] + [500] * 4:
        assert bench.request(status)
    assert bench.position() is Position.CLOSED
    assert bench.request(500)
    assert bench.breaker.state.trouble is Trouble.FAILING
    assert bench.run(11) is Position.HALF_OPEN


async def test_clients_are_told_why_and_when_to_come_back() -> None:
    bench = Bench()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)
        await respond_json(send, 200, {})

    async with serving(Breaking(app, bench.breaker)) as port:
        assert (await asked(port)).status == 200
        bench.run(1, Reading(DEAD))
        refused = await asked(port)
        assert refused.status == 503
        assert int(refused.headers["retry-after"]) == 10
        assert json.loads(refused.body)["error"]["code"] == "engine_dead"
        assert (await asked(port, "GET", "/health")).status == 200
        bench.run(11, Reading(READY))
        assert (await asked(port)).status == 200
        assert (await asked(port)).status == 200


async def test_a_probe_that_streams_counts_from_its_first_event() -> None:
    bench = Bench()
    bench.run(1, Reading(DEAD))
    bench.run(11, Reading(READY))
    go = asyncio.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await body_of(receive)

        async def events() -> Any:
            await go.wait()
            yield b"data: it\n\n"

        await streamed(send, events())

    async with serving(Breaking(app, bench.breaker)) as port, await Client.ask(port) as probe:
        assert (await probe.start()).status == 200
        assert bench.position() is Position.HALF_OPEN
        go.set()
        assert (await probe.rest()).whole
        assert bench.position() is Position.CLOSED
