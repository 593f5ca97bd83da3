"""The port while models come and go, on one engine: it stays open."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from desktop_llm.engine.types import LoadRequest
from tests.engine.conftest import QUICK, Running
from tests.helpers.processes import living_descendants
from tests.helpers.tiny_models import TinyModels
from tests.server.conftest import OpenPort, wait_until

pytestmark = pytest.mark.engine

PLAIN = {"prompt": "What can you do?", "max_tokens": 3}


@pytest.fixture
def bare(running: Running, tmp_path: Path) -> Iterator[OpenPort]:
    """An open port without a model."""
    running.run(running.engine.unload())
    made = OpenPort(running, tmp_path)
    made.open()
    yield made
    made.run(made.service.stop())


def test_that_without_a_model_it_is_alive_and_asks_to_come_again(bare: OpenPort) -> None:
    with bare.client() as client:
        health, answer = client.get("/health"), client.post("/v1/chat", json=PLAIN)
    assert health.status_code == 503
    assert health.json() | {"text": ""} == {
        "live": True,
        "ready": False,
        "reason": "no_model",
        "text": "",
    }
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["error"]["code"] == "no_model"


def test_that_a_reload_and_the_engines_death_keep_the_port_and_its_connections(
    bare: OpenPort, tiny_models: TinyModels
) -> None:
    engine = bare.running.engine
    bare.run(engine.load(LoadRequest(tiny_models.folder("qwen2"), QUICK)))
    bare.run(bare.attached())
    with bare.client() as client:
        assert client.get("/v1/models").json()["data"][0]["id"] == "qwen2"
        statuses: set[int] = set()
        done = threading.Event()

        def ask() -> None:
            while not done.wait(0.05):
                answer = client.post("/v1/chat", json=PLAIN)
                statuses.add(answer.status_code)
                if answer.status_code == 503:
                    assert answer.headers["retry-after"]

        asking = threading.Thread(target=ask)
        asking.start()
        try:
            wait_until(lambda: 200 in statuses)
            bare.run(engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))
            bare.run(bare.attached())
        finally:
            done.set()
            asking.join()
        assert statuses == {200, 503}
        assert client.get("/v1/models").json()["data"][0]["id"] == "llama"
        old = client.post("/v1/completions", json={"model": "qwen2", "prompt": "x"})
        assert (old.status_code, old.json()["error"]["code"]) == (404, "model_not_found")

        kill_the_engine()
        wait_until(lambda: bare.service.state.model == "")
        refused = client.post("/v1/chat", json=PLAIN)
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        health = client.get("/health")
        assert (health.status_code, health.json()["live"]) == (503, True)


def kill_the_engine() -> None:
    for process in living_descendants():
        with contextlib.suppress(psutil.Error):  # one that has just ended
            if "EngineCore" in " ".join(process.cmdline()):
                process.kill()


def test_that_switching_off_closes_the_port(bare: OpenPort) -> None:
    url = bare.url
    bare.run(bare.service.stop())
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/health", trust_env=False)
