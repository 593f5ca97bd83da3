"""The lossless buffer between one answer and its readers."""

from __future__ import annotations

import functools
import logging
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.chat.stream import AnswerStream, Reader
from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.core.errors import AppError

ANSWER = Message("a", "c", "q", Role.ASSISTANT, "", MessageStatus.STREAMING, 0.0)


@pytest.fixture
def stream() -> AnswerStream:
    return AnswerStream(ANSWER)


def _counted(stream: AnswerStream) -> tuple[Reader, list[int]]:
    wakes: list[int] = []
    return stream.attach(lambda: wakes.append(1)), wakes


def test_that_the_first_drain_gives_all_text_so_far(stream: AnswerStream) -> None:
    stream.feed("one ", 1)
    stream.feed("two ", 2)
    reader, _ = _counted(stream)
    update = reader.drain()
    assert (update.text, update.completion_tokens, update.waiting) == ("one two ", 2, False)
    assert reader.drain().text == ""


def test_that_a_reader_waits_until_the_first_token(stream: AnswerStream) -> None:
    reader, wakes = _counted(stream)
    assert reader.drain().waiting
    stream.feed("", 1)
    assert not wakes
    assert not reader.drain().waiting


def test_that_a_wake_comes_once_until_it_is_drained(stream: AnswerStream) -> None:
    reader, wakes = _counted(stream)
    for number in range(100):
        stream.feed("x", number)
    assert len(wakes) == 1
    assert reader.drain().text == "x" * 100
    stream.feed("y", 101)
    assert len(wakes) == 2


def test_that_the_end_wakes_and_gives_the_message(stream: AnswerStream) -> None:
    reader, wakes = _counted(stream)
    stream.feed("x", 1)
    reader.drain()
    stream.end(ANSWER)
    assert len(wakes) == 2
    assert reader.drain().message is ANSWER
    assert stream.message is ANSWER
    late, _ = _counted(stream)
    assert (late.drain().text, late.drain().message) == ("x", ANSWER)


def test_that_a_warning_wakes_once_for_each_kind(stream: AnswerStream) -> None:
    reader, wakes = _counted(stream)
    full = AppError("chat.disk_full", "Full.")
    stream.warn(full)
    stream_warning = reader.drain().warning
    assert stream_warning is full
    stream.warn(AppError("chat.disk_full", "Full."))
    assert len(wakes) == 1
    stream.warn(None)
    assert len(wakes) == 2
    assert reader.drain().warning is None


def test_that_a_closed_reader_is_not_woken(stream: AnswerStream) -> None:
    reader, wakes = _counted(stream)
    reader.close()
    reader.close()
    stream.feed("x", 1)
    stream.end(ANSWER)
    assert not wakes


def test_that_a_broken_reader_takes_nobody_down(
    stream: AnswerStream, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> None:
        raise RuntimeError("a view that is gone")

    stream.attach(broken)
    reader, wakes = _counted(stream)
    with caplog.at_level(logging.ERROR):
        stream.feed("x", 1)
        stream.feed("y", 2)
    assert (reader.drain().text, len(wakes)) == ("xy", 1)
    assert len(caplog.records) == 1


STEP = st.one_of(
    st.text(max_size=4), st.sampled_from([("drain", 0), ("drain", 1), ("attach", 0), ("attach", 1)])
)


@given(steps=st.lists(STEP, max_size=60))
def test_that_every_interleaving_gives_every_reader_all_of_it(
    steps: list[str | tuple[str, int]],
) -> None:
    stream = AnswerStream(ANSWER)
    fed = ""
    readers: dict[int, Reader] = {}
    got = {0: "", 1: ""}
    awake = {0: False, 1: False}

    def wake(number: int) -> None:
        assert not awake[number], "woken twice without a drain"
        awake[number] = True

    def drain(number: int) -> None:
        if number in readers:
            pending = got[number] != fed
            got[number] += readers[number].drain().text
            assert got[number] == fed
            assert awake[number] or not pending or number in fresh
            awake[number] = False
            fresh.discard(number)

    fresh: set[int] = set()
    for step in steps:
        match step:
            case ("drain", int(number)):
                drain(number)
            case ("attach", int(number)):
                if number in readers:
                    readers[number].close()
                got[number], awake[number] = "", False
                fresh.add(number)
                readers[number] = stream.attach(functools.partial(wake, number))
            case str(text):
                fed += text
                stream.feed(text, len(fed))
    stream.end(ANSWER)
    for number in readers:
        drain(number)
        assert got[number] == fed
    assert stream.text == fed


def test_that_threads_lose_nothing() -> None:
    stream = AnswerStream(ANSWER)
    pieces = [f"{number} " for number in range(20_000)]
    results: list[str] = []

    def read(pause_s: float) -> None:
        woken = threading.Event()
        reader = stream.attach(woken.set)
        text = ""
        while True:
            update = reader.drain()
            text += update.text
            if update.message is not None:
                results.append(text)
                return
            assert woken.wait(10), "a wake-up was lost"
            woken.clear()
            time.sleep(pause_s)

    threads = [threading.Thread(target=read, args=(pause,)) for pause in (0, 0.001, 0.01)]
    for thread in threads:
        thread.start()
    for number, piece in enumerate(pieces):
        stream.feed(piece, number)
    stream.end(ANSWER)
    for thread in threads:
        thread.join(20)
    assert results == ["".join(pieces)] * 3


def test_that_appending_costs_the_same_however_long_the_answer_is() -> None:
    """A hundred times the text in the same pieces: the work grows with the pieces alone."""

    def seconds(length: int) -> float:
        stream = AnswerStream(ANSWER)
        stream.feed("x" * length, 1)
        reader = stream.attach(lambda: None)
        reader.drain()
        began = time.perf_counter()
        for number in range(2000):
            stream.feed("abcd", number)
            if number % 10 == 0:
                reader.drain()
        return time.perf_counter() - began

    short = min(seconds(2_000) for _ in range(5))
    long = min(seconds(2_000_000) for _ in range(5))
    assert long < 5 * short
