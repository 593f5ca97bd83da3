"""The settings page. Every change is saved as it is made."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from desktop_llm import __version__
from desktop_llm.config.alerts import AlertKind
from desktop_llm.config.paths import guide_model
from desktop_llm.config.settings import OverBudget, Settings
from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.core.errors import AppError
from desktop_llm.gui.core import Core
from desktop_llm.gui.forms import ChoiceField, NumberField, SwitchField
from desktop_llm.gui.language import LANGUAGES
from desktop_llm.gui.numbers import number_text
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.settings_page.alert_fields import AlertFields
from desktop_llm.gui.settings_page.folders import FolderList
from desktop_llm.gui.settings_page.rows import Section
from desktop_llm.gui.tasks import Tasks
from desktop_llm.gui.theme import XL, L, S
from desktop_llm.gui.widgets import Segments, button, label

_WIDEST = 720


class SettingsPage(QScrollArea):
    """GUI thread. Shows `Settings` as they are, also when something else changes them."""

    def __init__(self, core: Core, tasks: Tasks, model_name: Callable[[Path], str]) -> None:
        super().__init__()
        self.setObjectName("page")
        self._core = core
        self._tasks = tasks
        self._model_name = model_name
        self.theme = Segments(
            [
                (ThemeChoice.SYSTEM, self.tr("System")),
                (ThemeChoice.LIGHT, self.tr("Light")),
                (ThemeChoice.DARK, self.tr("Dark")),
            ],
            self.tr("Theme"),
        )
        self.theme.chosen.connect(lambda value: self._change(theme=value))
        self.language = ChoiceField(
            "language",
            self.tr("Language"),
            [("system", self.tr("System")), *LANGUAGES],
            self.tr("Applies at the next start."),
            260,
        )
        self.default_model = ChoiceField(
            "default_model",
            self.tr("Default model"),
            [("", self.tr("Built-in guide"))],
            self.tr("Loaded at start, and when a message is sent while no model is loaded."),
            260,
        )
        self.load_at_start = SwitchField(
            "load_at_start", self.tr("Load the default model when the app starts")
        )
        self.over_budget = ChoiceField(
            "over_budget",
            self.tr("When a prompt does not fit the context"),
            [
                (OverBudget.REFUSE, self.tr("Refuse, with the counts")),
                (OverBudget.DROP_OLDEST, self.tr("Leave out the oldest turns")),
            ],
            self.tr("Left-out turns are always said under the answer."),
            260,
        )
        self.reserve = NumberField(
            "answer_reserve_tokens",
            self.tr("Tokens reserved for the answer"),
            str(_default("answer_reserve_tokens")),
            self.tr("Kept free in the context, from 16 to 131,072."),
        )
        self.drain = NumberField(
            "drain_seconds",
            self.tr("Seconds for running answers to finish"),
            number_text(_default("drain_seconds")),
            self.tr(
                "When the app closes or the model is unloaded, from 0 to 120. What is not "
                "finished by then is stopped and kept."
            ),
            whole=False,
        )
        self.alerts = [AlertFields(kind, core.settings.current.alerts) for kind in AlertKind]
        for alert in self.alerts:
            alert.changed.connect(lambda alerts: self._change(alerts=alerts))
        self.folders = FolderList(core.paths.models)
        self.folders.changed.connect(lambda folders: self._change(model_folders=folders))
        for field in (
            self.language,
            self.default_model,
            self.load_at_start,
            self.over_budget,
            self.reserve,
            self.drain,
        ):
            field.edited.connect(lambda field=field: self._edited(field))
        for explained in (self.default_model, self.over_budget, self.reserve, self.drain):
            explained.explain()
        self._build()
        self._unsubscribe = core.settings.changed.subscribe(self._show)
        self._show(core.settings.current)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tasks.start(self.read_models())

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page, or the app, ends what is being typed."""
        for field in (self.reserve, self.drain):
            if field.line.isModified():
                self._edited(field)
        for alert in self.alerts:
            alert.finish()
        super().hideEvent(event)

    def close_page(self) -> None:
        """Stop listening to the settings."""
        self._unsubscribe()

    async def read_models(self) -> None:
        """Fill the choice of default models."""
        for entry in await self._core.catalog.scan():
            value = str(entry.path)
            known = self.default_model.combo.findData(value) >= 0
            if entry.problem is None and not entry.built_in and not known:
                self.default_model.combo.addItem(entry.name, value)
        self._show(self._core.settings.current)

    def _show(self, settings: Settings) -> None:
        chosen = settings.default_model
        if Path(chosen) == guide_model():
            chosen = ""
        if chosen and self.default_model.combo.findData(chosen) < 0:
            self.default_model.combo.addItem(self._model_name(Path(chosen)), chosen)
        self.theme.select(settings.theme)
        self.language.show_value(settings.language)
        self.default_model.show_value(chosen)
        self.load_at_start.show_value(settings.load_at_start)
        self.over_budget.show_value(settings.over_budget)
        _show_number(self.reserve, settings.answer_reserve_tokens)
        _show_number(self.drain, settings.drain_seconds)
        self.folders.show_folders(settings.model_folders)
        for alert in self.alerts:
            alert.show_settings(settings.alerts)

    def _edited(self, field: ChoiceField | SwitchField | NumberField) -> None:
        try:
            value: Any = field.number() if isinstance(field, NumberField) else field.value
            self._core.settings.update(
                **{field.name: _default(field.name) if value is None else value}
            )
        except ValueError as error:
            field.refuse(f"{error} {field.control.accessibleDescription()}")
        except AppError as error:
            field.refuse(f"{translated(error.message)} {field.control.accessibleDescription()}")
        else:
            field.refuse("")
            if field is self.language:
                field.say(field.control.accessibleDescription())

    def _change(self, **changes: Any) -> None:
        self._core.settings.update(**changes)

    def _open(self, folder: Path) -> None:
        self._tasks.start(_open_folder(folder))

    def _build(self) -> None:
        theme_row = QWidget()
        row = QHBoxLayout(theme_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(label(self.tr("Theme")), 1)
        row.addWidget(self.theme)
        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, L + S, XL, XL)
        column.setSpacing(L)
        column.addWidget(label(self.tr("Settings"), "heading"))
        column.addWidget(Section(self.tr("Appearance"), theme_row, self.language))
        column.addWidget(Section(self.tr("Model"), self.default_model, self.load_at_start))
        column.addWidget(Section(self.tr("Context"), self.over_budget, self.reserve))
        column.addWidget(Section(self.tr("Unloading and closing"), self.drain))
        column.addWidget(Section(self.tr("Model folders"), self.folders))
        self.alert_section = Section(self.tr("Alerts"), *self.alerts)
        column.addWidget(self.alert_section)
        paths = self._core.paths
        column.addWidget(
            Section(
                self.tr("Data"),
                _location(self.tr("Conversations"), paths.conversations.parent, self._open),
                _location(self.tr("Settings"), paths.config, self._open),
                _location(self.tr("Logs"), paths.logs, self._open),
            )
        )
        column.addWidget(Section(self.tr("About"), _about()))
        column.addStretch()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


