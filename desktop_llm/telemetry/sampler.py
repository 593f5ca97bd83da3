"""Looks at the machine once or twice a second, for as long as somebody wants to know."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol

from desktop_llm.core.errors import sentence
from desktop_llm.core.events import Event
from desktop_llm.telemetry.ram import read_ram
from desktop_llm.telemetry.sample import DriverState, Sample

log = logging.getLogger(__name__)

SHORTEST_INTERVAL_SECONDS = 0.5
# A look takes some 10 ms a GPU; from here on the driver hangs, and is said to.
SILENT_AFTER_SECONDS = 10.0


class Source(Protocol):
    """What is sampled; used on the sampler's thread alone."""

    def read(self) -> Sample: ...

    def close(self) -> None:
        """Let the devices sleep; `read` may be called again."""


class Watch:
    """Somebody looks, until `close`. Also a context manager. Any thread."""

    def __init__(self, sampler: Sampler, interval: float) -> None:
        self._sampler = sampler
        self.interval = interval

    def close(self) -> None:
        """Look no longer. A second call does nothing."""
        self._sampler._leave(self)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Sampler:
    """A thread of its own that emits `sampled` on itself, while there is a `Watch`.

    It begins with the first watch. Without any it sleeps with no wake-ups, and the driver is let
    go, so that a laptop's GPU can be switched off. It is a daemon: a driver that hangs in a call
    keeps neither `close` nor the end of the app.
    """

    def __init__(
        self, source: Callable[[], Source] | None = None, clock: Callable[[], float] | None = None
    ) -> None:
        """`source` is made on the sampler's thread; without one, this machine."""
        self.sampled: Event[Sample] = Event()
        self._make_source = source or _this_machine
        self._clock = clock or time.monotonic
        self._state = threading.Condition()
        self._watches: list[Watch] = []
        self._closing = False
        self._thread: threading.Thread | None = None
        self._latest: Sample | None = None
        self._looking_since: float | None = None

    def watch(self, interval: float = 1.0) -> Watch:
        """Sample every `interval` seconds (at least 0.5) or oftener. Never blocks; any thread."""
        watch = Watch(self, max(interval, SHORTEST_INTERVAL_SECONDS))
        with self._state:
            if not self._closing:
                self._watches.append(watch)
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="telemetry", daemon=True)
                    self._thread.start()
                self._state.notify()
        return watch

    @property
    def latest(self) -> Sample | None:
        """The last sample; None before the first. Any thread.

        While the driver hangs in a call it says so, with the RAM as it is and without the GPUs.
        """
        with self._state:
            latest, since = self._latest, self._looking_since
        now = self._clock()
        if since is None or now - since < SILENT_AFTER_SECONDS:
            return latest
        problem = sentence(
            "The NVIDIA driver has not answered for {seconds} s. If it stays so, restart the "
            "computer.",
            seconds=f"{now - since:.0f}",
        )
        return Sample(now, time.time(), read_ram(), DriverState.FAILING, problem)

    def close(self, patience: float = 2.0) -> bool:
        """End the thread; False if it hangs in the driver and is left behind. Any other thread."""
        with self._state:
            self._closing = True
            self._watches.clear()
            self._state.notify()
        if self._thread is None:
            return True
        self._thread.join(patience)
        if self._thread.is_alive():
            log.warning("The NVIDIA driver hangs in a call: its thread is left behind.")
        return not self._thread.is_alive()

    def _leave(self, watch: Watch) -> None:
        with self._state:
            if watch in self._watches:
                self._watches.remove(watch)
                self._state.notify()

    def _run(self) -> None:
        source = self._make_source()
        while self._somebody_looks():
            due = self._clock()
            while self._wait_until(due):
                self._look(source)
                due = max(due + self._interval(), self._clock())
            # Outside of the lock: the driver may hang in this too.
            source.close()

    def _somebody_looks(self) -> bool:
        """Sleep until there is a watch; False when closing."""
        with self._state:
            self._state.wait_for(lambda: self._closing or bool(self._watches))
            return not self._closing

    def _wait_until(self, due: float) -> bool:
        """Sleep until `due`, or sooner for a new watch that wants it; False when nobody looks."""
        began = self._clock()
        with self._state:
            while self._watches and not self._closing:
                left = min(due, began + self._interval()) - self._clock()
                if left <= 0:
                    return True
                self._state.wait(left)
            return False

    def _interval(self) -> float:
        return min((watch.interval for watch in tuple(self._watches)), default=1.0)

    def _look(self, source: Source) -> None:
        with self._state:
            self._looking_since = self._clock()
        try:
            sample = source.read()
        except Exception:
            # A look that fails in a way nobody thought of must not end the looking.
            log.exception("The machine could not be looked at")
            sample = None
        with self._state:
            self._looking_since = None
            if sample is None or self._closing:
                return
            self._latest = sample
        self.sampled.emit(sample)


def _this_machine() -> Source:
    from desktop_llm.telemetry.source import ThisMachine

    return ThisMachine()
