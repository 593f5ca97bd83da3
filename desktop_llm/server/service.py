"""The port's life: on, off, and through every change of the model."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.events import Event
from desktop_llm.engine.protocol import Generator, Monitored
from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.server.app import Behind, build_app
from desktop_llm.server.asgi import App
from desktop_llm.server.breaker import BreakerState, Position
from desktop_llm.server.flow import Flow
from desktop_llm.server.health import Reading
from desktop_llm.server.keys import KeyFile
from desktop_llm.server.listening import bind, uvicorn_server
from desktop_llm.server.live import LiveRequest, LiveRequests, current_owner
from desktop_llm.server.metrics import Metrics
from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.readiness import Unready, unready
from desktop_llm.server.state import PortPhase, PortState
from desktop_llm.server.traffic import Traffic
from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import Sampler, Watch

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from desktop_llm.engine.port_client import ServedModel

log = logging.getLogger(__name__)

_ABORT_SECONDS = 5.0
_POLL_SECONDS = 0.005
_BROKEN_RETRY_S = 60.0
_LOOK_SECONDS = 2.0  # at the GPUs, for the breaker
_FRESH_SECONDS = 10.0


async def unknown_machine() -> None:
    """Where nobody can tell."""


class ServedEngine(Generator, Monitored, Protocol):
    """What the port needs of the engine. All on the engine loop."""

    def served(self) -> ServedModel | None:
        """The model that is ready, for the port; None while there is none."""


@dataclass
class _Open:
    """An open port. `routes` is what a model is attached to."""

    server: uvicorn.Server
    serving: asyncio.Task[None]
    routes: FastAPI
    flow: Flow
    watch: Watch | None


class PortService:
    """The port. Coroutines run on the engine loop; `changed` is emitted there.

    `state` may be read from any thread. `keys` is read when the port opens; another file may be put
    in its place before. `machine` is asked for the GPUs' figures in ``/metrics``; `sampler` is
    where their health is read while the port is open, if anywhere.
    """

    def __init__(
        self,
        engine: ServedEngine,
        keys: KeyFile,
        machine: Callable[[], Awaitable[Sample | None]] = unknown_machine,
        sampler: Sampler | None = None,
    ) -> None:
        self.changed: Event[PortState] = Event()
        self.requests = LiveRequests()
        self._engine = engine
        self.keys = keys
        self._traffic = Traffic()
        self._metrics = Metrics(self.figures, self._traffic.figures, machine)
        self._sampler = sampler
        self._state = PortState()
        self._settings = ServerSettings()
        self._turn = asyncio.Lock()
        self._open: _Open | None = None
        self._key = ""
        self._attached: ServedModel | None = None
        self._attaching: asyncio.Task[None] | None = None
        self._unfollow: Callable[[], None] = lambda: None

    @property
    def state(self) -> PortState:
        return self._state

    @property
    def routes(self) -> FastAPI | None:
        """What the open port serves; None while it is closed."""
        return self._open.routes if self._open else None

    async def start(self, settings: ServerSettings) -> PortState:
        """Open the port as `settings` say, `enabled` or not; an open one is closed first.

        Raises AppError: ``server.port_busy``, ``server.port_privileged``, ``server.bad_host``,
        ``server.bad_certificate``, ``server.key_unusable``. The state tells it too.
        """
        async with self._turn:
            await self._stop()
            self._settings = settings
            self._publish(PortState(PortPhase.STARTING))
            try:
                self._open = await self._opened(settings)
            except AppError as failure:
                self._publish(PortState(PortPhase.FAILED, failure=failure))
                raise
            except BaseException:
                self._publish(PortState())
                raise
            self._publish(PortState(PortPhase.SERVING, settings.address))
            self._unfollow = self._engine.changed.subscribe(self._follow)
            self._follow(self._engine.state)
            return self._state

    async def attached(self) -> None:
        """Wait until the model that has been loaded is answered with, if the port is open.

        Raises AppError ``server.bad_parser`` or ``server.model_not_served`` where it cannot be.
        """
        if self._attaching is not None:
            await asyncio.wait({self._attaching})
        if self._state.problem is not None:
            raise self._state.problem

    async def stop(self) -> None:
        """Take no more requests, let those under way finish for the set time, abort the rest."""
        async with self._turn:
            await self._stop()

    async def renew_key(self) -> str:
        """A new key, which holds at once; the old one no longer does."""
        self._key = await asyncio.to_thread(self.keys.renew)
        return self._key

    def live(self) -> tuple[LiveRequest, ...]:
        """Every request to the port, the oldest first."""
        return self.requests.list(self._engine.requests())

    async def stop_request(self, request_id: str) -> bool:
        """End one of them: its stream where it has one, else the wait for its turn."""
        found = [
            request.id
            for request in self._engine.requests()
            if request.owner.reference == request_id
        ]
        if not found:
            return self.requests.cancel(request_id)
        return any([await self._engine.stop_request(name) for name in found])

    def ready(self) -> ServedModel | Unready:
        """What a request is answered with now, or why it is not."""
        served = self._engine.served()
        if served is not None and served is self._attached:
            return served
        problem = self._state.problem
        if served is not None and problem is not None:
            return Unready("model_not_served", str(problem), _BROKEN_RETRY_S)
        return unready(self._engine.state)

    def figures(self) -> PortFigures:
        """What is answered, waits and was refused, as it is now. Engine loop only."""
        ready = not isinstance(self.ready(), Unready)
        return self._open.flow.figures(ready) if self._open else PortFigures(ready)

    def _reading(self) -> Reading:
        """For the breaker: what the engine, its statistics and the GPUs say now."""
        latest = self._sampler.latest if self._sampler else None
        fresh = latest is not None and time.monotonic() - latest.at < _FRESH_SECONDS
        gpus = latest.gpus if latest is not None and fresh else None
        return Reading(self._engine.state, self._engine.statistics(), gpus)

    async def _opened(self, settings: ServerSettings) -> _Open:
        self._key = await asyncio.to_thread(self.keys.ensure)
        listening = await asyncio.to_thread(bind, settings.host, settings.port)
        try:
            flow = Flow(settings, self._reading)
            behind = Behind(
                settings=settings,
                engine=self._engine,
                key=lambda: self._key,
                ready=self.ready,
                requests=self.requests,
                traffic=self._traffic,
                metrics=self._metrics,
                flow=flow,
            )
            app, routes = await asyncio.to_thread(_imported_app, behind)
            server = await asyncio.to_thread(uvicorn_server, app, settings)
            serving = await _served(server, listening)
        except BaseException:
            listening.close()
            raise
        flow.breaker.changed.subscribe(self._break)
        flow.start()
        watch = self._sampler.watch(_LOOK_SECONDS) if self._sampler else None
        return _Open(server, serving, routes, flow, watch)

    async def _stop(self) -> None:
        opened, self._open = self._open, None
        if opened is None:
            if self._state.phase is not PortPhase.OFF:
                self._publish(PortState())
            return
        self._publish(replace(self._state, phase=PortPhase.DRAINING))
        opened.server.should_exit = True
        try:
            await opened.serving
            await opened.flow.close()
            await _aborted(opened.server)
        finally:
            if opened.watch is not None:
                opened.watch.close()
            self._unfollow()
            self._let_go(opened.routes)
            self._publish(PortState())

    def _follow(self, state: EngineState) -> None:
        if self._open is None:
            return
        if self._engine.served() is None or self._engine.served() is not self._attached:
            self._let_go(self._open.routes)
        if state.phase is Phase.READY and self._attached is None:
            self._attaching = asyncio.ensure_future(self._attach(self._open.routes))

    def _break(self, state: BreakerState) -> None:
        trouble = state.trouble if state.position is Position.OPEN else None
        self._publish(replace(self._state, blocked=trouble.message if trouble else ""))

    def _let_go(self, routes: FastAPI) -> None:
        if self._attaching is not None:
            self._attaching.cancel()
            self._attaching = None
        if self._attached is not None:
            from desktop_llm.server.vllm_routes import detach

            self._attached = None
            detach(routes)
        if self._state.model or self._state.problem:
            self._publish(replace(self._state, model="", problem=None))

    async def _attach(self, routes: FastAPI) -> None:
        from desktop_llm.server.vllm_routes import attach

        served = self._engine.served()
        if served is None:
            return
        try:
            await attach(routes, served, self._settings, current_owner)
        except AppError as problem:
            self._publish(replace(self._state, problem=problem))
        except Exception as error:
            log.exception("The port cannot serve this model")
            self._publish(replace(self._state, problem=_not_served(error)))
        else:
            self._attached = served
            self._publish(replace(self._state, model=served.model.name))

    def _publish(self, state: PortState) -> None:
        self._state = state
        self.changed.emit(state)


def _imported_app(behind: Behind) -> tuple[App, FastAPI]:
    from desktop_llm.engine.importing import import_vllm

    import_vllm()
    return build_app(behind)


async def _served(server: uvicorn.Server, listening: socket.socket) -> asyncio.Task[None]:
    """The server once it takes requests."""
    serving = asyncio.ensure_future(server.serve([listening]))
    while not server.started and not serving.done():  # noqa: ASYNC110  # it has no event
        await asyncio.sleep(_POLL_SECONDS)
    if serving.done():
        serving.result()
    return serving


async def _aborted(server: uvicorn.Server) -> None:
    """Wait for what uvicorn has cancelled, and cut connections whose clients do not read."""
    tasks = set(server.server_state.tasks)
    if tasks:
        await asyncio.wait(tasks, timeout=_ABORT_SECONDS)
    for connection in list(server.server_state.connections):
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()


def _not_served(error: Exception) -> AppError:
    return AppError(
        "server.model_not_served",
        sentence("vLLM's server code refused this model: {reason}", reason=error),
        sentence("Chats in the window go on. Load another model to use the port."),
        detail=repr(error),
    )
