"""The app's own monitor: the machine and the engine, for as long as somebody watches."""

from __future__ import annotations

import threading
from pathlib import Path

from desktop_llm.app import build_core
from desktop_llm.config.paths import AppPaths
from desktop_llm.telemetry.monitor import Moment


def test_that_the_core_looks_while_it_is_watched_and_ends_its_thread(tmp_path: Path) -> None:
    core = build_core(AppPaths(*(tmp_path / name for name in ("config", "data", "cache", "logs"))))
    try:
        looked = threading.Event()
        moments: list[Moment] = []

        def take(moment: Moment) -> None:
            moments.append(moment)
            looked.set()

        core.monitor.looked.subscribe(take)
        with core.monitor.watch():
            assert looked.wait(10)
        names = {figure.name for figure in moments[0].figures}
        assert "ram.used" in names
        assert not any(name.startswith("engine.") for name in names), "no model is loaded"
    finally:
        core.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "telemetry"]
