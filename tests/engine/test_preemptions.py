"""Who was preempted, and who held the KV cache then: without an engine."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from desktop_llm.core.memory import KvHolder, KvLedger
from desktop_llm.engine.preemptions import Preemptions, kv_ledger
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState
from desktop_llm.engine.types import Owner, OwnerKind
from tests.helpers.fake_engine import engine_statistics


def request(name: str, tokens: int | None, state: RequestState) -> EngineRequest:
    return EngineRequest(name, Owner(OwnerKind.CHAT, name), state, 10, 0, tokens, None, 1.0)


PRESENT = (
    request("small", 100, RequestState.RUNNING),
    request("big", 900, RequestState.RUNNING),
    request("reading", None, RequestState.RUNNING),
    request("later", 0, RequestState.WAITING),
)


class Engine:
    """What `Preemptions` looks at; `looks` counts how often."""

    def __init__(self) -> None:
        self.now = 0.0
        self.looks = 0
        self.used = 1000
        self.counts = {"small": 0, "big": 0}
        self.preemptions = Preemptions(self.look, self.states, lambda: self.now)

    def look(self) -> tuple[EngineStatistics, tuple[EngineRequest, ...]]:
        self.looks += 1
        return engine_statistics(kv_capacity_tokens=1024, kv_tokens_used=self.used), PRESENT

    def states(self) -> list[SimpleNamespace]:
        return [
            SimpleNamespace(external_req_id=name, stats=SimpleNamespace(num_preemptions=count))
            for name, count in self.counts.items()
        ]


def test_that_the_ledger_has_the_biggest_holder_first() -> None:
    assert kv_ledger(engine_statistics(kv_tokens_used=7), PRESENT) == KvLedger(
        16384, 7, (KvHolder("big", "chat", 900), KvHolder("small", "chat", 100)), waiting=1
    )


def test_that_a_full_cache_is_looked_at_a_few_times_a_second_alone() -> None:
    engine = Engine()
    for step in range(100):
        engine.now = step / 100
        engine.preemptions.filled()
    assert 3 <= engine.looks <= 5


def test_that_a_preempted_request_is_told_once_with_the_cache_at_its_first_preemption() -> None:
    engine = Engine()
    engine.preemptions.filled()
    engine.counts["small"] = 1
    engine.preemptions.resumed()
    engine.now, engine.used = 10.0, 1020
    engine.preemptions.filled()
    engine.preemptions.finished("small", 2)
    count, ledger = engine.preemptions.take("small")
    assert count == 2
    assert ledger is not None
    assert ledger.used == 1000
    assert engine.preemptions.take("small") == (0, None)
    assert engine.preemptions.take("big") == (0, None)


def test_that_a_cache_that_was_never_nearly_full_is_looked_at_then() -> None:
    engine = Engine()
    engine.preemptions.finished("small", 1)
    count, ledger = engine.preemptions.take("small")
    assert (count, ledger and ledger.used) == (1, 1000)


def test_that_what_nobody_takes_is_bounded() -> None:
    engine = Engine()
    for number in range(600):
        engine.preemptions.finished(str(number), 1)
    assert engine.preemptions.take("0") == (0, None)
    assert engine.preemptions.take("599")[0] == 1


def test_that_a_failure_to_look_does_not_reach_vllm(caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> tuple[EngineStatistics, tuple[EngineRequest, ...]]:
        raise RuntimeError("no")

    preemptions = Preemptions(broken, lambda: [SimpleNamespace()])
    preemptions.filled()
    preemptions.resumed()
    assert "could not be told" in caplog.text
