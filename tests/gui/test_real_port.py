"""The Server page over the real service and a real socket; only vLLM's routes are toys."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from PySide6.QtWidgets import QPushButton

from desktop_llm.config.server import ServerSettings
from desktop_llm.gui.server_page.page import ServerPage
from desktop_llm.gui.workbench import Workbench
from desktop_llm.server import service
from desktop_llm.server.app import Behind
from desktop_llm.server.asgi import App, Receive, Scope, Send, respond
from desktop_llm.server.keys import KeyFile
from desktop_llm.server.listening import free_port
from desktop_llm.server.live import Live
from desktop_llm.server.security import Security
from desktop_llm.server.state import PortPhase
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore


def toy_app(behind: Behind) -> tuple[App, FastAPI]:
    """The wall and the list of requests, around an answer that never comes for ``/v1/slow``."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/v1/slow":
            await asyncio.sleep(3600)
        await respond(send, 200, b"{}")

    return Security(Live(answer, behind.requests), behind.settings, behind.key), FastAPI()


@pytest.fixture
def real_port(core: FakeCore, monkeypatch: pytest.MonkeyPatch) -> service.PortService:
    """In the place of the core's fake one."""
    monkeypatch.setattr(service, "_imported_app", toy_app)
    monkeypatch.setattr(core.engine, "served", lambda: None, raising=False)
    made = service.PortService(core.engine, KeyFile(core.paths.api_key))  # type: ignore[arg-type]
    core.server = made  # type: ignore[assignment]
    return made


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield int(other.getsockname()[1])


async def get(url: str, **headers: str) -> httpx.Response:
    return await asyncio.to_thread(httpx.get, url, headers=headers, timeout=20, trust_env=False)


async def test_that_a_person_gets_from_a_taken_port_to_a_served_program_and_back(
    window: Workbench, core: FakeCore, real_port: service.PortService, taken: int
) -> None:
    mine = ServerSettings(port=taken, drain_seconds=0)
    core.settings.update(server=mine.model_dump())
    page = window.show_page("server")
    assert isinstance(page, ServerPage)
    page.switch.control.click()  # type: ignore[attr-defined]
    await until(page.failure.isVisible)
    assert str(taken) in page.failure.message.text()
    (use,) = (p for p in page.failure.findChildren(QPushButton) if p.text().startswith("Use port"))
    use.click()
    await until(lambda: window.port.state.phase is PortPhase.SERVING)
    base = page.access.address.text()
    assert base.startswith("http://127.0.0.1:")
    assert core.paths.api_key.stat().st_mode & 0o077 == 0

    assert (await get(f"{base}/models")).status_code == 401
    page.access.copy_key.click()
    bearer = f"Bearer {window.port.key}"
    answer = await get(f"{base}/models", authorization=bearer)
    assert answer.status_code == 200
    await until(lambda: window.port.log)
    page.log.look()
    assert "200  GET  /v1/models" in page.log.text.toPlainText()

    slow = asyncio.ensure_future(get(f"{base}/slow", authorization=bearer))
    await until(lambda: page.requests.rows)
    next(iter(page.requests.rows.values())).stop.click()
    assert (await slow).status_code == 503
    await until(lambda: not page.requests.rows)

    page.switch.control.click()  # type: ignore[attr-defined]
    await until(lambda: window.port.state.phase is PortPhase.OFF)
    with pytest.raises(httpx.ConnectError):
        await get(f"{base}/models")


async def test_that_a_renewed_key_holds_at_once_and_the_old_one_no_longer(
    window: Workbench, core: FakeCore, real_port: service.PortService, taken: int
) -> None:
    mine = ServerSettings(port=free_port("127.0.0.1", taken + 1), drain_seconds=0)
    core.settings.update(server=mine.model_dump())
    page = window.show_page("server")
    assert isinstance(page, ServerPage)
    page.switch.control.click()  # type: ignore[attr-defined]
    await until(lambda: window.port.state.phase is PortPhase.SERVING and window.port.key)
    base, old = page.access.address.text(), window.port.key
    page.access.renew.click()
    page.access.confirm.click()
    await until(lambda: window.port.key != old)
    assert (await get(f"{base}/models", authorization=f"Bearer {old}")).status_code == 401
    new = f"Bearer {window.port.key}"
    assert (await get(f"{base}/models", authorization=new)).status_code == 200
    page.switch.control.click()  # type: ignore[attr-defined]
    await until(lambda: window.port.state.phase is PortPhase.OFF)
