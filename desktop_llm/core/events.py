"""Typed notifications between features, without Qt."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")


class Event(Generic[T]):
    """Subscribers called one after another, on the thread that emits.

    Subscribing, unsubscribing and emitting are safe from any thread. A subscriber must not block;
    one that needs another thread (the window) posts itself there.
    """

    def __init__(self) -> None:
        self._subscribers: list[Callable[[T], None]] = []
        self._lock = threading.Lock()

    def subscribe(self, subscriber: Callable[[T], None]) -> Callable[[], None]:
        """Call `subscriber` at every emit from now on; returns the function that ends it."""
        with self._lock:
            self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            with self._lock:
                if subscriber in self._subscribers:
                    self._subscribers.remove(subscriber)

        return unsubscribe

    def emit(self, value: T) -> None:
        """Hand `value` to every subscriber present at this moment.

        One that raises is logged, and is no matter of the emitter's or of the others': what is told
        has happened by then.
        """
        with self._lock:
            subscribers = tuple(self._subscribers)
        for subscriber in subscribers:
            try:
                subscriber(value)
            except Exception:
                log.exception("%r failed to take %r", subscriber, value)
