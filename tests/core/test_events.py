"""Notifications without Qt."""

from __future__ import annotations

import logging
import threading

import pytest

from desktop_llm.core.events import Event


def test_that_subscribers_are_called_in_order_until_they_leave() -> None:
    event: Event[int] = Event()
    seen: list[tuple[str, int]] = []
    leave = event.subscribe(lambda value: seen.append(("first", value)))
    event.subscribe(lambda value: seen.append(("second", value)))
    event.emit(1)
    leave()
    leave()
    event.emit(2)
    assert seen == [("first", 1), ("second", 1), ("second", 2)]


def test_that_one_may_leave_or_join_while_called() -> None:
    event: Event[int] = Event()
    seen: list[str] = []

    def once(value: int) -> None:
        seen.append(f"once {value}")
        leave()
        event.subscribe(lambda later: seen.append(f"joined {later}"))

    leave = event.subscribe(once)
    event.emit(1)
    event.emit(2)
    assert seen == ["once 1", "joined 2"]


def test_that_one_that_raises_is_logged_and_disturbs_neither_the_emitter_nor_the_others(
    caplog: pytest.LogCaptureFixture,
) -> None:
    event: Event[int] = Event()
    seen: list[int] = []

    def broken(value: int) -> None:
        raise RuntimeError(f"cannot take {value}")

    event.subscribe(broken)
    event.subscribe(seen.append)
    with caplog.at_level(logging.ERROR):
        event.emit(1)
    assert seen == [1]
    assert "cannot take 1" in caplog.text


def test_that_the_same_function_may_subscribe_twice() -> None:
    event: Event[int] = Event()
    seen: list[int] = []
    leave = event.subscribe(seen.append)
    event.subscribe(seen.append)
    event.emit(1)
    leave()
    event.emit(2)
    assert seen == [1, 1, 2]


def test_that_threads_may_come_and_go_during_emits() -> None:
    event: Event[int] = Event()
    stop = threading.Event()
    kept: list[int] = []
    event.subscribe(kept.append)

    def come_and_go() -> None:
        while not stop.is_set():
            event.subscribe(lambda _: None)()

    threads = [threading.Thread(target=come_and_go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(2000):
        event.emit(number)
    stop.set()
    for thread in threads:
        thread.join()
    assert kept == list(range(2000))
