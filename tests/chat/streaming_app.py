"""A small app to be killed: two conversations stream from a fake engine and are saved for real.

Usage: streaming_app.py DATABASE JOURNAL SAVE_EVERY_S. Each line of the journal says what a person
could have read by then: CLOCK_MONOTONIC seconds, conversation id, characters.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import time
from pathlib import Path

from desktop_llm.chat import answer
from desktop_llm.chat.service import ChatService
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.stream import AnswerStream
from desktop_llm.config.settings import Settings
from tests.helpers.fake_engine import FakeEngine, Script


async def main(database: Path, journal: int) -> None:
    store, engine = ChatStore(database), FakeEngine()
    await store.open()
    engine.play(*(Script((f"{n} " for n in itertools.count()), delay_s=0.002) for _ in range(2)))
    chat = ChatService(store, engine, Settings)
    for _ in range(2):
        conversation = await store.create("to be killed")
        watch(await chat.send(conversation.id, "Count, please."), journal)
    await asyncio.Event().wait()


def watch(stream: AnswerStream, journal: int) -> None:
    seen = 0

    def read() -> None:
        nonlocal seen
        seen += len(reader.drain().text)
        os.write(journal, f"{time.monotonic()} {stream.conversation_id} {seen}\n".encode())

    reader = stream.attach(read)


if __name__ == "__main__":
    answer.SAVE_EVERY_S = float(sys.argv[3])
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    asyncio.run(main(Path(sys.argv[1]), os.open(sys.argv[2], flags)))
