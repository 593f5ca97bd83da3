"""The engine as the window sees it: its state on the GUI thread, and load, cancel, unload."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from desktop_llm.config.paths import guide_model
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import EngineState, LoadRequest, Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.models.checks import check_loadable
from desktop_llm.models.folder import inspect_folder, model_name

BUSY = {Phase.LOADING, Phase.UNLOADING}
SUPERSEDED = "engine.superseded"


class ModelControl(QObject):
    """GUI thread. `changed` follows every change of the engine or of `refusals`.

    Many progress reports between two turns of the GUI loop become one `changed`. `load_failed`
    (path, AppError), after it: a load asked for here was refused or has failed. The newest wish
    wins: a load still being checked is dropped by the next load, by cancel and by unload.
    """

    changed = Signal()
    load_failed = Signal(object, object)

    def __init__(self, core: Core, bridge: Bridge, tasks: Tasks, background: Background) -> None:
        super().__init__()
        self._background = background
        self._core = core
        self._bridge = bridge
        self._tasks = tasks
        self._posted = False
        self._wish = 0
        self._loading = 0
        self.last_path: Path | None = None
        self.refusals: dict[Path, AppError] = {}
        self.state = core.engine.state
        self._unsubscribe = core.engine.changed.subscribe(self._wake)

    def close(self) -> None:
        """Stop listening to the engine."""
        self._unsubscribe()

    @property
    def is_loading(self) -> bool:
        """Whether a load asked for here has not ended yet."""
        return self._loading > 0

    def default_model(self) -> Path:
        """The model of the settings, else the built-in guide."""
        return self._core.settings.current.model_to_load

    def name_of(self, path: Path | None) -> str:
        """What to call the model in `path`."""
        if path is None:
            return self.tr("No model loaded")
        if path == guide_model():
            return self.tr("Built-in guide")
        return model_name(path)

    def load(self, path: Path) -> None:
        """Begin to load `path` with its saved profile; a failure shows in `failure_of`."""
        self.last_path = path
        self.refusals.pop(path, None)
        self._wish += 1
        self._loading = self._wish
        self._tasks.start(self._load(path, self._wish))

    def reload(self) -> None:
        """Load again what was loaded last, or the default model."""
        self.load(self.state.path or self.last_path or self.default_model())

    def cancel(self) -> None:
        """End the load under way, with all its processes, or before the engine has heard of it."""
        self._drop_load()
        self._tasks.start(self._bridge.call(self._core.engine.cancel_load()))

    def unload(self) -> None:
        """Free the model."""
        self._drop_load()
        self._tasks.start(self._bridge.call(self._core.engine.unload()))

    async def make_room(self) -> Path | None:
        """Free the model and wait until it is gone; returns which one it was."""
        path = self.state.path if self.state.phase is Phase.READY else None
        self._drop_load()
        await self._bridge.call(self._core.engine.unload())
        return path

    def failure_of(self, path: Path) -> AppError | None:
        """Why `path` is not loaded although it was asked for."""
        if self.state.phase is Phase.FAILED and self.state.path == path:
            return self.state.failure
        return self.refusals.get(path)

    def _drop_load(self) -> None:
        self._wish += 1
        self._loading = 0
        self._look()

    async def _load(self, path: Path, wish: int) -> None:
        failure = None
        try:
            profile = self._core.profiles.get(path)
            await self._background.run(lambda: check_loadable(inspect_folder(path), profile))
            if wish == self._wish:
                await self._bridge.call(self._core.engine.load(LoadRequest(path, profile)))
        except AppError as error:
            if error.code != SUPERSEDED and wish == self._wish:
                failure = self.refusals[path] = error
        finally:
            if self._loading == wish:
                self._loading = 0
            self._look()
        if failure is not None:
            self.load_failed.emit(path, failure)

    def _wake(self, state: EngineState) -> None:
        """Engine thread: remember to look, once."""
        if not self._posted:
            self._posted = True
            self._bridge.post(self._look)

    def _look(self) -> None:
        self._posted = False
        self.state = self._core.engine.state
        if self.state.path is not None:
            self.last_path = self.state.path
        if self.state.phase is Phase.READY and self.state.path is not None:
            self.refusals.pop(self.state.path, None)
        self.changed.emit()
