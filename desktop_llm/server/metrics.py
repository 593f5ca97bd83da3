"""What `/metrics` answers: vLLM's own figures, the port's and the machine's, for Prometheus."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from desktop_llm import __version__
from desktop_llm.server.gpu_metrics import machine_families
from desktop_llm.server.port_metrics import PortFigures, port_families, traffic_families
from desktop_llm.server.traffic import TrafficFigures
from desktop_llm.telemetry.sample import Sample

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """Asks each part when it is itself asked, and keeps nothing. The engine loop only."""

    def __init__(
        self,
        port: Callable[[], PortFigures],
        traffic: Callable[[], TrafficFigures],
        machine: Callable[[], Awaitable[Sample | None]],
    ) -> None:
        self._port = port
        self._traffic = traffic
        self._machine = machine

    async def text(self) -> bytes:
        """Everything in Prometheus's text format, of `CONTENT_TYPE`.

        vLLM's own are among it while a model is loaded whose Prometheus logger was wanted.
        """
        return exposition(self._port(), self._traffic(), await self._machine())


def exposition(port: PortFigures, traffic: TrafficFigures, sample: Sample | None) -> bytes:
    """As `Metrics.text`, of these figures."""
    families = [
        *_process_families(with_vllm=port.engine_ready),
        *port_families(port, __version__),
        *traffic_families(traffic),
        *(machine_families(sample) if sample else ()),
    ]
    return generate_latest(_Families(families))


def _process_families(*, with_vllm: bool) -> Iterator[Metric]:
    """vLLM registers with the process, and leaves its last values there when it has unloaded."""
    for family in REGISTRY.collect():
        if with_vllm or not family.name.startswith("vllm:"):
            yield family


class _Families(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families
