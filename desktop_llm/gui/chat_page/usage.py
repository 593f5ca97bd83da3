"""Counts the prompt while it is being written, for the meter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject

from desktop_llm.chat.plan import Planner
from desktop_llm.chat.prompt import turns_of
from desktop_llm.chat.types import ContextUsage, Conversation, Message
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import ChatMessage, Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.meter import ContextMeter
from desktop_llm.gui.core import Core
from desktop_llm.gui.tasks import Tasks, Throttle

_DELAY_MS = 200


@dataclass(frozen=True)
class Subject:
    """What is counted: `text` asked in `conversation`, at the end of the branch on show or, where
    a question is being edited, after the messages `before` it."""

    conversation: Conversation
    text: str
    before: Sequence[Message] | None = None


class UsageCounter(QObject):
    """Keeps the meter right: one count at a time, of the newest text. GUI thread."""

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        tasks: Tasks,
        meter: ContextMeter,
        subject: Callable[[], Subject],
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._tasks = tasks
        self._meter = meter
        self._subject = subject
        self._planner = Planner(core.engine, lambda: core.settings.current)
        self._counting = False
        self._again = False
        self._later = Throttle(self, _DELAY_MS, self._begin)

    def close(self) -> None:
        """Count no more."""
        self._later.cancel()

    def poke(self) -> None:
        """Something that is counted has changed."""
        if self._core.engine.state.phase is not Phase.READY:
            self._later.cancel()
            self._meter.show_nothing()
        else:
            self._later.poke()

    def _begin(self) -> None:
        if self._counting:
            self._again = True
        else:
            self._tasks.start(self._count())

    async def _count(self) -> None:
        self._counting = True
        try:
            while True:
                self._again = False
                try:
                    usage = await self._bridge.call(self._usage(self._subject()))
                except AppError:
                    self._meter.show_nothing()
                else:
                    self._meter.show_usage(usage)
                if not self._again:
                    return
        finally:
            self._counting = False

    async def _usage(self, subject: Subject) -> ContextUsage:
        """Engine loop."""
        conversation, text = subject.conversation, subject.text
        if conversation.id and subject.before is None:
            return await self._core.chat.usage(conversation.id, text)
        turns = turns_of(subject.before or ())
        if turns or text or conversation.system_prompt:
            turns.append((ChatMessage("user", text),))
        return (await self._planner.plan(conversation, turns)).usage
