"""One running answer, and those who watch it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from desktop_llm.chat.types import Message, StreamUpdate
from desktop_llm.core.errors import AppError

log = logging.getLogger(__name__)


class AnswerStream:
    """A lossless buffer between the engine's deltas and any number of readers.

    The session feeds it on the engine thread; everything else is safe from any thread. Feeding
    costs an append a reader, however long the answer is.
    """

    def __init__(self, answer: Message) -> None:
        self.message_id = answer.id
        self.conversation_id = answer.conversation_id
        self.answer = answer
        self._lock = threading.Lock()
        self._parts: list[str] = []
        self._readers: tuple[Reader, ...] = ()
        self._tokens = 0
        self._waiting = True
        self._message: Message | None = None
        self._warning: AppError | None = None

    @property
    def text(self) -> str:
        """All text so far."""
        with self._lock:
            return self._joined()

    @property
    def completion_tokens(self) -> int:
        return self._tokens

    @property
    def message(self) -> Message | None:
        """The ended answer; None while it runs."""
        return self._message

    def attach(self, on_wake: Callable[[], None]) -> Reader:
        """A reader whose first `drain` gives all text so far: drain it once right away.

        `on_wake` is called on the engine thread when there is something to drain after there was
        nothing: once, not per token. It must only post a wake-up and return.
        """
        with self._lock:
            reader = Reader(self, on_wake, self._joined())
            self._readers = (*self._readers, reader)
        return reader

    def feed(self, text: str, completion_tokens: int) -> None:
        """Add what came from the engine. Engine thread."""
        with self._lock:
            self._waiting = False
            self._tokens = completion_tokens
            if not text:
                return
            self._parts.append(text)
            woken = [reader for reader in self._readers if reader._push(text)]
        _wake(woken)

    def warn(self, warning: AppError | None) -> None:
        """Say that the answer cannot be saved just now, or (None) that it is again."""
        with self._lock:
            before, self._warning = self._warning, warning
            if (before and before.code) == (warning and warning.code):
                return
            woken = [reader for reader in self._readers if reader._push("")]
        _wake(woken)

    def end(self, message: Message) -> None:
        """Nothing more will come: `message` is how the answer ended. Engine thread."""
        with self._lock:
            self._message = message
            woken = [reader for reader in self._readers if reader._push("")]
        _wake(woken)

    def _joined(self) -> str:
        text = "".join(self._parts)
        self._parts = [text] if text else []
        return text

    def _drain(self, reader: Reader) -> StreamUpdate:
        with self._lock:
            return StreamUpdate(
                reader._take(), self._tokens, self._waiting, self._message, self._warning
            )

    def _detach(self, reader: Reader) -> None:
        with self._lock:
            self._readers = tuple(other for other in self._readers if other is not reader)


class Reader:
    """One view of a running answer. Made by `AnswerStream.attach`; use it from one thread."""

    def __init__(self, stream: AnswerStream, on_wake: Callable[[], None], text: str) -> None:
        self._stream = stream
        self._on_wake = on_wake
        self._pending = [text] if text else []
        self._awake = False

    def drain(self) -> StreamUpdate:
        """What came since the last drain; its texts, joined in order, are the answer."""
        return self._stream._drain(self)

    def close(self) -> None:
        """No wake-up begins after this; one that is just being made may still arrive."""
        self._stream._detach(self)

    def _push(self, text: str) -> bool:
        """Under the stream's lock: take `text` in; whether this reader must be woken."""
        if text:
            self._pending.append(text)
        asleep, self._awake = not self._awake, True
        return asleep

    def _take(self) -> str:
        """Under the stream's lock."""
        text = "".join(self._pending)
        self._pending.clear()
        self._awake = False
        return text


def _wake(readers: list[Reader]) -> None:
    for reader in readers:
        try:
            reader._on_wake()
        except Exception:
            # A view that broke must not take the answer, or the other views, down with it.
            log.exception("A reader of a running answer failed to wake; it is detached.")
            reader.close()
