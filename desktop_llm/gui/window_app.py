"""The window's life: from a built core to the exit code."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtWidgets import QApplication

from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.crash import CrashHandler
from desktop_llm.gui.garbage import GarbageCollector
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.signals import StopSignals
from desktop_llm.gui.theme import Theme


async def run_window(core: Core) -> int:
    """Show the window until it is closed; returns the exit code. GUI thread, on the qasync loop.

    The QApplication exists. The caller closes the core afterwards.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.setQuitOnLastWindowClosed(False)
    theme = Theme(app, core.settings.current.theme)
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2, "window-pool"))
    garbage = GarbageCollector()
    crash = CrashHandler(core.paths, theme)
    crash.install(asyncio.get_running_loop())
    bridge = Bridge(core.loop)
    window = MainWindow(core, bridge, theme)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    collect_around_loads(garbage, window.engine)
    window.show()
    crash.parent_window = window
    signals = StopSignals(window.close)
    try:
        window.tasks.start(start(core, window))
        crash.offer_last()
        await closed.wait()
        await window.shut()
    finally:
        signals.close()
        crash.uninstall()
        garbage.close()
        window.deleteLater()
    return 0


def collect_around_loads(garbage: GarbageCollector, engine: ModelControl) -> None:
    """No collection during a load; what a model leaves behind is collected after its unload."""
    before = engine.state.phase

    def follow() -> None:
        nonlocal before
        phase, before_it = engine.state.phase, before
        before = phase
        if phase is Phase.LOADING:
            garbage.pause()
        elif before_it is Phase.LOADING:
            garbage.resume()
        elif phase is Phase.UNLOADED and before_it is not phase:
            garbage.renew()

    engine.changed.connect(follow)


async def start(core: Core, window: MainWindow) -> None:
    """What follows the first paint: the conversations, then the default model."""
    await asyncio.sleep(0)
    for problem in (core.settings.problem,):
        if problem is not None:
            window.report(problem)
    await core.store.open()
    if core.store.problem is not None:
        window.report(core.store.problem)
    window.begin()
    settings = core.settings.current
    if not settings.first_run_done:
        await window.show_first_run()
    elif settings.load_at_start and window.engine.state.phase is Phase.UNLOADED:
        window.engine.load(window.engine.default_model())
