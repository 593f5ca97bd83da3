"""Which of the front end's requests run and which wait, from what the scheduler tells."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from vllm.v1.metrics.stats import RequestStateStats

from desktop_llm.engine.monitor import place
from desktop_llm.engine.statistics import RequestState

pytestmark = pytest.mark.engine

RUNNING, WAITING, PREEMPTED = RequestState.RUNNING, RequestState.WAITING, RequestState.PREEMPTED


def request(name: str, arrived: float, latest_token: float | None = None) -> Any:
    """As in vLLM's output processor; without a token it is in its prefill or waits for it."""
    return SimpleNamespace(
        request_id=f"{name}-internal",
        external_req_id=name,
        is_prefilling=latest_token is None,
        stats=RequestStateStats(arrival_time=arrived, last_token_ts=latest_token or 0.0),
    )


def placed(
    requests: list[Any], running: int, priorities: dict[str, int] | None = None
) -> list[tuple[str, RequestState]]:
    found = place(requests, running, priorities or {})
    return [(request.external_req_id, state) for request, state in found]


def test_that_those_first_in_line_run() -> None:
    requests = [request("c", 3), request("a", 1, 50.0), request("d", 4), request("b", 2)]
    assert placed(requests, 2) == [("a", RUNNING), ("b", RUNNING), ("c", WAITING), ("d", WAITING)]


def test_that_the_line_goes_by_priority_where_the_scheduler_does() -> None:
    requests = [request("a", 1, 50.0), request("b", 2), request("window", 3)]
    waiting = placed(requests, 1, {"a": 10, "b": 10, "window": 0})[1:]
    assert waiting == [("window", WAITING), ("b", WAITING)]


def test_that_a_request_left_behind_by_the_latest_step_was_preempted() -> None:
    requests = [request("a", 1, 50.0), request("b", 2, 47.0), request("c", 3)]
    assert placed(requests, 1) == [("a", RUNNING), ("b", PREEMPTED), ("c", WAITING)]
    # A step that had no room for all of the running ones preempted nobody.
    assert placed(requests[:2], 2) == [("a", RUNNING), ("b", RUNNING)]


def test_that_a_preempted_request_waits_by_its_priority_where_there_are_some() -> None:
    requests = [request("a", 1, 50.0), request("client", 2, 47.0), request("window", 3)]
    found = placed(requests, 1, {"a": 0, "client": 10, "window": 0})
    assert found == [("a", RUNNING), ("window", WAITING), ("client", PREEMPTED)]


def test_that_requests_the_scheduler_has_not_seen_yet_wait() -> None:
    assert placed([request("a", 1)], 0) == [("a", WAITING)]
    assert placed([], 3) == []
