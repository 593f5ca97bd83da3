"""The Server page: the switch and what can go wrong with it, the key, snippets, requests, log."""

from __future__ import annotations

import asyncio
import json
import shlex
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QPushButton

from desktop_llm.config.paths import guide_model
from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.gui.port_control import MOST_LINES
from desktop_llm.gui.server_page.access import masked
from desktop_llm.gui.server_page.page import ServerPage
from desktop_llm.gui.server_page.request_rows import MOST_ROWS
from desktop_llm.gui.server_page.snippets import Client, Endpoint, snippet
from desktop_llm.gui.workbench import Workbench
from desktop_llm.server.health import Trouble
from desktop_llm.server.live import LiveRequest, LiveState, ServedRequest
from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.state import PortPhase, PortState
from tests.gui.conftest import until
from tests.helpers.fake_core import FakeCore

KEY = "dllm-the-first-key"
BUSY = AppError(
    "server.port_busy",
    "Port 8000 is taken by another program.",
    "Choose another one: 8001 is free.",
    fix_value="8001",
)
ASKED = LiveRequest("r1", "curl/8", "/v1/chat/completions", LiveState.RUNNING, 2.0, 12, 7)


def shown(window: Workbench) -> ServerPage:
    page = window.show_page("server")
    assert isinstance(page, ServerPage)
    return page


async def opened(window: Workbench) -> ServerPage:
    """The page with the port switched on, and its key known."""
    page = shown(window)
    page.switch.control.click()  # type: ignore[attr-defined]
    await until(lambda: window.port.key and window.port.state.phase is PortPhase.SERVING)
    return page


def write(line: QLineEdit, text: str) -> None:
    line.setText(text)
    line.editingFinished.emit()


def buttons(page: ServerPage) -> dict[str, QPushButton]:
    """The buttons beside the failure, by their text."""
    return {press.text(): press for press in page.failure.findChildren(QPushButton)}


def kept_open(core: FakeCore) -> bool:
    """Whether the port is to be open at the next start too."""
    return core.settings.current.server.enabled


