"""The models page: what is on this computer at the left, the chosen model at the right."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.config.paths import guide_model
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.gui.core import Core
from desktop_llm.gui.entry_list import EntryList
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.folder_dialog import ask_for_models_folder
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.models_page.detail import ModelDetail
from desktop_llm.gui.models_page.entries import EntryModel
from desktop_llm.gui.models_page.fit_control import FitControl
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import L, M, S, Theme
from desktop_llm.gui.widgets import IconButton, PassesFocus, button, label
from desktop_llm.models.catalog import ModelEntry
from desktop_llm.models.checks import check_loadable

_LIST, _NARROW_LIST = 320, 236
_ROOMY = 960


class ModelsPage(PassesFocus):
    """GUI thread. Looks at the disk each time it is shown, when asked to, and for a new folder."""

    def __init__(
        self,
        core: Core,
        engine: ModelControl,
        fixes: Fixes,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self.setObjectName("page")
        self._core = core
        self._engine = engine
        self._fixes = fixes
        self._tasks = tasks
        self._background = background
        self._wanted: tuple[Path, str] | None = None
        self.model = EntryModel(self)
        self.list = EntryList(theme, self.tr("Models on this computer"), self.model)
        self.list.selectionModel().currentChanged.connect(self._chosen)
        self.list.activated.connect(self._load)
        self.add = button(self.tr("Add folder…"))
        self.add.setAccessibleName(self.add.text())
        self.add.clicked.connect(self.ask_folder)
        self.rescan = IconButton(theme, "refresh", self.tr("Look for models again"))
        self.rescan.clicked.connect(self.scan)
        self.detail = ModelDetail(engine, fixes.changes)
        self.detail.fix_asked.connect(self._fix)
        self.detail.default_asked.connect(self._make_default)
        self.detail.editor.saved.connect(self._check)
        self.fit = FitControl(core, engine, tasks, background, self.detail.fit)
        self.fit.profile_asked.connect(self.detail.apply_profile)
        self.fit.quantize_asked.connect(self.detail.ask_quantize)

        head = QHBoxLayout()
        head.setContentsMargins(L, M, S, S)
        head.setSpacing(S)
        head.addWidget(label(self.tr("Models"), "title"), 1)
        head.addWidget(self.rescan)
        head.addWidget(self.add)
        left = QFrame()
        left.setObjectName("masterList")
        left.setFixedWidth(_LIST)
        self._left = left
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, S)
        column.setSpacing(S)
        column.addLayout(head)
        column.addWidget(self.list, 1)
        hint = label(
            self.tr("Folders in safetensors: Llama, Qwen2, Qwen3, Mistral and others of vLLM."),
            "small",
            wrap=True,
        )
        hint.setContentsMargins(L, 0, L, S)
        column.addWidget(hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(left)
        row.addWidget(self.detail, 1)
        engine.changed.connect(lambda: self.model.show_state(engine.state))
        fixes.changes.changed.connect(self._profile_changed)
        fixes.changes.forgotten.connect(lambda _path: self.detail.show_undo())
        fixes.profile_fixed.connect(lambda _path: self.detail.show_undo(by_fix=True))
        self.model.show_state(engine.state)

    def first_control(self) -> QWidget:
        """The list of models."""
        return self.list

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.scan()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where the dock is open in a small window, the list gives way."""
        super().resizeEvent(event)
        roomy = self.width() >= _ROOMY
        self._left.setFixedWidth(_LIST if roomy else _NARROW_LIST)
        self.add.setText(self.tr("Add folder…") if roomy else self.tr("Add…"))

    def scan(self) -> None:
        """Look at the disk again."""
        self._tasks.start(self.read())

    async def read(self) -> None:
        """Look at the disk and show what is there; the choice stays."""
        entries = await self._core.catalog.scan()
        chosen = self.model.entry(self.list.currentIndex())
        path = chosen.path if chosen else self._engine.state.path or self._engine.default_model()
        field = ""
        if self._wanted is not None:
            path, field = self._wanted
        self.model.show_entries(entries)
        if self._select(path) and self._wanted is not None:
            self.detail.show_fixes(field)
        elif not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.model.index(0))
        self._wanted = None

    def edit_profile(self, path: Path, field: str = "") -> None:
        """Show the load profile of the model in `path`, at one of its fields, or without one what
        helps where its load has failed."""
        if self._select(path):
            self.detail.show_fixes(field)
        else:
            self._wanted = (path, field)
            self.scan()

    def add_folder(self, folder: Path) -> None:
        """Look for models in `folder` from now on. Shows its first model."""
        folders = self._core.settings.current.model_folders
        if str(folder) not in folders:
            self._core.settings.update(model_folders=(*folders, str(folder)))
        self._tasks.start(self._show_first_of(folder))

    def ask_folder(self) -> None:
        """Let the person choose a folder to add."""
        ask_for_models_folder(self, self.add_folder)

    async def _show_first_of(self, folder: Path) -> None:
        await self.read()
        for row in range(self.model.rowCount()):
            entry = self.model.entry(self.model.index(row))
            if entry is not None and (entry.path == folder or folder in entry.path.parents):
                self.list.setCurrentIndex(self.model.index(row))
                return
        raise AppError(
            "models.none_found",
            self.tr("No model was found in {folder}.").format(folder=folder),
            self.tr(
                "A model is a folder with config.json and *.safetensors files, at most three "
                "levels below the folder you add."
            ),
        )

    def _select(self, path: Path) -> bool:
        index = self.model.index_of(path)
        if index.isValid():
            self.list.setCurrentIndex(index)
        return index.isValid()

    def _chosen(self, index: QModelIndex, _before: QModelIndex) -> None:
        entry = self.model.entry(index)
        if entry is not None:
            self.detail.show_entry(entry, is_default=self._is_default(entry))
            self._check()

    def _check(self) -> None:
        if self.detail.entry is not None:
            self._tasks.start(self._check_entry(self.detail.entry))
            self.fit.look(self.detail.entry)

    async def _check_entry(self, entry: ModelEntry) -> None:
        """Say beforehand what would refuse a load: pickle weights, custom code, the profile."""
        facts = entry.facts
        refusal = None
        if facts is not None and entry.problem is None:
            profile = self._core.profiles.get(entry.path)
            try:
                await self._background.run(lambda: check_loadable(facts, profile))
            except AppError as error:
                refusal = error
        if self.detail.entry is entry:
            self.detail.show_refusal(refusal)

    def _load(self, index: QModelIndex) -> None:
        entry = self.model.entry(index)
        if entry is not None and entry.problem is None:
            self._engine.load(entry.path)

    def _make_default(self) -> None:
        entry = self.detail.entry
        if entry is not None:
            self._core.settings.update(default_model="" if entry.built_in else str(entry.path))
            self.detail.show_entry(entry, is_default=True)
            self._check()

    def _profile_changed(self, path: Path) -> None:
        self.detail.profile_changed(path)
        self._check()

    def _is_default(self, entry: ModelEntry) -> bool:
        return entry.path == self._engine.default_model() or (
            entry.built_in and self._engine.default_model() == guide_model()
        )

    def _fix(self, fix: str, value: str) -> None:
        entry = self.detail.entry
        if entry is None:
            return
        if Fix(fix) is Fix.EDIT_PROFILE:
            self.detail.show_profile(value)
        else:
            self._fixes.carry_out(fix, value, entry.path)
