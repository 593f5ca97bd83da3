"""A real store in a temporary folder, and a session on a scripted engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.stream import AnswerStream
from desktop_llm.chat.types import Message
from desktop_llm.config.settings import Settings
from tests.helpers.fake_engine import FakeEngine


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "conversations.sqlite3"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[ChatStore]:
    store = ChatStore(file)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


class Chosen:
    """Settings a test may change under the service."""

    def __init__(self) -> None:
        self.current = Settings()

    def __call__(self) -> Settings:
        return self.current


@pytest.fixture
def settings() -> Chosen:
    return Chosen()


@pytest.fixture
async def chat(
    store: ChatStore, engine: FakeEngine, settings: Chosen
) -> AsyncIterator[ChatService]:
    chat = ChatService(store, engine, settings)
    yield chat
    await chat.close(0)


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Wait for something that another task or thread is about to do."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition may come true on another thread
            await asyncio.sleep(0.005)


async def end_of(stream: AnswerStream) -> Message:
    """How the answer ended."""
    await until(lambda: stream.message is not None)
    assert stream.message is not None
    return stream.message