def _default(name: str) -> Any:
    return Settings.model_fields[name].default


def _show_number(field: NumberField, value: float) -> None:
    field.show_number(None if value == _default(field.name) else value)
    field.refuse("")


async def _open_folder(folder: Path) -> None:
    """Show `folder` in the file manager, made if it is not there. Raises AppError."""
    hint = QCoreApplication.translate(
        "SettingsPage", "Copy the path from the field beside the button, and check its permissions."
    )
    try:
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    except OSError as error:
        words = QCoreApplication.translate("SettingsPage", "{folder} could not be made: {reason}.")
        message = words.format(folder=folder, reason=error.strerror)
        raise AppError("settings.no_folder", message, hint, detail=str(error)) from error
    if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        words = QCoreApplication.translate("SettingsPage", "No program opened {folder}.")
        raise AppError("settings.no_folder", words.format(folder=folder), hint)


def _location(name: str, path: Path, reveal: Callable[[Path], None]) -> QWidget:
    """A folder of the app's, with a button that opens it."""
    line = QLineEdit(str(path))
    line.setReadOnly(True)
    line.setAccessibleName(name)
    line.setCursorPosition(0)
    show = button(QCoreApplication.translate("SettingsPage", "Open folder"))
    show.setAccessibleName(f"{show.text()}: {name}")
    show.clicked.connect(lambda: reveal(path))
    widget = QWidget()
    row = QHBoxLayout(widget)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(S)
    caption = label(name)
    caption.setMinimumWidth(110)
    row.addWidget(caption)
    row.addWidget(line, 1)
    row.addWidget(show)
    return widget


def _about() -> QWidget:
    about = label(
        QCoreApplication.translate(
            "SettingsPage",
            "Desktop LLM {version}, Apache License 2.0. It runs on vLLM (Apache License 2.0), "
            "PyTorch (BSD), Qt for Python (LGPL 3), pyqtgraph (MIT) and qasync (BSD).",
        ).format(version=__version__),
        "muted",
        wrap=True,
    )
    about.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return about
