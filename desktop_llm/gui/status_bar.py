"""The window's lowest line: engine state, model, HTTP port, memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_llm.core.units import GIB, format_count
from desktop_llm.engine.types import EngineState, Phase, Stage
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.model_menu import ModelMenuButton
from desktop_llm.gui.port_control import PortControl
from desktop_llm.gui.port_words import short_state
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import ElidedLabel, IconButton, button, label

if TYPE_CHECKING:
    from desktop_llm.gui.core import Core
    from desktop_llm.telemetry.machine import MachineFacts

MEMORY_PERIOD_MS = 3000
_DOT = {
    Phase.UNLOADED: "faint",
    Phase.LOADING: "warning",
    Phase.READY: "accent",
    Phase.UNLOADING: "warning",
    Phase.FAILED: "danger",
}


class Dot(QWidget):
    """A round light in a colour of the theme."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._color = "faint"
        self.setFixedSize(10, 10)
        theme.changed.connect(self.update)

    def show_color(self, name: str) -> None:
        """Wear the colour called `name`."""
        self._color = name
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._color))
        painter.drawEllipse(1, 1, 8, 8)


class StatusBar(QWidget):
    """GUI thread. `reload_asked` and `log_asked`: the buttons beside a failure were pressed.

    `port_asked`: the port's state was.
    """

    reload_asked = Signal()
    log_asked = Signal()
    port_asked = Signal()

    def __init__(
        self,
        core: Core,
        engine: ModelControl,
        port: PortControl,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self.setObjectName("statusBar")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._core = core
        self._engine = engine
        self._port = port
        self._tasks = tasks
        self._background = background
        self._dot = Dot(theme)
        self.phase = label("", "small")
        self.phase.setAccessibleName(self.tr("Engine state"))
        self.model = ElidedLabel("", "small")
        self.models = ModelMenuButton(core, engine, theme, tasks)
        self.port = button("", "quiet")
        self.port.clicked.connect(self.port_asked)
        self.memory = label("", "small")
        self.memory.setAccessibleName(self.tr("Memory"))
        self.reload = button(self.tr("Reload"), "quiet")
        self.reload.setAccessibleName(self.tr("Reload the model"))
        self.reload.clicked.connect(self.reload_asked)
        self.log = button(self.tr("Show log"), "quiet")
        self.log.setAccessibleName(self.tr("Show the engine's log"))
        self.log.clicked.connect(self.log_asked)
        self.dock = IconButton(theme, "memory", self.tr("Memory and KV cache"))
        self.dock.describe(self.tr("Memory and KV cache"), "Ctrl+Shift+M")
        self.dock.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(M, 0, S, 0)
        row.setSpacing(S)
        row.addWidget(self._dot)
        row.addWidget(self.phase)
        row.addWidget(self.reload)
        row.addWidget(self.log)
        row.addSpacing(S)
        row.addWidget(self.models)
        row.addWidget(self.model, 1)
        row.addSpacing(L)
        row.addWidget(self.port)
        row.addWidget(self.memory)
        row.addWidget(self.dock)
        self.setFixedHeight(30)
        self._timer = QTimer(self)
        self._timer.setInterval(MEMORY_PERIOD_MS)
        self._timer.timeout.connect(lambda: self._tasks.start(self.read_memory()))
        engine.changed.connect(self.refresh)
        port.changed.connect(self.refresh_port)
        self.refresh()
        self.refresh_port()

    def start(self) -> None:
        """Begin to watch the memory."""
        self._tasks.start(self.read_memory())
        self._timer.start()

    def stop(self) -> None:
        """Stop watching."""
        self._timer.stop()

    def refresh(self) -> None:
        """Say what the engine does."""
        state = self._engine.state
        self._dot.show_color(_DOT[state.phase])
        self.phase.setText(phase_text(state))
        for press in (self.reload, self.log):
            press.setVisible(state.phase is Phase.FAILED)
        self.model.setText(self._model_text(state))

    def refresh_port(self) -> None:
        """Say what the HTTP port does."""
        words = short_state(self._port.state, self._port.settings.port)
        self.port.setText(words)
        self.port.setAccessibleName(self.tr("HTTP port: {state}").format(state=words))

    async def read_memory(self) -> None:
        """Read the machine once and show its memory."""
        if self.window().isMinimized():
            return
        facts = await self._background.run(self._core.machine)
        self.memory.setText(memory_text(facts))

    def _model_text(self, state: EngineState) -> str:
        if state.model is not None:
            return self.tr("{name} · {context} tokens context · KV cache {kv} tokens").format(
                name=self._engine.name_of(state.path),
                context=format_count(state.model.context_length),
                kv=format_count(state.model.kv_cache_tokens),
            )
        if state.phase is Phase.FAILED and state.failure is not None:
            return translated(state.failure.message)
        return self._engine.name_of(state.path) if state.path else ""


def phase_text(state: EngineState) -> str:
    """The engine's state in a word or two, with the stage of a load."""
    translate = QCoreApplication.translate
    match state.phase:
        case Phase.UNLOADED:
            return translate("EngineState", "No model loaded")
        case Phase.READY:
            return translate("EngineState", "Ready")
        case Phase.UNLOADING:
            return translate("EngineState", "Unloading")
        case Phase.FAILED:
            return translate("EngineState", "Failed")
        case Phase.LOADING:
            if state.progress is None:
                return translate("EngineState", "Loading")
            return f"{stage_text(state.progress.stage)} · {state.progress.fraction:.0%}"


def stage_text(stage: Stage) -> str:
    """A stage of a load as a person reads it."""
    translate = QCoreApplication.translate
    return {
        Stage.STARTING: translate("EngineState", "Starting the engine"),
        Stage.WEIGHTS: translate("EngineState", "Reading weights"),
        Stage.PROFILING: translate("EngineState", "Profiling memory"),
        Stage.KV_CACHE: translate("EngineState", "Allocating KV cache"),
        Stage.WARM_UP: translate("EngineState", "Warming up"),
    }[stage]


def memory_text(facts: MachineFacts) -> str:
    """VRAM where there is a GPU, RAM otherwise: used of total."""
    translate = QCoreApplication.translate
    if facts.gpus.gpus:
        used = sum(gpu.used_bytes for gpu in facts.gpus.gpus)
        total = sum(gpu.total_bytes for gpu in facts.gpus.gpus)
        name = translate("StatusBar", "VRAM")
    else:
        used = facts.ram_total_bytes - facts.ram_available_bytes
        total = facts.ram_total_bytes
        name = translate("StatusBar", "RAM")
    return translate("StatusBar", "{name} {used} of {total} GiB").format(
        name=name, used=f"{used / GIB:.1f}", total=f"{total / GIB:.1f}"
    )
