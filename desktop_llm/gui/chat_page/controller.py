"""What the chat page does: open, write, send, stop, regenerate, edit, and the settings sheet."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from desktop_llm.chat.types import ChatChange, ChatChanged, Conversation, Role
from desktop_llm.config.paths import guide_model
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.chat_page.branch_view import BranchView
from desktop_llm.gui.chat_page.composer import Mode
from desktop_llm.gui.chat_page.drafts import NEW_CHAT, Drafts
from desktop_llm.gui.chat_page.outbox import Letter, Outbox
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.chat_page.usage import Subject, UsageCounter
from desktop_llm.gui.core import Core
from desktop_llm.gui.fixes import Fixes
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.status_bar import phase_text
from desktop_llm.gui.tasks import Tasks

NEW = Conversation(NEW_CHAT, "")


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
    ) -> None:
        super().__init__()
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._fixes = fixes
        self._tasks = tasks
        self._drafts = drafts
        self._page = page
        self._opening = 0
        self._edit_of = ""
        self._forgotten = ""
        self._new_chat = NEW
        self.conversation = NEW
        self.branch = BranchView(core.chat, bridge, page)
        self.outbox = Outbox(core.chat, engine, bridge, tasks, self._make, core.store.delete)
        self._usage = UsageCounter(core, bridge, tasks, page.composer.meter, self._subject)
        for part in (self.branch, self.outbox, self._usage):
            part.setParent(self)
        self._unsubscribe = core.chat.changed.subscribe(self._wake)
        self._connect()
        self._engine_changed()
        self._show_conversation(NEW)

    def close(self) -> None:
        """Keep the draft and stop listening. Answers that run are the core's to end."""
        self._unsubscribe()
        self._engine.changed.disconnect(self._engine_changed)
        self._keep_draft()
        self._usage.close()
        self.branch.clear()

    # Opening

    def open(self, conversation_id: str) -> None:
        """Show a conversation; an empty id is a new chat."""
        if conversation_id:
            self._tasks.start(self.show(conversation_id))
        else:
            self.new_chat()

    def new_chat(self) -> None:
        """Show an empty conversation, stored when its first question is sent."""
        if self.conversation.id != NEW_CHAT:
            self._leave()
            self.branch.clear()
            self._page.show_empty()
            if self.outbox.waiting_in(NEW_CHAT) is None:
                self._new_chat = NEW
            self._show_conversation(self._new_chat)
        self._page.composer.focus()

    async def show(self, conversation_id: str) -> None:
        """Show a conversation; its answers and those of the one before run on."""
        if conversation_id == self.conversation.id:
            return
        self._leave()
        opening = self._opening
        conversation = await self._core.store.get(conversation_id)
        if opening != self._opening:
            return
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

    # Writing and sending

    def send(self, text: str) -> None:
        """Send `text`, or the edited question."""
        self._page.notice.show_error(None)
        letter = Letter(self.conversation.id, text, edit_of=self._edit_of)
        self._page.composer.show_mode(Mode.WRITING)
        if letter.edit_of:
            self._edit_of = ""
            self._page.composer.set_text(self._drafts.get(letter.conversation_id))
        else:
            self._page.composer.set_text("")
            # Until it is stored, the text stays in the drafts: it outlives a crash.
            self._drafts.keep(letter.conversation_id, text)
        self.outbox.post(letter)

    def stop(self) -> None:
        """Stop the answer that runs in the conversation on show."""
        stream = self._core.chat.stream_of(self.conversation.id)
        if stream is not None:
            self._tasks.start(self._bridge.call(self._core.chat.stop(stream.message_id)))

    def escape(self) -> None:
        """Leave the innermost thing that is going on: editing, waiting, or the running answer."""
        if self._page.composer.mode is not Mode.WRITING:
            self._cancel()
        else:
            self.stop()

    def regenerate(self, message_id: str) -> None:
        """Answer the question before `message_id` once more, as another version."""
        self._page.notice.show_error(None)
        self.outbox.post(Letter(self.conversation.id, regenerate=message_id))

    def regenerate_last(self) -> None:
        """Regenerate the last answer."""
        answer = self.branch.last_answer()
        if answer is not None and self._core.chat.stream_of(self.conversation.id) is None:
            self.regenerate(answer.id)

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
        message = self.branch.message(message_id)
        if message is None or message.role is not Role.USER:
            return
        self._keep_draft()
        self._edit_of = message_id
        note = self.tr("Editing your question. Enter sends it as a new version, Esc cancels.")
        self._page.composer.show_mode(Mode.EDITING, note)
        self._page.composer.set_text(message.content)
        self._page.composer.focus()

    # Inside

    def _connect(self) -> None:
        page, composer = self._page, self._page.composer
        composer.send_asked.connect(self.send)
        composer.stop_asked.connect(self.stop)
        composer.cancel_asked.connect(self._cancel)
        composer.text_changed.connect(self._text_changed)
        page.view_made.connect(self._view_made)
        page.sheet_made.connect(lambda sheet: sheet.changed.connect(self._settings_changed))
        page.sheet_opened.connect(lambda: page.sheet.show_conversation(self.conversation))
        page.empty.suggested.connect(self.send)
        page.notice.fix_asked.connect(self._fixes.carry_out)
        self.branch.changed.connect(self._usage.poke)
        self.branch.changed.connect(self._show_streaming)
        self.branch.warned.connect(page.notice.show_error)
        self.branch.sync_wanted.connect(self._sync)
        self.outbox.waiting.connect(self._show_waiting)
        self.outbox.sent.connect(self._sent)
        self.outbox.refused.connect(self._refused)
        self._engine.changed.connect(self._engine_changed)

    def _view_made(self, view: QObject) -> None:
        view.regenerate_requested.connect(self.regenerate)  # type: ignore[attr-defined]
        view.retry_requested.connect(self.regenerate)  # type: ignore[attr-defined]
        view.edit_requested.connect(self.edit)  # type: ignore[attr-defined]
        view.version_requested.connect(self._turn_version)  # type: ignore[attr-defined]
        view.fix_requested.connect(self._fixes.carry_out)  # type: ignore[attr-defined]

    def _leave(self) -> None:
        """Keep what belongs to the conversation on show before another takes its place."""
        self._opening += 1
        if self._page.sheet_is_open:
            self._page.sheet.flush()
        self._keep_draft()
        self._edit_of = ""

    def _keep_draft(self) -> None:
        if self._page.composer.mode is Mode.WRITING:
            self._drafts.keep(self.conversation.id, self._page.composer.text)

    def _show_conversation(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self._page.notice.show_error(None)
        self._show_title()
        if self._page.sheet_is_open:
            self._page.sheet.show_conversation(conversation)
        waiting = self.outbox.waiting_in(conversation.id)
        if waiting is not None:
            self._show_waiting(waiting)
        else:
            self._page.composer.show_mode(Mode.WRITING)
            self._page.composer.set_text(self._drafts.get(conversation.id))
        self._show_streaming()
        self._usage.poke()
        self.opened.emit(conversation.id)

    def _show_title(self) -> None:
        self._page.title.setText(self.conversation.title or self.tr("New chat"))

    def _show_streaming(self) -> None:
        streaming = {stream.conversation_id for stream in self._core.chat.streams()}
        self._page.composer.set_streaming(self.conversation.id in streaming)
        self.streams_changed.emit(streaming)

    def _show_waiting(self, letter: Letter) -> None:
        if letter.conversation_id != self.conversation.id:
            return
        state = self._engine.state
        name = self._engine.name_of(state.path or self._engine.last_path)
        stage = phase_text(state) if state.phase is Phase.LOADING else self.tr("Loading")
        note = self.tr("{model}: {stage}. Your message is sent when it is ready.")
        self._page.composer.show_mode(Mode.QUEUED, note.format(model=name, stage=stage))
        self._page.composer.set_text(letter.text)

    def _cancel(self) -> None:
        """Leave editing, or take back what waits for a model."""
        composer = self._page.composer
        if composer.mode is Mode.QUEUED:
            letter = self.outbox.take_back(self.conversation.id)
            composer.show_mode(Mode.WRITING)
            if letter is not None and letter.edit_of:
                self.edit(letter.edit_of)
                composer.set_text(letter.text)
            return
        self._edit_of = ""
        composer.show_mode(Mode.WRITING)
        composer.set_text(self._drafts.get(self.conversation.id))

    def _sent(self, letter: Letter, conversation_id: str) -> None:
        if self._drafts.get(letter.conversation_id) == letter.text:
            self._drafts.keep(letter.conversation_id, "")
        if letter.conversation_id != self.conversation.id:
            return
        if self._page.composer.mode is Mode.QUEUED:
            self._page.composer.show_mode(Mode.WRITING)
            self._page.composer.set_text(self._drafts.get(letter.conversation_id))
        if conversation_id != self.conversation.id:
            self._new_chat = NEW
            self._tasks.start(self.show(conversation_id))
        else:
            self._sync()
        self._show_streaming()

    def _refused(self, letter: Letter, error: AppError | None) -> None:
        """Nothing was sent: the text goes back to where it was written."""
        if letter.conversation_id != self.conversation.id:
            if letter.edit_of:  # questions are in the drafts already; edited ones are not
                draft = self._drafts.get(letter.conversation_id)
                text = "\n".join(part for part in (letter.text, draft) if part)
                self._drafts.keep(letter.conversation_id, text)
            return
        composer = self._page.composer
        written = "" if composer.mode is Mode.QUEUED else composer.text
        composer.show_mode(Mode.WRITING)
        if letter.edit_of:
            self.edit(letter.edit_of)
        if letter.text:
            composer.set_text("\n".join(part for part in (letter.text, written) if part))
        self._page.notice.show_error(error)

    async def _make(self) -> str:
        made = await self._core.store.create(
            system_prompt=self._new_chat.system_prompt, sampling=self._new_chat.sampling
        )
        return made.id

    def _turn_version(self, message_id: str, step: int) -> None:
        self._tasks.start(self._select_version(message_id, step))

    async def _select_version(self, message_id: str, step: int) -> None:
        versions = await self._core.store.versions(message_id)
        position = versions.index(message_id) + step
        if 0 <= position < len(versions):
            await self._core.store.select_version(versions[position])
            await self.branch.sync()

    def _sync(self) -> None:
        self._tasks.start(self.branch.sync())

    def _settings_changed(self, system_prompt: str, sampling: SamplingSettings) -> None:
        if self.conversation.id == NEW_CHAT:
            self._new_chat = Conversation(NEW_CHAT, "", system_prompt, sampling)
            self.conversation = self._new_chat
            self._usage.poke()
        else:
            self._tasks.start(self._save_settings(self.conversation.id, system_prompt, sampling))

    async def _save_settings(self, conversation_id: str, system: str, s: SamplingSettings) -> None:
        saved = await self._core.store.update(conversation_id, system_prompt=system, sampling=s)
        if saved.id == self.conversation.id:
            self.conversation = saved
            self._usage.poke()

    def _text_changed(self) -> None:
        self._keep_draft()
        self._usage.poke()

    def _subject(self) -> Subject:
        before = None
        ids = [message.id for message in self.branch.messages]
        if self._edit_of in ids:
            before = tuple(self.branch.messages[: ids.index(self._edit_of)])
        return Subject(self.conversation, self._page.composer.text, before)

    def _engine_changed(self) -> None:
        state = self._engine.state
        self._page.show_model(self._engine.name_of(state.path if state.model else None))
        waiting = self.outbox.waiting_in(self.conversation.id)
        if waiting is not None:
            self._show_waiting(waiting)
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
            self._sync()
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
