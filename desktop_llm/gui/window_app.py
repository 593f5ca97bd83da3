"""The window's life: from a built core to the exit code."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from PySide6.QtWidgets import QApplication

from desktop_llm.engine.types import Phase
from desktop_llm.gui import language
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.crash import CrashHandler
from desktop_llm.gui.garbage import GarbageCollector
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.signals import StopSignals
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench


async def run_window(core: Core, window: MainWindow) -> int:
    """Fill `window` and stay until it is closed; returns the exit code.

    GUI thread, on the qasync loop. `window` is on the screen (`open_main_window`). The caller
    closes the core afterwards.
    """
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(2, "window-pool"))
    garbage = GarbageCollector()
    language.install(app, core.settings.current.language)
    theme = Theme(app, core.settings.current.theme)
    crash = CrashHandler(core.paths, theme, window)
    crash.install(loop)
    bench = Workbench(core, Bridge(core.loop), theme, window.sidebar_width, window.dock)
    bench.columns.sidebar_resized.connect(window.keep_sidebar_width)
    bench.columns.dock_changed.connect(window.keep_dock)
    window.fill(bench)
    collect_around_loads(garbage, bench.engine)
    closed = asyncio.Event()
    window.closed.connect(closed.set)
    window.may_close = lambda: bench.may_leave(window.close_now)
    signals = StopSignals(window.close_now)
    try:
        if not window.isVisible():
            closed.set()  # it was closed while the rest was being imported
        bench.tasks.start(start(core, bench))
        crash.offer_last()
        await closed.wait()
        await bench.shut()
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


async def start(core: Core, bench: Workbench) -> None:
    """What follows the first paint: the conversations, then the default model."""
    await asyncio.sleep(0)
    if core.settings.problem is not None:
        bench.report(core.settings.problem)
    await core.store.open()
    if core.store.problem is not None:
        bench.report(core.store.problem)
    bench.begin()
    bench.background.submit(_import_message_view)
    bench.tasks.start(bench.open_quantize())
    settings = core.settings.current
    if not settings.first_run_done:
        await bench.show_first_run()
    elif settings.load_at_start and bench.engine.state.phase is Phase.UNLOADED:
        bench.engine.load(bench.engine.default_model())


def _import_message_view() -> None:
    """Off the GUI thread, so that the first answer finds what renders it without a pause."""
    import desktop_llm.gui.messages  # noqa: F401
