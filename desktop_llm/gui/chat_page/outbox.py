"""What a person has sent: handed to the chat, or kept until a model is ready. Never lost."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from PySide6.QtCore import QObject, Signal

from desktop_llm.chat.service import ChatService
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.composition import NEW_CHAT, Composition, Letter
from desktop_llm.gui.chat_page.drafts import Drafts
from desktop_llm.gui.model_control import BUSY, ModelControl
from desktop_llm.gui.tasks import Tasks


class Outbox(QObject):
    """Moves letters from the conversations' compositions to the chat, or back. GUI thread.

    Signals, each with its `Letter` and after the composition has changed: `waiting` (for a model),
    `sent` (with the conversation's id), `refused` (with the AppError; nothing was stored).
    """

    waiting = Signal(object)
    sent = Signal(object, str)
    refused = Signal(object, object)

    def __init__(
        self,
        chat: ChatService,
        engine: ModelControl,
        bridge: Bridge,
        tasks: Tasks,
        drafts: Drafts,
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
        self._drafts = drafts
        self._make = make
        self._discard = discard
        engine.changed.connect(self._engine_changed)

    def post(self, conversation_id: str, composition: Composition) -> None:
        """Send the letter of `composition`, now or as soon as a model is ready; a load is begun if
        none is. The conversation must have no other letter."""
        letter = composition.letter
        assert letter is not None
        if self._engine.state.phase is Phase.READY:
            self._drafts.keep(conversation_id, composition)
            self._tasks.start(self._send(letter))
            return
        self._drafts.keep(conversation_id, composition.waiting())
        self.waiting.emit(letter)
        if self._engine.state.phase is not Phase.LOADING and not self._engine.is_loading:
            self._engine.load(self._engine.state.path or self._engine.default_model())

    def take_back(self, conversation_id: str) -> None:
        """Do not send what waits in a conversation."""
        composition = self._drafts.get(conversation_id)
        if composition.waits:
            self._drafts.keep(conversation_id, composition.given_back())

    def _engine_changed(self) -> None:
        state = self._engine.state
        letters = self._drafts.waiting()
        if not letters or state.phase in BUSY:
            return
        if state.phase is not Phase.READY and self._engine.is_loading:
            return  # the model before is gone, the one asked for is still to come
        path = self._engine.last_path
        failure = state.failure or (self._engine.failure_of(path) if path else None)
        for letter in letters:
            if state.phase is Phase.READY:
                waiting = self._drafts.get(letter.conversation_id)
                self._drafts.keep(letter.conversation_id, waiting.sending())
                self._tasks.start(self._send(letter))
            else:
                self._give_back(letter, failure)

    def _give_back(self, letter: Letter, error: AppError | None) -> None:
        composition = self._drafts.get(letter.conversation_id)
        self._drafts.keep(letter.conversation_id, composition.given_back())
        self.refused.emit(letter, error)

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
            self._give_back(letter, error)
            if conversation_id and not letter.conversation_id:
                await self._discard(conversation_id)
        except Exception:
            self._give_back(letter, None)
            raise
        else:
            composition = self._drafts.get(letter.conversation_id).sent()
            if letter.conversation_id == NEW_CHAT:
                self._drafts.keep(NEW_CHAT, Composition())
            self._drafts.keep(conversation_id, composition)
            self.sent.emit(letter, conversation_id)
