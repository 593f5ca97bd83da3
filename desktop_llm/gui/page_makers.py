"""Makes the pages but the chat, each with what it needs, and imports none sooner.

What a page wants of the rest of the window, it is asked of here by signals.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.port_control import PortControl
from desktop_llm.gui.sidebar import MODELS, MONITOR, QUANTIZE, SERVER, SETTINGS
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import Theme


class PageMakers(QObject):
    """GUI thread. `close` what was made when the window closes."""

    page_asked = Signal(str)
    quantize_asked = Signal(object)  # the Path of a model
    chat_asked = Signal(object)  # the Path of a model
    job_ended = Signal(object)  # a Job, while another page was on show
    job_progressed = Signal(str)  # in a few words

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        engine: ModelControl,
        port: PortControl,
        fixes: Fixes,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._port = port
        self._fixes = fixes
        self._theme = theme
        self._tasks = tasks
        self._background = background
        self._closing: list[Callable[[], None]] = []
        self.makers: dict[str, Callable[[], QWidget]] = {
            MODELS: self._models,
            QUANTIZE: self._quantize,
            SERVER: self._server,
            MONITOR: self._monitor,
            SETTINGS: self._settings,
        }

    def close(self) -> None:
        """Have the pages stop listening to the core."""
        for close_page in self._closing:
            close_page()

    def _models(self) -> QWidget:
        from desktop_llm.gui.models_page.page import ModelsPage

        page = ModelsPage(
            self._core, self._engine, self._fixes, self._theme, self._tasks, self._background
        )
        page.detail.quantize_asked.connect(self.quantize_asked)
        return page

    def _quantize(self) -> QWidget:
        from desktop_llm.gui.quantize_page.page import QuantizePage

        page = QuantizePage(
            self._core,
            self._bridge,
            self._engine,
            self._fixes,
            self._theme,
            self._tasks,
            self._background,
        )
        page.chat_asked.connect(self.chat_asked)
        page.ended.connect(self.job_ended)
        page.progressed.connect(self.job_progressed)
        self._closing.append(page.close_page)
        return page

    def _server(self) -> QWidget:
        from desktop_llm.gui.server_page.page import ServerPage

        page = ServerPage(self._port, self._engine, self._fixes, self._theme, self._tasks)
        page.models_asked.connect(lambda: self.page_asked.emit(MODELS))
        self._closing.append(page.close_page)
        return page

    def _monitor(self) -> QWidget:
        from desktop_llm.gui.monitor_page.page import MonitorPage

        page = MonitorPage(
            self._core, self._bridge, self._fixes, self._theme, self._tasks, self._background
        )
        self._closing.append(page.close_page)
        return page

    def _settings(self) -> QWidget:
        from desktop_llm.gui.settings_page.page import SettingsPage

        page = SettingsPage(self._core, self._tasks, self._engine.name_of)
        self._closing.append(page.close_page)
        return page
