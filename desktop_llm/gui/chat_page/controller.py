"""What the chat page does: open, answer again, stop, step through versions, say who answers."""

from __future__ import annotations

from collections.abc import Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from desktop_llm.chat.types import ChatChange, ChatChanged, Conversation, Message
from desktop_llm.config.paths import guide_model
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.branch_view import BranchView
from desktop_llm.gui.chat_page.composing import Composing
from desktop_llm.gui.chat_page.composition import NEW_CHAT, Letter
from desktop_llm.gui.chat_page.conversation_settings import ConversationSettings
from desktop_llm.gui.chat_page.drafts import Drafts
from desktop_llm.gui.chat_page.kv_help import KvHelp
from desktop_llm.gui.chat_page.outbox import Outbox
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.chat_page.usage import Subject, UsageCounter
from desktop_llm.gui.core import Core
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.tasks import Background, Tasks

if TYPE_CHECKING:
    from desktop_llm.gui.messages import MessageView


class ChatController(QObject):
    """GUI thread. Signals: `opened` (id; empty for a new chat), `streams_changed` (ids)."""

    opened = Signal(str)
    streams_changed = Signal(object)

    def __init__(
        self,
        core: Core,
        bridge: Bridge,
        engine: ModelControl,
        fixes: Fixes,
        tasks: Tasks,
        drafts: Drafts,
        page: ChatPage,
        background: Background,
    ) -> None:
        super().__init__()
        self._core = core
        self._help = KvHelp(core, bridge, engine, background)
        self._bridge = bridge
        self._engine = engine
        self._fixes = fixes
        self._tasks = tasks
        self._page = page
        self._opening = 0
        self._forgotten = ""
        self.settings = ConversationSettings(core.store, tasks, page)
        self.conversation = self.settings.new_chat
        self.branch = BranchView(core.chat, bridge, page)
        begin, discard = self.settings.begin_new_chat, core.store.delete
        self.outbox = Outbox(core.chat, engine, bridge, tasks, drafts, begin, discard)
        self.composing = Composing(page, drafts, self.outbox, engine)
        self._usage = UsageCounter(core, bridge, tasks, page.composer.meter, self._subject)
        for part in (self.settings, self.branch, self.outbox, self.composing, self._usage):
            part.setParent(self)
        self._unsubscribe = core.chat.changed.subscribe(self._wake)
        self._connect()
        self._engine_changed()
        self._show_conversation(self.conversation)

    async def close(self) -> None:
        """Save the settings being typed and stop listening. Answers that run are the core's to
        end, what is written is the drafts' to keep."""
        self._unsubscribe()
        self._engine.changed.disconnect(self._engine_changed)
        self._usage.close()
        self.branch.clear()
        await self.settings.close()

    # Opening

    def open(self, conversation_id: str) -> None:
        """Show a conversation; an empty id is a new chat. What is asked for last is shown."""
        if conversation_id:
            self._tasks.start(self.show(conversation_id))
        else:
            self.new_chat()

    def new_chat(self) -> None:
        """Show an empty conversation, stored when its first question is sent."""
        self._opening += 1
        self.branch.clear()
        self._page.show_empty()
        self._show_conversation(self.settings.new_chat)
        self._page.composer.focus()

    def show(self, conversation_id: str) -> Coroutine[Any, Any, None]:
        """Show a conversation; its answers and those of the one before run on."""
        self._opening += 1
        return self._show(conversation_id, self._opening)

    async def _show(self, conversation_id: str, opening: int) -> None:
        if conversation_id == self.conversation.id:
            return
        conversation = await self._core.store.get(conversation_id)
        if opening == self._opening:
            self._show_conversation(conversation)
            await self.branch.show(conversation_id)

    def forget(self, conversation_id: str) -> None:
        """A conversation was deleted: send nothing to it; show a new chat if it was on show."""
        self.outbox.take_back(conversation_id)
        if conversation_id == self.conversation.id:
            self.new_chat()
            self._forgotten = conversation_id

    def remember(self, conversation_id: str) -> None:
        """A deletion was undone: show the conversation again if it was on show."""
        if conversation_id == self._forgotten and self.conversation.id == NEW_CHAT:
            self.open(conversation_id)

    # Asking and stopping

    def send(self, question: str) -> None:
        """Ask `question` in the conversation on show. What is written in the composer stays."""
        self.composing.ask(question)

    def stop(self) -> None:
        """Stop the answer that runs in the conversation on show."""
        stream = self._core.chat.stream_of(self.conversation.id)
        if stream is not None:
            self._tasks.start(self._bridge.call(self._core.chat.stop(stream.message_id)))

    def escape(self) -> None:
        """Leave the innermost thing that is going on: editing, waiting, or the running answer."""
        if not self.composing.cancel():
            self.stop()

    def regenerate_last(self) -> None:
        """Regenerate the last answer."""
        answer = self.branch.last_answer()
        if answer is not None and self._core.chat.stream_of(self.conversation.id) is None:
            self.composing.regenerate(answer.id)

    def copy_last(self) -> bool:
        """Copy the last answer's text; False if there is none."""
        if (answer := self.branch.last_answer()) is None:
            return False
        stream = self._core.chat.stream_of(self.conversation.id)
        running = stream is not None and stream.message_id == answer.id
        QGuiApplication.clipboard().setText(stream.text if stream and running else answer.content)
        return True

    def edit(self, message_id: str) -> None:
        """Put a question into the composer, to be sent as another version."""
        if (message := self.branch.message(message_id)) is not None:
            self.composing.edit(message)

    # Inside

    def _connect(self) -> None:
        page = self._page
        page.escaped.connect(self.escape)
        page.composer.stop_asked.connect(self.stop)
        page.view_made.connect(self._view_made)
        page.empty.suggested.connect(self.send)
        page.notice.fix_asked.connect(self._fixes.carry_out)
        self.settings.changed.connect(self._settings_changed)
        self.branch.changed.connect(self._usage.poke)
        self.branch.changed.connect(self._show_streaming)
        self.branch.warned.connect(page.notice.show_error)
        self.branch.sync_wanted.connect(self._sync)
        self.composing.changed.connect(self._usage.poke)
        self.outbox.sent.connect(self._sent)
        self.composing.refused.connect(lambda error: self._tasks.start(self._help_refused(error)))
        self._engine.changed.connect(self._engine_changed)

    def _view_made(self, view: MessageView) -> None:
        view.regenerate_requested.connect(self.composing.regenerate)
        view.retry_requested.connect(self.composing.regenerate)
        view.edit_requested.connect(self.edit)
        view.version_requested.connect(self._turn_version)
        view.fix_requested.connect(self._fixes.carry_out)
        view.help_requested.connect(self._show_help)

    def _show_help(self, message_id: str) -> None:
        if (message := self.branch.message(message_id)) is not None:
            self._tasks.start(self._help_answer(message))

    async def _help_answer(self, message: Message) -> None:
        error = await self._help.for_answer(message)
        if error is not None and message.conversation_id == self.conversation.id:
            self._page.notice.show_error(error)

    async def _help_refused(self, error: AppError) -> None:
        """What has been said already is said with what helps, if it is still on show then."""
        helped = await self._help.for_refusal(error)
        if self._page.notice.error is error:
            self._page.notice.show_error(helped)

    def _show_conversation(self, conversation: Conversation) -> None:
        self.settings.show(conversation)
        self.conversation = conversation
        self._page.notice.show_error(None)
        self._show_title()
        self.composing.show(conversation.id)
        self._show_streaming()
        self._usage.poke()
        self.opened.emit(conversation.id)

    def _show_title(self) -> None:
        self._page.title.setText(self.conversation.title or self.tr("New chat"))

    def _show_streaming(self) -> None:
        streaming = {stream.conversation_id for stream in self._core.chat.streams()}
        self._page.composer.set_streaming(self.conversation.id in streaming)
        self.streams_changed.emit(streaming)

    def _sent(self, letter: Letter, conversation_id: str) -> None:
        if letter.conversation_id == NEW_CHAT:
            self.settings.forget_new_chat()
        if letter.conversation_id != self.conversation.id:
            return
        if letter.conversation_id == NEW_CHAT:
            self._tasks.start(self.show(conversation_id))
        else:
            self.branch.sync_soon(to_end=not letter.regenerate)
        self._show_streaming()

    def _turn_version(self, message_id: str, step: int) -> None:
        self._tasks.start(self._select_version(message_id, step))

    async def _select_version(self, message_id: str, step: int) -> None:
        versions = await self._core.store.versions(message_id)
        position = versions.index(message_id) + step
        if 0 <= position < len(versions):
            await self._core.store.select_version(versions[position])
            self.branch.sync_soon()

    def _sync(self) -> None:
        self._tasks.start(self.branch.sync())

    def _settings_changed(self, conversation: Conversation) -> None:
        if conversation.id == self.conversation.id:
            self.conversation = conversation
            self._usage.poke()

    def _subject(self) -> Subject:
        before = None
        edit = self.composing.composition.edit
        ids = [message.id for message in self.branch.messages]
        if edit is not None and edit.message_id in ids:
            before = tuple(self.branch.messages[: ids.index(edit.message_id)])
        return Subject(self.conversation, self._page.composer.text, before)

    def _engine_changed(self) -> None:
        state = self._engine.state
        self._page.show_model(self._engine.name_of(state.path if state.model else None))
        self.composing.show_progress()
        self._show_who_answers()
        self._usage.poke()

    def _show_who_answers(self) -> None:
        """Under the greeting: the model that is or would be loaded, and what the guide knows."""
        path = self._engine.state.path or self._engine.default_model()
        is_guide = path == guide_model()
        if is_guide:
            text = self.tr("The built-in guide answers: a tiny model that knows only this app.")
        elif self._engine.state.phase is Phase.READY:
            text = self.tr("{model} answers.").format(model=self._engine.name_of(path))
        else:
            text = self.tr("Your first message loads {model}.").format(
                model=self._engine.name_of(path)
            )
        self._page.empty.show_line(text)
        self._page.empty.show_suggestions(is_guide)

    def _wake(self, change: ChatChanged) -> None:
        """Storage or engine thread."""
        self._bridge.post(partial(self._changed, change))

    def _changed(self, change: ChatChanged) -> None:
        on_show = change.conversation_id == self.branch.conversation_id
        if change.change is ChatChange.STREAMS:
            self._show_streaming()
        if change.change is not ChatChange.CONVERSATIONS and on_show:
            self.branch.sync_soon()
        elif change.change is ChatChange.CONVERSATIONS and self.conversation.id:
            self._tasks.start(self._refresh_title(self.conversation.id))

    async def _refresh_title(self, conversation_id: str) -> None:
        try:
            conversation = await self._core.store.get(conversation_id)
        except AppError:
            return  # it was just deleted: `forget` shows a new chat
        if conversation.id == self.conversation.id:
            self.conversation = conversation
            self._show_title()
