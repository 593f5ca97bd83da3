"""A real port over a real engine: one load for all tests of a module."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
from starlette.routing import Route

from desktop_llm.config.server import ServerSettings
from desktop_llm.engine.types import LoadRequest
from desktop_llm.server.keys import KeyFile
from desktop_llm.server.live import LiveRequest
from desktop_llm.server.service import PortService
from tests.engine.conftest import QUICK, Running
from tests.helpers.tiny_models import TinyModels, tiny_models

__all__ = ["tiny_models"]

T = TypeVar("T")


class OpenPort:
    """A port over `running`'s engine, and how to reach it."""

    def __init__(self, running: Running, folder: Path) -> None:
        self.running = running
        self.service = PortService(running.engine, KeyFile(folder / "api-key"))

    def open(self, **settings: Any) -> None:
        """Open it, on a free port unless one is given."""
        given = {"port": free_port(), "drain_seconds": 2.0} | settings
        self.run(self.service.start(ServerSettings.model_validate(given)))
        self.run(self.attached())

    async def attached(self) -> None:
        """Wait until it answers with the loaded model, if there is one."""
        while self.running.engine.served() is not None and not self.service.state.model:
            if self.service.state.problem is not None:
                raise self.service.state.problem
            await asyncio.sleep(0.01)

    def live(self) -> tuple[LiveRequest, ...]:
        """Every request to it."""

        async def read() -> tuple[LiveRequest, ...]:
            return self.service.live()

        return self.run(read())

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.running.run(coroutine)

    def routes(self) -> set[tuple[str, str]]:
        """Every method and path that is mounted."""
        assert self.service.routes is not None
        return {
            (method, route.path)
            for route in self.service.routes.routes
            if isinstance(route, Route)
            for method in route.methods or ()
        }

    @property
    def url(self) -> str:
        return self.service.state.address

    @property
    def key(self) -> str:
        return self.service.keys.read()

    def client(self, **headers: str) -> httpx.Client:
        """One with the key, unless a header says otherwise."""
        given = {"authorization": f"Bearer {self.key}"} | headers
        return httpx.Client(base_url=self.url, headers=given, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """An engine with nothing loaded."""
    made = Running(tmp_path_factory.mktemp("engine"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def port(
    running: Running, tiny_models: TinyModels, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OpenPort]:
    """An open port with a tiny llama."""
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))
    made = OpenPort(running, tmp_path_factory.mktemp("port"))
    made.open()
    yield made
    made.run(made.service.stop())


@pytest.fixture
def client(port: OpenPort) -> Iterator[httpx.Client]:
    with port.client() as made:
        yield made


def wait_until(met: Callable[[], bool]) -> None:
    """Look again and again, for at most a minute."""
    deadline = time.monotonic() + 60
    while not met():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def free_port() -> int:
    """One that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
