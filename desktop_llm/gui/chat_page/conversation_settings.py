"""Saves what the settings sheet says with the conversation it belongs to."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from PySide6.QtCore import QObject, Signal

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Conversation
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.chat_page.composition import NEW_CHAT
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.chat_page.settings_sheet import SettingsSheet
from desktop_llm.gui.tasks import Tasks

_NEW = Conversation(NEW_CHAT, "")


class ConversationSettings(QObject):
    """GUI thread. `changed` carries the changed `Conversation`, once it is saved.

    The settings of a new chat are kept in `new_chat` until its first question is stored.
    """

    changed = Signal(object)

    def __init__(self, store: ChatStore, tasks: Tasks, page: ChatPage) -> None:
        super().__init__()
        self._store = store
        self._tasks = tasks
        self._page = page
        self._saving: set[asyncio.Task[None]] = set()
        self._conversation = _NEW
        self.new_chat = _NEW
        page.sheet_made.connect(self._sheet_made)
        page.sheet_opened.connect(lambda: page.sheet.show_conversation(self._conversation))

    def show(self, conversation: Conversation) -> None:
        """Show the settings of another conversation; what was typed for the one before is saved."""
        self.flush()
        self._conversation = conversation
        if self._page.sheet_is_open:
            self._page.sheet.show_conversation(conversation)

    def flush(self) -> None:
        """Save what has been typed."""
        if self._page.sheet_is_open:
            self._page.sheet.flush()

    async def close(self) -> None:
        """Save what has been typed and wait until it is saved."""
        self.flush()
        await asyncio.gather(*self._saving)

    async def begin_new_chat(self) -> str:
        """Store the new chat; returns its id."""
        new = self.new_chat
        made = await self._store.create(system_prompt=new.system_prompt, sampling=new.sampling)
        return made.id

    def forget_new_chat(self) -> None:
        """Its first question is stored: the next new chat begins with the defaults."""
        self.new_chat = _NEW

    def _sheet_made(self, sheet: SettingsSheet) -> None:
        sheet.system_prompt_changed.connect(lambda text: self._change(system_prompt=text))
        sheet.sampling_changed.connect(lambda sampling: self._change(sampling=sampling))

    def _change(
        self, system_prompt: str | None = None, sampling: SamplingSettings | None = None
    ) -> None:
        known = self._conversation
        if known.id != NEW_CHAT:
            task = self._tasks.start(self._save(known.id, system_prompt, sampling))
            self._saving.add(task)
            task.add_done_callback(self._saving.discard)
            return
        prompt = known.system_prompt if system_prompt is None else system_prompt
        self.new_chat = replace(known, system_prompt=prompt, sampling=sampling or known.sampling)
        self._conversation = self.new_chat
        self.changed.emit(self.new_chat)

    async def _save(
        self, conversation_id: str, system_prompt: str | None, sampling: SamplingSettings | None
    ) -> None:
        saved = await self._store.update(
            conversation_id, system_prompt=system_prompt, sampling=sampling
        )
        if saved.id == self._conversation.id:
            self._conversation = saved
        self.changed.emit(saved)
