"""`desktop-llm serve`: the HTTP port without a window, until it is told to end."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import UTC, datetime
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Protocol

from desktop_llm.cli.asking import HeadlessCore
from desktop_llm.cli.progress import LoadProgressLine
from desktop_llm.cli.serve_arguments import ServeOptions
from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.server import ServerSettings, is_loopback
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.engine.types import EngineState, LoadRequest, Phase
from desktop_llm.models.folder import inspect_folder
from desktop_llm.server.keys import KeyFile
from desktop_llm.server.live import ServedRequest
from desktop_llm.server.service import PortService

OK, BAD_INPUT, INTERRUPTED = 0, 2, 130
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_MOST_LINES = 10_000


class ServingCore(HeadlessCore, Protocol):
    """The part of `app.Core` that serves."""

    @property
    def server(self) -> PortService: ...


def run_serve(
    options: ServeOptions, terminal: Terminal, make_core: Callable[[], ServingCore]
) -> int:
    """Serve until a signal; returns the exit code: 0 once told to end, 2 for bad input, 130 when
    interrupted before it served.

    The main thread, which gets the signals; a second one does not wait for the requests under way.
    Raises AppError: what loading and opening the port raise, and the engine's death.
    """
    try:
        inspect_folder(options.model)  # a wrong folder is said at once, not after a start
    except AppError as error:
        terminal.fail(error)
        return BAD_INPUT
    told = _Told()
    with told.signals():
        try:
            core = make_core()
            try:
                return _serve(core, options, terminal, told)
            finally:
                core.close()
        except KeyboardInterrupt:
            return OK if told.signal == signal.SIGTERM else INTERRUPTED


def _serve(core: ServingCore, options: ServeOptions, terminal: Terminal, told: _Told) -> int:
    settings = options.over(core.settings.current.server)
    if options.api_key_file is not None:
        core.server.keys = KeyFile(options.api_key_file, ours=False)
    if not is_loopback(settings.host):
        terminal.note(_beyond_loopback(settings))
    state = core.run(core.server.start(settings))
    core.server.requests.ended.subscribe(told.add)
    with LoadProgressLine(core.engine.changed, terminal.stderr):
        request = LoadRequest(options.model, core.profiles.get(options.model))
        model = core.run(core.engine.load(request))
        core.run(core.server.attached())
    terminal.note(
        f"{model.name} is ready after {format_seconds(model.load_seconds)}: context "
        f"{format_count(model.context_length)} tokens, on {model.device}."
    )
    terminal.note(f"Serving at {state.address}/v1; the API key is in {core.server.keys.path}.")
    core.engine.changed.subscribe(told.add)
    write = _json_line if options.json_log else _text_line
    for ended in told.requests():
        write(ended, terminal)
    terminal.note("Ending: requests under way may finish…")
    core.run(core.server.stop())
    for ended in told.rest():
        write(ended, terminal)
    if told.failure is not None:
        raise told.failure
    return OK


class _Told:
    """What the main thread waits for: signals, requests that have ended, the engine's end."""

    def __init__(self) -> None:
        self.signal = 0
        self.failure: AppError | None = None
        self._waiting = False
        self._queue: SimpleQueue[ServedRequest | EngineState | None] = SimpleQueue()

    def add(self, happened: ServedRequest | EngineState) -> None:
        """From the engine loop, which must not wait for a log that nobody reads."""
        if self._queue.qsize() < _MOST_LINES:
            self._queue.put(happened)

    def requests(self) -> Iterator[ServedRequest]:
        """Each as it ends, until a signal or the engine's failure."""
        self._waiting = True
        try:
            while (happened := self._queue.get()) is not None:
                if isinstance(happened, ServedRequest):
                    yield happened
                elif happened.phase is Phase.FAILED:
                    self.failure = happened.failure
                    return
        finally:
            self._waiting = False

    def rest(self) -> Iterator[ServedRequest]:
        """Those that have ended since."""
        with suppress(Empty):
            while True:
                happened = self._queue.get_nowait()
                if isinstance(happened, ServedRequest):
                    yield happened

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM while this lasts."""
        before = {number: signal.signal(number, self._take) for number in _SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _take(self, number: int, frame: FrameType | None) -> None:
        self.signal = number
        if not self._waiting:
            raise KeyboardInterrupt
        self._waiting = False
        self._queue.put(None)


def _beyond_loopback(settings: ServerSettings) -> str:
    said = f"Listening on {settings.host}: whoever reaches this machine and has the key can use it."
    if settings.tls:
        return said
    return f"{said} Without a certificate the key and every prompt go over the network readable."


def _json_line(ended: ServedRequest, terminal: Terminal) -> None:
    line = {"time": datetime.now(UTC).isoformat(timespec="milliseconds")} | asdict(ended)
    terminal.stdout.write(f"{json.dumps(line | {'seconds': round(ended.seconds, 4)})}\n")
    terminal.stdout.flush()


def _text_line(ended: ServedRequest, terminal: Terminal) -> None:
    status = "aborted" if ended.status is None else ended.status
    seconds = format_seconds(ended.seconds)
    terminal.note(f"{ended.method} {ended.path} {status} {seconds} {ended.client}")
