"""Load, cancel and unload from wherever one is: a menu of the models on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Signal
from PySide6.QtWidgets import QMenu, QWidget

from desktop_llm.engine.types import Phase
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import Theme
from desktop_llm.gui.widgets import IconButton, plain_caption

if TYPE_CHECKING:
    from desktop_llm.gui.core import Core
    from desktop_llm.models.catalog import ModelEntry


class ModelMenuButton(IconButton):
    """Opens the menu above itself. GUI thread. `models_asked`: the Models page is wanted."""

    models_asked = Signal()

    def __init__(self, core: Core, engine: ModelControl, theme: Theme, tasks: Tasks) -> None:
        super().__init__(theme, "models", self.tr("Choose a model"))
        self.describe(self.tr("Choose a model"), "Ctrl+M")
        self._core = core
        self._engine = engine
        self._tasks = tasks
        self.clicked.connect(self.open_menu)

    def open_menu(self) -> None:
        """Look for models, then show them."""
        self._tasks.start(self._open())

    async def _open(self) -> None:
        menu = self.menu_of(await self._core.catalog.scan(), self)
        menu.popup(self.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def menu_of(self, entries: Sequence[ModelEntry], parent: QWidget) -> QMenu:
        """The menu for what the catalog found and what the engine does now."""
        menu = QMenu(parent)
        menu.aboutToHide.connect(menu.deleteLater)
        state = self._engine.state
        for entry in entries:
            action = menu.addAction(plain_caption(self._engine.name_of(entry.path)))
            action.setCheckable(True)
            action.setChecked(state.phase is Phase.READY and state.path == entry.path)
            action.setEnabled(entry.problem is None)
            action.triggered.connect(lambda _checked, path=entry.path: self._engine.load(path))
        menu.addSeparator()
        if state.phase is Phase.READY:
            menu.addAction(self.tr("Unload"), self._engine.unload)
        elif state.phase is Phase.LOADING or self._engine.is_loading:
            menu.addAction(self.tr("Cancel loading"), self._engine.cancel)
        menu.addAction(self.tr("Models page"), self.models_asked.emit)
        return menu
