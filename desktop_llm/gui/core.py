"""What the window needs of the core, so that it can be shown without an engine."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from desktop_llm.config.paths import AppPaths
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from desktop_llm.config.server import ServerSettings
from desktop_llm.config.settings import SettingsStore
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.engine.protocol import Generator, Monitored
from desktop_llm.engine.types import LoadedModel, LoadRequest
from desktop_llm.quantize.types import Job, JobRequest
from desktop_llm.server.state import PortState

if TYPE_CHECKING:
    from desktop_llm.chat.service import ChatService
    from desktop_llm.chat.store import ChatStore
    from desktop_llm.models.catalog import ModelCatalog
    from desktop_llm.models.device_memory import Surroundings
    from desktop_llm.server.live import LiveRequest, ServedRequest
    from desktop_llm.server.port_metrics import PortFigures
    from desktop_llm.telemetry.machine import MachineFacts
    from desktop_llm.telemetry.monitor import Monitor


class EngineControl(Generator, Monitored, Protocol):
    """The engine with its life cycle. Coroutines run on the engine loop."""

    async def load(self, request: LoadRequest) -> LoadedModel:
        """Load a model, unloading another first. Raises AppError with the cause and a fix."""

    async def cancel_load(self) -> None:
        """End a load under way; the engine is unloaded when this returns."""

    async def unload(self) -> None:
        """Free the model; every child process is gone when this returns."""

    def raw_log(self) -> str:
        """What the engine's processes have printed since the last load began. Any thread."""


class QuantizeEstimate(Protocol):
    """What a job will need, against what is free. Bytes and seconds; None is what is not known."""

    @property
    def seconds(self) -> float | None: ...
    @property
    def output_bytes(self) -> int: ...
    @property
    def temp_bytes(self) -> int: ...
    @property
    def peak_bytes(self) -> int | None: ...
    @property
    def free_disk(self) -> int | None: ...
    @property
    def free_memory(self) -> int | None: ...


class QuantizeCheck(Protocol):
    """What is said of a job before it begins. A job with `problems` is refused."""

    @property
    def estimate(self) -> QuantizeEstimate: ...
    @property
    def problems(self) -> tuple[AppError, ...]: ...
    @property
    def notes(self) -> tuple[str, ...]: ...
    @property
    def output_exists(self) -> bool: ...


class QuantizeService(Protocol):
    """The quantize jobs, one at a time. Coroutines run on the engine loop; `changed` is emitted
    there."""

    @property
    def changed(self) -> Event[Job]: ...
    @property
    def running(self) -> Job | None:
        """The job that this app does now, and that ends with it. Any thread."""

    async def open(self) -> None:
        """Read what is known of past jobs, tidy up after those that were interrupted. May be
        repeated. Raises AppError."""

    def jobs(self) -> tuple[Job, ...]:
        """Every job, newest first. Any thread."""

    async def check(self, request: JobRequest) -> QuantizeCheck:
        """What the job will need, and what refuses it. Nothing is written."""

    async def start(self, request: JobRequest) -> Job:
        """Begin a job. Raises AppError, ``quantize.busy`` while another runs."""

    async def cancel(self, job_id: str) -> None:
        """End a job; nothing of it is left when this returns."""

    async def forget(self, job_id: str) -> None:
        """Remove a job that has ended from the list; its model stays."""

    def log_text(self, job_id: str) -> str:
        """What the job's processes have printed. Any thread; reads a file."""


class PortKeys(Protocol):
    """The API key in its file. Blocks for the disk. Raises AppError."""

    @property
    def path(self) -> Path: ...

    def read(self) -> str:
        """The key."""


class PortService(Protocol):
    """The HTTP port. All but `state` and `keys` is the engine loop's; events are emitted there."""

    @property
    def changed(self) -> Event[PortState]: ...
    @property
    def requests(self) -> PortRequests: ...
    @property
    def keys(self) -> PortKeys: ...
    @property
    def state(self) -> PortState:
        """Any thread."""

    async def start(self, settings: ServerSettings) -> PortState:
        """Open it, an open one anew. Raises AppError; the state tells it too."""

    async def stop(self) -> None:
        """Let the requests under way finish for a while, abort the rest."""

    async def renew_key(self) -> str:
        """A new key, which holds at once. Raises AppError."""

    def live(self) -> tuple[LiveRequest, ...]:
        """The requests now, the oldest first."""

    def figures(self) -> PortFigures:
        """What is answered, waits and was refused, as it is now."""

    async def stop_request(self, request_id: str) -> bool:
        """End one of them; whether it was there."""


class PortRequests(Protocol):
    """Tells of each request that has ended."""

    @property
    def ended(self) -> Event[ServedRequest]: ...


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
    def quantize(self) -> QuantizeService: ...
    @property
    def server(self) -> PortService:
        """Imports the port's libraries when it is first asked for: not on the GUI thread."""

    @property
    def paths(self) -> AppPaths: ...
    @property
    def monitor(self) -> Monitor: ...

    def machine(self) -> MachineFacts:
        """A fresh reading of the machine, in under 50 ms. Any thread."""

    def fit_surroundings(self, profile: LoadProfile) -> Surroundings:
        """The device that a model with `profile` would be loaded on, as it is now. Tens of
        milliseconds, not for the GUI thread. Raises AppError ``fit.no_memory_reading``."""
