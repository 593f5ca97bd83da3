"""What a person has sent: handed to the chat, or kept until a model is ready. Never lost."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_llm.chat.service import ChatService
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.model_control import BUSY, ModelControl
from desktop_llm.gui.tasks import Tasks


@dataclass(frozen=True)
class Letter:
    """A question to send, an edited question (`edit_of`), or an answer to make anew
    (`regenerate`). `conversation_id` is empty for a new chat."""

    conversation_id: str
    text: str = ""
    edit_of: str = ""
    regenerate: str = ""


class Outbox(QObject):
    """GUI thread. Signals, each with its `Letter`: `waiting` (for a model), `sent` (with the
    conversation's id), `refused` (with the AppError; nothing was stored)."""

    waiting = Signal(object)
    sent = Signal(object, str)
    refused = Signal(object, object)

    def __init__(
        self,
        chat: ChatService,
        engine: ModelControl,
        bridge: Bridge,
        tasks: Tasks,
        make: Callable[[], Coroutine[Any, Any, str]],
        discard: Callable[[str], Coroutine[Any, Any, None]],
    ) -> None:
        """`make` stores the conversation of a new chat and returns its id; `discard` deletes it
        where its first question is refused."""
        super().__init__()
        self._chat = chat
        self._engine = engine
        self._bridge = bridge
        self._tasks = tasks
        self._make = make
        self._discard = discard
        self._waiting: dict[str, Letter] = {}
        engine.changed.connect(self._engine_changed)

    def post(self, letter: Letter) -> None:
        """Send `letter`, now or as soon as a model is ready; a load is begun if none is.

        While another waits in the same conversation, that one stays: nothing sent is replaced.
        """
        if self._engine.state.phase is Phase.READY:
            self._tasks.start(self._send(letter))
            return
        self._waiting.setdefault(letter.conversation_id, letter)
        self.waiting.emit(self._waiting[letter.conversation_id])
        if self._engine.state.phase is not Phase.LOADING and not self._engine.is_loading:
            self._engine.load(self._engine.state.path or self._engine.default_model())

    def waiting_in(self, conversation_id: str) -> Letter | None:
        """What waits in a conversation."""
        return self._waiting.get(conversation_id)

    def take_back(self, conversation_id: str) -> Letter | None:
        """Do not send what waits; returns it."""
        return self._waiting.pop(conversation_id, None)

    def _engine_changed(self) -> None:
        state = self._engine.state
        if not self._waiting or state.phase in BUSY:
            return
        if state.phase is not Phase.READY and self._engine.is_loading:
            return  # the model before is gone, the one asked for is still to come
        path = self._engine.last_path
        failure = state.failure or (self._engine.failure_of(path) if path else None)
        letters, self._waiting = list(self._waiting.values()), {}
        for letter in letters:
            if state.phase is Phase.READY:
                self._tasks.start(self._send(letter))
            else:
                self.refused.emit(letter, failure)

    async def _send(self, letter: Letter) -> None:
        conversation_id = letter.conversation_id
        try:
            conversation_id = conversation_id or await self._make()
            if letter.regenerate:
                await self._bridge.call(self._chat.regenerate(letter.regenerate))
            elif letter.edit_of:
                await self._bridge.call(self._chat.edit_and_resend(letter.edit_of, letter.text))
            else:
                await self._bridge.call(self._chat.send(conversation_id, letter.text))
        except AppError as error:
            if conversation_id and not letter.conversation_id:
                await self._discard(conversation_id)
            self.refused.emit(letter, error)
        else:
            self.sent.emit(letter, conversation_id)
