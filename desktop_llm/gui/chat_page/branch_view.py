"""Keeps the message view in step with the store and with the answer that is running."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from desktop_llm.chat.service import ChatService
from desktop_llm.chat.stream import AnswerStream, Reader
from desktop_llm.chat.types import Message, MessageStatus, Role
from desktop_llm.core.errors import AppError
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.tasks import Debounce, Throttle

_SOON_MS = 10
"""The store and the engine tell of one sending several times within this."""


class BranchView(QObject):
    """One conversation's messages on show. GUI thread.

    `show` and `sync` read the branch and change only what differs; a reader feeds the running
    answer. Leaving a conversation closes the reader and never the answer.
    Signals: `changed` (messages were added or ended), `warned` (an AppError about saving),
    `sync_wanted` (call `sync` once more).
    """

    changed = Signal()
    sync_wanted = Signal()
    warned = Signal(object)

    def __init__(self, chat: ChatService, bridge: Bridge, page: ChatPage) -> None:
        super().__init__()
        self._chat = chat
        self._bridge = bridge
        self._page = page
        self._reader: Reader | None = None
        self._stream: AnswerStream | None = None
        self._warning: AppError | None = None
        self._serial = 0
        self._to_end = False
        self._awaited: set[str] = set()
        self._wanted: tuple[str, tuple[str, ...]] | None = None
        self._look_again = Debounce(self, 500, self.sync_wanted.emit)
        self._soon = Throttle(self, _SOON_MS, self.sync_wanted.emit)
        self.conversation_id = ""
        self.messages: list[Message] = []

    async def show(self, conversation_id: str) -> None:
        """Show another conversation. Raises AppError as the store does."""
        self.clear()
        self.conversation_id = conversation_id
        await self.sync()

    def clear(self) -> None:
        """Show no conversation. Answers that run go on."""
        self._serial += 1
        self._detach()
        self._look_again.cancel()
        self._soon.cancel()
        self._awaited.clear()
        self._wanted = None
        self._to_end = False
        self.conversation_id = ""
        self.messages = []

    def sync_soon(self, *, to_end: bool = False) -> None:
        """Something has changed: want one `sync` for this and for what follows at once.

        `to_end`: what is new is the person's own, so the view goes there.
        """
        self._to_end |= to_end
        self._soon.poke()

    async def sync(self) -> None:
        """Read the branch again and show what has changed."""
        if not self.conversation_id:
            return
        self._serial += 1
        serial = self._serial
        wanted = await self._chat.messages(self.conversation_id)
        if serial == self._serial:
            self._reconcile(self._without_beginning(wanted))

    def reveal(self, message_id: str, words: Sequence[str] = ()) -> None:
        """Scroll to a message and mark it and `words` in it, now or once it is on show here."""
        self._wanted = (message_id, tuple(words))
        self._reveal_wanted()

    def last_answer(self) -> Message | None:
        """The last answer of the branch."""
        answers = (m for m in reversed(self.messages) if m.role is Role.ASSISTANT)
        return next(answers, None)

    def message(self, message_id: str) -> Message | None:
        """A message on show."""
        return next((m for m in self.messages if m.id == message_id), None)

    def _without_beginning(self, wanted: list[Message]) -> list[Message]:
        """Leave out an answer that is stored and about to stream: its STREAMS event is coming.

        One that still does not stream when looked at again belongs to another running app.
        """
        if not wanted:
            return wanted
        last = wanted[-1]
        if last.status is not MessageStatus.STREAMING or self._running(last) is not None:
            return wanted
        if last.id in self._awaited:
            return wanted
        self._awaited.add(last.id)
        self._look_again.poke()
        return wanted[:-1]

    def _reconcile(self, wanted: Sequence[Message]) -> None:
        known = len(self.messages)
        same_start = [m.id for m in wanted[:known]] == [m.id for m in self.messages]
        if not wanted:
            self._detach()
            self._page.show_empty()
        elif known == 0 or not same_start:
            self._replace(wanted)
        else:
            for old, new in zip(self.messages, wanted, strict=False):
                if old != new and not self._is_fed(new.id):
                    self._page.view.update_message(new)
            self.messages[:] = wanted[:known]
            for message in wanted[known:]:
                self._add(message)
        if self._to_end and wanted:
            self._page.view.to_end()
        self._to_end = False
        self._reveal_wanted()
        self.changed.emit()

    def _reveal_wanted(self) -> None:
        if self._wanted is not None and self.message(self._wanted[0]) is not None:
            self._page.view.reveal_message(*self._wanted)
            self._wanted = None

    def _replace(self, wanted: Sequence[Message]) -> None:
        """Another branch, or another conversation."""
        self._detach()
        running = self._running(wanted[-1])
        self.messages = list(wanted[:-1] if running else wanted)
        self._page.view.show_branch(self.messages)
        self._page.show_messages()
        if running:
            self._add(wanted[-1])

    def _add(self, message: Message) -> None:
        self.messages.append(message)
        self._page.show_messages()
        if (stream := self._running(message)) is None:
            self._page.view.append(message)
            return
        self._detach()
        self._stream = stream
        self._page.view.begin_stream(replace(message, content=""))
        reader: Reader = stream.attach(lambda: self._bridge.post(partial(self._drain, reader)))
        self._reader = reader
        self._drain(reader)

    def _running(self, message: Message) -> AnswerStream | None:
        if message.status is not MessageStatus.STREAMING:
            return None
        stream = self._chat.stream_of(self.conversation_id)
        return stream if stream is not None and stream.message_id == message.id else None

    def _is_fed(self, message_id: str) -> bool:
        return self._stream is not None and self._stream.message_id == message_id

    def _drain(self, reader: Reader) -> None:
        """Move what has come into the view; posted here by the engine thread."""
        if reader is not self._reader or self._stream is None:
            return
        update = reader.drain()
        message_id = self._stream.message_id
        if update.text:
            self._page.view.feed(message_id, update.text)
        if update.warning is not self._warning:
            self._warning = update.warning
            self.warned.emit(update.warning)
        if update.message is not None:
            self._detach()
            self._ended(update.message)

    def _ended(self, message: Message) -> None:
        for position in range(len(self.messages) - 1, -1, -1):
            old = self.messages[position]
            if old.id == message.id:
                self.messages[position] = replace(
                    message, sibling_index=old.sibling_index, sibling_count=old.sibling_count
                )
                self._page.view.finish_stream(self.messages[position])
                break
        self.changed.emit()

    def _detach(self) -> None:
        if self._reader is not None:
            self._reader.close()
        self._reader = None
        self._stream = None
