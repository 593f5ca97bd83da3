"""Widget tests run on a real qasync loop, and fail on whatever they leave behind."""

from __future__ import annotations

import asyncio
import gc
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import pytest
import qasync
import shiboken6
from PySide6.QtCore import QEvent, QThread, QTimer
from PySide6.QtWidgets import QApplication

from desktop_llm.config.paths import guide_model
from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.main_window import MainWindow
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.workbench import Workbench
from tests.helpers.fake_core import FakeCore

WAIT_S = 5.0


class _QtLoopPolicy(asyncio.DefaultEventLoopPolicy):
    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        loop: asyncio.AbstractEventLoop = qasync.QEventLoop(QApplication.instance())
        loop.set_default_executor(ThreadPoolExecutor(2, "window-pool"))
        return loop


@pytest.fixture(scope="session")
def event_loop_policy(qapp: QApplication) -> asyncio.AbstractEventLoopPolicy:
    qapp.setQuitOnLastWindowClosed(False)
    return _QtLoopPolicy()


@pytest.fixture(scope="session")
def old_objects_set_aside() -> None:
    """What other tests imported, torch not least: a million objects for each collection to walk."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def nothing_left_behind(qapp: QApplication, old_objects_set_aside: None) -> Iterator[None]:
    """Fail a test that leaves a timer running, a thread alive or a window open."""
    threads = set(threading.enumerate())
    gc.disable()  # as in the app: Qt objects are collected on this thread alone
    yield
    qapp.processEvents()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    windows = [w for w in qapp.topLevelWidgets() if w.isVisible()]
    wrappers = shiboken6.getAllValidWrappers()
    timers = [w for w in wrappers if isinstance(w, QTimer) and w.isActive()]
    qthreads = [w for w in wrappers if isinstance(w, QThread) and w.isRunning()]
    left = [t for t in threading.enumerate() if t not in threads and t.is_alive()]
    for thread in left:
        thread.join(2)  # it may be ending
    assert not windows, f"windows left open: {windows}"
    assert not timers, f"timers left running: {[(t, t.parent()) for t in timers]}"
    assert not qthreads, f"QThreads left running: {qthreads}"
    assert not [t for t in left if t.is_alive()], f"threads left alive: {left}"


@pytest.fixture
def theme(qapp: QApplication) -> Iterator[Theme]:
    theme = Theme(qapp, ThemeChoice.LIGHT)
    yield theme
    theme.deleteLater()


@pytest.fixture
async def core(tmp_path: Path) -> AsyncIterator[FakeCore]:
    core = FakeCore(tmp_path, guide_model())
    core.settings.update(first_run_done=True, theme=ThemeChoice.LIGHT)
    await core.store.open()
    yield core
    await core.close()


@pytest.fixture
async def window(core: FakeCore, theme: Theme) -> AsyncIterator[Workbench]:
    """What fills a shown window, over a core whose engine has no model yet."""
    failures: list[object] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: failures.append(context))
    window = MainWindow(core.paths.config / "window.json", theme.colors)
    bench = Workbench(core, Bridge(core.loop), theme)
    window.fill(bench)
    window.resize(1200, 780)
    window.show()
    bench.begin()
    yield bench
    window.close()
    await bench.shut()
    window.deleteLater()
    assert not failures, f"a task failed: {failures}"


@pytest.fixture
async def ready(window: Workbench, core: FakeCore) -> Workbench:
    """A window with a loaded model."""
    window.engine.load(guide_model())
    await until(lambda: window.engine.state.model is not None)
    return window


async def until(condition: Callable[[], object], message: str = "") -> None:
    """Let both loops run until `condition` holds; fails after `WAIT_S` seconds."""
    deadline = asyncio.get_running_loop().time() + WAIT_S
    while not condition():
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(message or f"never came true: {condition}")
        await asyncio.sleep(0.005)