class TestSwitch:
    async def test_that_one_switch_opens_the_port_and_closes_it(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        assert kept_open(core)
        assert "fake-model" in page.state.text()
        assert page.access.address.text() == "http://127.0.0.1:8000/v1"
        assert ready.status.port.text() == "Port 8000"
        page.switch.control.click()  # type: ignore[attr-defined]
        await until(lambda: ready.port.state.phase is PortPhase.OFF)
        assert not kept_open(core)
        assert ready.status.port.text() == "Port off"

    async def test_that_a_port_that_was_open_opens_with_the_window(
        self, window: Workbench, core: FakeCore
    ) -> None:
        core.settings.update(server=ServerSettings(enabled=True, port=8123).model_dump())
        window.port.begin()
        await until(lambda: core.server.opened)
        assert core.server.opened[0].port == 8123

    async def test_that_one_that_is_off_stays_off(self, window: Workbench, core: FakeCore) -> None:
        window.port.begin()
        shown(window)
        await asyncio.sleep(0.05)
        assert core.server.opened == []
        assert core.server.state.phase is PortPhase.OFF

    async def test_that_the_status_bar_leads_to_the_page(self, window: Workbench) -> None:
        window.status.port.click()
        assert window.page == "server"
        assert window.status.port.accessibleName() == "HTTP port: Port off"

    async def test_that_without_a_model_the_page_says_what_to_do(self, window: Workbench) -> None:
        page = shown(window)
        assert page.no_model.isVisible()
        page.load.click()
        await until(lambda: window.engine.state.model is not None)
        assert not page.no_model.isVisible()
        assert window.engine.last_path == guide_model()


class TestFailures:
    async def test_that_a_busy_port_offers_the_next_free_one(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        core.server.failures = [BUSY]
        page = shown(ready)
        page.switch.control.click()  # type: ignore[attr-defined]
        await until(page.failure.isVisible)
        assert page.failure.message.text() == BUSY.message
        assert ready.status.port.text() == "Port failed"
        buttons(page)["Use port 8001"].click()
        await until(lambda: core.server.opened)
        assert core.settings.current.server.port == 8001
        assert page.form.port.value == "8001"
        await until(lambda: not page.failure.isVisible())

    async def test_that_it_is_scrolled_to_from_the_form_that_caused_it(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        bar = page.verticalScrollBar()
        await until(bar.maximum)
        bar.setValue(bar.maximum())
        core.server.failures = [BUSY]
        write(page.form.port.line, "8005")
        await until(page.failure.isVisible)
        assert not page.failure.visibleRegion().isEmpty()

    async def test_that_it_can_be_tried_again(self, ready: Workbench, core: FakeCore) -> None:
        core.server.failures = [AppError("server.bad_certificate", "No such file.", "Choose it.")]
        page = shown(ready)
        page.switch.control.click()  # type: ignore[attr-defined]
        await until(page.failure.isVisible)
        assert "Use port" not in " ".join(buttons(page))
        buttons(page)["Try again"].click()
        await until(lambda: core.server.opened)

    async def test_that_a_model_that_cannot_be_served_is_said(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        problem = AppError("server.model_not_served", "It has no chat template.")
        state = PortState(PortPhase.SERVING, ready.port.state.address, problem=problem)
        core.do(core.server.set_state, state)
        await until(page.problem.isVisible)
        assert page.problem.message.text() == "It has no chat template."
        assert "503" in page.state.text()

    @pytest.mark.parametrize("text", ["0", "65536", "eighty"])
    async def test_that_a_port_that_is_none_is_refused_where_it_is_written(
        self, window: Workbench, core: FakeCore, text: str
    ) -> None:
        page = shown(window)
        write(page.form.port.line, text)
        assert "65535" in page.form.port.problem.text()
        assert core.settings.current.server.port == 8000
        write(page.form.port.line, "8080")
        assert page.form.port.problem.text() == ""
        assert core.settings.current.server.port == 8080

    async def test_that_limits_are_taken_and_an_empty_field_is_the_default(
        self, window: Workbench, core: FakeCore
    ) -> None:
        page = shown(window)
        write(page.form.max_queue.line, "0")
        write(page.form.max_concurrency.line, "1,000")
        found = core.settings.current.server
        assert (found.max_queue, found.max_concurrency) == (0, 1000)
        write(page.form.max_queue.line, "")
        assert core.settings.current.server.max_queue == 48
        write(page.form.max_queue.line, "-1")
        assert "4,096" in page.form.max_queue.problem.text()

    async def test_that_an_open_breaker_is_said_with_its_reason(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        state = ready.port.state
        blocked = replace(state, blocked=Trouble.GPU_LOST.message)
        core.do(core.server.set_state, blocked)
        await until(lambda: ready.port.state.blocked)
        assert page.state.text().startswith("Open. Requests are refused: The GPU is lost")
        assert ready.status.port.text() == "Port 8000: refusing"
        core.do(core.server.set_state, state)
        await until(lambda: ready.status.port.text() == "Port 8000")
        assert "fake-model" in page.state.text()


class TestExposure:
    async def test_that_listening_beyond_this_computer_is_asked_and_explained(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        write(page.form.host.line, "0.0.0.0")
        assert page.exposure.isVisible()
        assert "0.0.0.0" in page.exposure.heading.text()
        assert "readable" in page.exposure.words.text()
        assert page.exposure.certificate.isVisible()
        assert core.settings.current.server.host == "127.0.0.1", "not before they agree"
        page.exposure.agree.click()
        await until(lambda: len(core.server.opened) == 2)
        assert core.server.opened[1].host == "0.0.0.0"
        assert not page.exposure.isVisible()

    async def test_that_no_leaves_everything_as_it_was(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        write(page.form.host.line, "192.168.1.5")
        page.exposure.decline.click()
        assert page.form.host.value == ""
        assert core.settings.current.server.host == "127.0.0.1"
        assert len(core.server.opened) == 1

    async def test_that_a_certificate_given_meanwhile_goes_with_it(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        write(page.form.host.line, "0.0.0.0")
        write(page.form.certificate.line, "/etc/ssl/mine.pem")
        assert page.exposure.isVisible()
        assert "encrypted" in page.exposure.words.text()
        assert not page.exposure.certificate.isVisible()
        page.exposure.agree.click()
        await until(lambda: len(core.server.opened) == 2)
        assert core.server.opened[1].tls
        assert page.access.address.text().startswith("https://")

    async def test_that_switching_on_asks_too(self, ready: Workbench, core: FakeCore) -> None:
        core.settings.update(server=ServerSettings(host="0.0.0.0").model_dump())
        page = shown(ready)
        page.switch.control.click()  # type: ignore[attr-defined]
        assert page.exposure.isVisible()
        assert not page.switch.value
        page.exposure.agree.click()
        await until(lambda: core.server.opened)
        await until(lambda: page.switch.value)

    async def test_that_a_loopback_address_is_not_asked_about(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        write(page.form.host.line, "::1")
        assert not page.exposure.isVisible()
        await until(lambda: len(core.server.opened) == 2)
        assert page.access.address.text() == "http://[::1]:8000/v1"


class TestKey:
    async def test_that_it_is_masked_shown_on_demand_and_copied_whole(
        self, ready: Workbench
    ) -> None:
        page = await opened(ready)
        assert page.access.key.text() == masked(KEY)
        assert KEY not in page.access.key.text()
        page.access.copy_key.click()
        assert QGuiApplication.clipboard().text() == KEY
        page.access.see.click()
        assert page.access.key.text() == KEY

    async def test_that_renewing_it_asks_first(self, ready: Workbench, core: FakeCore) -> None:
        page = await opened(ready)
        page.access.renew.click()
        assert page.access.question.isVisible()
        page.access.keep.click()
        assert core.server.keys.read() == KEY
        page.access.renew.click()
        page.access.confirm.click()
        await until(lambda: ready.port.key == "dllm-another-key")
        assert page.access.key.text() == masked("dllm-another-key")
        assert not page.access.question.isVisible()

    async def test_that_one_made_before_is_known_while_the_port_is_off(
        self, window: Workbench, core: FakeCore
    ) -> None:
        core.server.keys.write("dllm-of-yesterday")
        page = shown(window)
        await until(lambda: window.port.key)
        assert page.access.key.text() == masked("dllm-of-yesterday")

    async def test_that_before_the_first_there_is_nothing_to_copy(self, window: Workbench) -> None:
        page = shown(window)
        assert not page.access.copy_key.isEnabled()
        assert not page.snippets.copy.isEnabled()
        assert page.access.key.placeholderText()


class TestSnippets:
    END = Endpoint("http://127.0.0.1:8000", 'it\'s "mine"', KEY, 8192)

    def test_that_curl_is_a_command_with_the_body_it_should_have(self) -> None:
        words = shlex.split(snippet(Client.CURL, self.END).replace("\\\n", " "))
        assert words[:3] == ["curl", "-N", "http://127.0.0.1:8000/v1/chat/completions"]
        assert f"Authorization: Bearer {KEY}" in words
        assert json.loads(words[-1])["model"] == self.END.model

    @pytest.mark.parametrize("client", [Client.PYTHON, Client.ANTHROPIC])
    def test_that_python_compiles_with_and_without_a_certificate(self, client: Client) -> None:
        for end in (self.END, replace(self.END, certificate='/a "b"/c.pem')):
            text = snippet(client, end)
            compile(text, "snippet", "exec")
            assert KEY in text
        assert "httpx" in text

    def test_that_settings_files_parse_to_the_port(self) -> None:
        (model,) = yaml.safe_load(snippet(Client.CONTINUE, self.END))["models"]
        assert (model["apiBase"], model["apiKey"]) == ("http://127.0.0.1:8000/v1", KEY)
        assert model["model"] == self.END.model
        zed = json.loads(snippet(Client.ZED, self.END))
        provider = zed["language_models"]["openai_compatible"]["Desktop LLM"]
        assert provider["available_models"][0]["max_tokens"] == 8192
        assert KEY not in json.dumps(zed), "Zed keeps keys elsewhere"

    @pytest.mark.parametrize("client", [Client.OPEN_WEBUI, Client.CLINE])
    def test_that_the_others_name_address_and_key(self, client: Client) -> None:
        text = snippet(client, self.END)
        assert "http://127.0.0.1:8000/v1" in text
        assert KEY in text

    async def test_that_the_key_is_masked_on_the_screen_and_whole_when_copied(
        self, ready: Workbench
    ) -> None:
        view = (await opened(ready)).snippets
        assert KEY not in view.text.toPlainText()
        assert "fake-model" in view.text.toPlainText()
        view.copy.click()
        assert KEY in QGuiApplication.clipboard().text()
        for client in Client:
            view.clients._choose(client)
            assert view.text.toPlainText()
            assert view.where.text()


class TestRequests:
    async def test_that_they_are_listed_with_client_tokens_and_state_and_can_be_stopped(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        core.server.now = (ASKED,)
        page = await opened(ready)
        await until(lambda: page.requests.rows)
        row = page.requests.rows["r1"]
        assert row.client.text() == "curl/8"
        assert row.line.text() == (
            "/v1/chat/completions · running · 12 prompt + 7 generated tokens · 2.0 s"
        )
        assert row.stop.accessibleName() == "Stop: curl/8"
        row.stop.click()
        assert not row.stop.isEnabled()
        await until(lambda: core.server.stopped == ["r1"])
        core.server.now = ()
        await until(lambda: not page.requests.rows)
        assert page.requests.none.isVisible()

    async def test_that_it_says_how_full_the_port_is(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        core.server.now_figures = PortFigures(
            True, 3, 48, 2, 40, refused={"queue_full": 5, "breaker": 2}, breaker="half_open"
        )
        page = await opened(ready)
        await until(page.requests.figures.text)
        assert page.requests.figures.text() == (
            "3 of 48 answered · 2 of 40 waiting · 7 refused · one request is let through on trial"
        )
        page.switch.control.click()  # type: ignore[attr-defined]
        await until(lambda: not page.requests.figures.isVisible())

    async def test_that_nobody_looks_while_the_page_is_hidden_or_the_port_off(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        await until(lambda: core.server.looks)
        ready.show_page("chat")
        assert not page._timer.isActive()
        ready.show_page("server")
        assert page._timer.isActive()
        page.switch.control.click()  # type: ignore[attr-defined]
        await until(lambda: not page._timer.isActive())

    async def test_that_a_flood_of_them_does_not_become_a_flood_of_widgets(
        self, ready: Workbench
    ) -> None:
        page = shown(ready)
        page.requests.show_requests([replace(ASKED, id=str(n)) for n in range(MOST_ROWS + 20)])
        assert len(page.requests.rows) == MOST_ROWS
        assert page.requests.more.text() == "20 more"

    async def test_that_a_path_cannot_break_its_line(self, ready: Workbench) -> None:
        page = shown(ready)
        page.requests.show_requests([replace(ASKED, path="/a\nb")])
        assert "\n" not in page.requests.rows["r1"].line.text()


class TestLog:
    @staticmethod
    def end(core: FakeCore, count: int, status: int | None = 200) -> None:
        request = ServedRequest("r", "curl/8", "POST", "/v1/chat", status, 1.5)
        for _ in range(count):
            core.do(core.server.requests.ended.emit, request)

    async def test_that_each_ended_request_is_a_line(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        self.end(core, 1)
        self.end(core, 1, None)
        page.log.look()
        first, second = page.log.text.toPlainText().splitlines()
        assert "200  POST /v1/chat  1.5 s  curl/8" in first
        assert "aborted" in second
        page.log.clear.click()
        page.log.look()
        assert page.log.text.toPlainText() == ""

    async def test_that_it_is_bounded_and_still_while_hidden(
        self, ready: Workbench, core: FakeCore
    ) -> None:
        page = await opened(ready)
        ready.show_page("chat")
        assert not page.log.timer.isActive()
        request = ServedRequest("r", "curl/8", "POST", "/v1/chat", 200, 1.5)

        def many() -> None:
            for _ in range(3 * MOST_LINES):
                core.server.requests.ended.emit(request)

        core.do(many)
        assert page.log.text.toPlainText() == ""
        assert len(ready.port.log) == MOST_LINES
        ready.show_page("server")
        assert page.log.text.blockCount() == MOST_LINES
        assert page.log.timer.isActive()


class TestKeyboard:
    async def test_that_tab_reaches_every_control_of_the_page(self, ready: Workbench) -> None:
        page = await opened(ready)
        page.setFocus()
        wanted = {
            page.switch.control,
            page.access.copy_address,
            page.access.see,
            page.access.copy_key,
            page.access.renew,
            page.snippets.text,
            page.snippets.copy,
            page.log.copy,
            page.form.host.control,
            page.form.port.control,
            page.form.browse,
            page.form.max_concurrency.control,
        }
        reached = set()
        for _ in range(60):
            focused = ready.window().focusWidget()
            reached.add(focused)
            assert focused.accessibleName() or getattr(focused, "text", str)(), focused
            QTest.keyClick(focused, Qt.Key.Key_Tab)
        assert wanted <= reached

    async def test_that_the_page_has_its_shortcut(self, window: Workbench) -> None:
        QTest.keyClick(window.window(), Qt.Key.Key_4, Qt.KeyboardModifier.ControlModifier)
        assert window.page == "server"


def test_that_a_certificate_with_its_key_needs_no_second_file(tmp_path: Path) -> None:
    from desktop_llm.gui.server_page.listening_form import _holds_key

    file = tmp_path / "both.pem"
    file.write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    assert _holds_key(file)
    file.write_text("-----BEGIN CERTIFICATE-----\n")
    assert not _holds_key(file)
    assert not _holds_key(tmp_path / "none.pem")
