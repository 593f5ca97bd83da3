"""What the window needs of the core, so that it can be shown without an engine."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

from desktop_llm.config.paths import AppPaths
from desktop_llm.config.profiles import ProfileStore
from desktop_llm.config.settings import SettingsStore
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import LoadedModel, LoadRequest

if TYPE_CHECKING:
    from desktop_llm.chat.service import ChatService
    from desktop_llm.chat.store import ChatStore
    from desktop_llm.models.catalog import ModelCatalog
    from desktop_llm.telemetry.machine import MachineFacts


class EngineControl(Generator, Protocol):
    """The engine with its life cycle. Coroutines run on the engine loop."""

    async def load(self, request: LoadRequest) -> LoadedModel:
        """Load a model, unloading another first. Raises AppError with the cause and a fix."""

    async def cancel_load(self) -> None:
        """End a load under way; the engine is unloaded when this returns."""

    async def unload(self) -> None:
        """Free the model; every child process is gone when this returns."""

    def raw_log(self) -> str:
        """What the engine's processes have printed since the last load began. Any thread."""


class Core(Protocol):
    """Everything `app.py` has wired together. Attributes are fixed for the life of the window."""

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The engine loop."""

    @property
    def engine(self) -> EngineControl: ...
    @property
    def chat(self) -> ChatService: ...
    @property
    def store(self) -> ChatStore: ...
    @property
    def settings(self) -> SettingsStore: ...
    @property
    def profiles(self) -> ProfileStore: ...
    @property
    def catalog(self) -> ModelCatalog: ...
    @property
    def paths(self) -> AppPaths: ...

    def machine(self) -> MachineFacts:
        """A fresh reading of the machine, in under 50 ms. Any thread."""
