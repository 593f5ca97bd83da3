"""The port in Prometheus's words: what it lets in, keeps waiting, refuses and has answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)

from desktop_llm.server.traffic import BOUNDS, Durations, TrafficFigures

# Of the circuit breaker; half-open lets one probe through.
_POSITIONS = ("closed", "open", "half_open")


@dataclass(frozen=True)
class PortFigures:
    """The port at one moment. `refused` and `opened` are totals by reason, since it was opened.

    `resumable` streams are those that outlive a disconnect; `resumed` and `expired` are totals of
    those that a client came back to, and of those that were aborted since none did.
    """

    engine_ready: bool
    running: int = 0
    running_limit: int = 0
    waiting: int = 0
    waiting_limit: int = 0
    refused: Mapping[str, int] = field(default_factory=dict)
    breaker: str = _POSITIONS[0]
    opened: Mapping[str, int] = field(default_factory=dict)
    resumable: int = 0
    resumed: int = 0
    expired: int = 0


def port_families(port: PortFigures, version: str) -> Iterator[Metric]:
    """The port as it is now. Pure."""
    yield _by_label(
        GaugeMetricFamily("desktop_llm_build_info", "The app; always 1.", labels=["version"]),
        {version: 1},
    )
    for name, what, value in (
        ("engine_ready", "1 while a model is loaded and answers.", int(port.engine_ready)),
        ("port_running_requests", "Requests in the engine that came by the port.", port.running),
        ("port_running_limit", "How many may be in the engine at once.", port.running_limit),
        ("port_waiting_requests", "Requests that wait for a place.", port.waiting),
        ("port_waiting_limit", "How many may wait.", port.waiting_limit),
        ("port_resumable_streams", "Streams that outlive a disconnect.", port.resumable),
    ):
        yield GaugeMetricFamily(f"desktop_llm_{name}", what, value=value)
    for name, what, value in (
        ("port_resumed_streams", "Streams that a client came back to.", port.resumed),
        ("port_expired_streams", "Streams aborted because no client came back.", port.expired),
    ):
        yield CounterMetricFamily(f"desktop_llm_{name}", what, value=value)
    yield _by_label(
        CounterMetricFamily(
            "desktop_llm_port_refused_requests", "Refused requests.", labels=["reason"]
        ),
        port.refused,
    )
    yield _by_label(
        GaugeMetricFamily(
            "desktop_llm_breaker_state", "Circuit breaker: 1 for its state.", labels=["state"]
        ),
        {position: int(position == port.breaker) for position in _POSITIONS},
    )
    yield _by_label(
        CounterMetricFamily(
            "desktop_llm_breaker_opened", "How often the breaker opened.", labels=["reason"]
        ),
        port.opened,
    )


def traffic_families(traffic: TrafficFigures) -> Iterator[Metric]:
    """What was answered, and how fast. Pure."""
    answered = CounterMetricFamily(
        "desktop_llm_port_requests",
        "Requests by route and HTTP status; none where the client left before there was one.",
        labels=["route", "status"],
    )
    for (route, status), count in sorted(traffic.answered.items()):
        answered.add_metric([route, status], count)
    yield answered
    yield _histogram(
        "desktop_llm_port_response_start_seconds",
        "From a request's arrival to its status line.",
        traffic.to_start,
    )
    yield _histogram(
        "desktop_llm_port_request_duration_seconds",
        "From a request's arrival to the last byte of its answer.",
        traffic.to_end,
    )


def _by_label(
    family: CounterMetricFamily | GaugeMetricFamily, values: Mapping[str, int]
) -> CounterMetricFamily | GaugeMetricFamily:
    for label, value in sorted(values.items()):
        family.add_metric([label], value)
    return family


def _histogram(name: str, what: str, durations: Mapping[str, Durations]) -> HistogramMetricFamily:
    family = HistogramMetricFamily(name, what, labels=["route"])
    for route, found in sorted(durations.items()):
        below, buckets = 0, []
        for bound, count in zip([*map(str, BOUNDS), "+Inf"], found.counts, strict=True):
            below += count
            buckets.append((bound, float(below)))
        family.add_metric([route], buckets, sum_value=found.total)
    return family
