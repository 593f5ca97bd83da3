"""The port as the app's core wires it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_llm.app import Core, build_core
from desktop_llm.config.paths import AppPaths
from desktop_llm.config.server import ServerSettings
from desktop_llm.server.state import PortPhase, PortState


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    made = build_core(AppPaths(*(tmp_path / name for name in ("config", "data", "cache", "logs"))))
    yield made
    made.close()


def test_that_the_port_is_off_and_has_no_key_until_it_is_wanted(core: Core) -> None:
    assert core.server.state == PortState()
    assert not core.paths.api_key.exists()
    assert core.settings.current.server == ServerSettings()
    assert not core.settings.current.server.enabled


def test_that_vllms_figures_are_kept_only_where_a_port_may_be_read(core: Core) -> None:
    assert core.engine._leave_out_prometheus()
    core.settings.update(server=ServerSettings(enabled=True))
    assert not core.engine._leave_out_prometheus()
    core.settings.update(server=ServerSettings())
    assert core.engine._leave_out_prometheus()
    core.server._publish(PortState(PortPhase.SERVING, "http://127.0.0.1:8000"))
    assert not core.engine._leave_out_prometheus()
    core.server._publish(PortState())


def test_that_settings_of_the_port_survive_a_restart(core: Core, tmp_path: Path) -> None:
    chosen = ServerSettings(enabled=True, port=9000, origins=("https://app.example",))
    core.settings.update(server=chosen)
    core.settings.flush()
    again = type(core.settings)(core.paths.settings)
    assert again.current.server == chosen
