"""Several running apps on one file: none tidies up what another still works on."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from desktop_llm.chat import app_lock
from desktop_llm.chat.app_lock import AppLock
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import MessageStatus
from desktop_llm.core.errors import AppError

APP = Path(__file__).with_name("streaming_app.py")


@contextmanager
def _streaming_apps(file: Path, count: int = 1) -> Iterator[None]:
    """Other processes, each with two answers that stream until it is killed."""
    journals = [file.with_name(f"journal-{number}") for number in range(count)]
    apps = [
        subprocess.Popen([sys.executable, str(APP), str(file), str(journal), "0.05"])
        for journal in journals
    ]
    try:
        until = time.monotonic() + 30
        while not all(map(_streams, journals)):
            assert time.monotonic() < until, "nothing was streamed"
            assert all(app.poll() is None for app in apps), "an app ended by itself"
            time.sleep(0.01)
        yield
    finally:
        for app in apps:
            app.kill()
            app.wait()


def _streams(journal: Path) -> bool:
    return journal.exists() and len({line.split()[1] for line in journal.open()}) == 2


async def _opened(file: Path) -> ChatStore:
    store = ChatStore(file)
    await store.open()
    return store


async def _statuses(store: ChatStore) -> list[MessageStatus]:
    branches = [await store.branch(each.id) for each in await store.conversations()]
    return [branch[-1].status for branch in branches if branch]


async def test_that_an_app_started_after_the_first_left_spares_what_another_works_on(
    file: Path,
) -> None:
    first = await _opened(file)
    deleted = await first.create("may still be undone")
    with _streaming_apps(file):
        await first.delete(deleted.id)
        await first.close()
        third = await _opened(file)
        assert third.recovered == 0
        assert await _statuses(third) == [MessageStatus.STREAMING] * 2
        await third.restore(deleted.id)
        await third.delete(deleted.id)
        await third.close()

    alone = await _opened(file)
    assert alone.recovered == 2
    assert await _statuses(alone) == [MessageStatus.INTERRUPTED] * 2
    with pytest.raises(AppError):
        await alone.restore(deleted.id)
    await alone.close()


async def test_that_apps_started_at_once_spare_each_other(file: Path) -> None:
    file.parent.mkdir()
    with _streaming_apps(file, 3):
        store = await _opened(file)
        assert store.recovered == 0
        assert await _statuses(store) == [MessageStatus.STREAMING] * 6
        await store.close()


def test_that_nobody_is_alone_while_another_is_open(tmp_path: Path) -> None:
    """Many come and go; the kernel's gap between the two kinds of lock is among what is met."""
    opened, counted, broken, alone = 0, threading.Lock(), [], []

    def come_and_go() -> None:
        nonlocal opened
        for _ in range(100):
            lock = AppLock(tmp_path / "lock")
            lock.acquire()
            if lock.is_exclusive:
                alone.append(1)
                broken.extend([opened] if opened else [])
            lock.share()
            with counted:
                opened += 1
            os.sched_yield()
            with counted:
                opened -= 1
            lock.release()

    threads = [threading.Thread(target=come_and_go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert alone


async def test_that_opening_waits_for_an_app_that_is_opening(file: Path) -> None:
    await (await _opened(file)).close()
    other = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    store = ChatStore(file)
    opening = asyncio.create_task(store.open())
    await asyncio.sleep(0.2)
    assert not opening.done()
    fcntl.flock(other, fcntl.LOCK_SH)
    await opening
    assert await store.conversations() == []
    await store.close()
    os.close(other)


async def test_that_an_app_that_never_ends_opening_is_said_so(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_lock, "WAIT_S", 0.1)
    await (await _opened(file)).close()
    other = os.open(file.with_name(f"{file.name}.lock"), os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    store = ChatStore(file)
    with pytest.raises(AppError) as caught:
        await store.open()
    assert caught.value.code == "chat.store_locked"
    await store.close()
    os.close(other)
