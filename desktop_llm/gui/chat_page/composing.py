"""What the composer does in the conversation on show: write, edit, send, wait, take back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from desktop_llm.chat.types import Message, Role
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import Phase
from desktop_llm.gui.chat_page.composition import NEW_CHAT, Composition, Letter, Mode
from desktop_llm.gui.chat_page.drafts import Drafts
from desktop_llm.gui.chat_page.outbox import Outbox
from desktop_llm.gui.chat_page.page import ChatPage
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.status_bar import phase_text


class Composing(QObject):
    """Shows one conversation's `Composition` in the composer and keeps what is done to it.

    GUI thread. `changed`: something else would be sent. `refused` (AppError): a question did not
    go out for its length, as the page says.
    """

    changed = Signal()
    refused = Signal(object)

    def __init__(
        self, page: ChatPage, drafts: Drafts, outbox: Outbox, engine: ModelControl
    ) -> None:
        super().__init__()
        self._page = page
        self._composer = page.composer
        self._drafts = drafts
        self._outbox = outbox
        self._engine = engine
        self._conversation_id = NEW_CHAT
        self._composer.send_asked.connect(self.submit)
        self._composer.cancel_asked.connect(self.cancel)
        self._composer.text_changed.connect(self._written)
        outbox.waiting.connect(self._render)
        outbox.sent.connect(self._sent)
        outbox.refused.connect(self._refused)

    @property
    def composition(self) -> Composition:
        """What is being composed in the conversation on show."""
        return self._drafts.get(self._conversation_id)

    def show(self, conversation_id: str) -> None:
        """Show what is being composed in another conversation."""
        if conversation_id != self._conversation_id:
            self._conversation_id = conversation_id
            self._render()
            self._composer.forget_undo()

    def submit(self) -> None:
        """Send what is written: the next question, or the edited one."""
        if self._may_send():
            self._post(self.composition.submitted(self._conversation_id))

    def ask(self, question: str) -> None:
        """Send a question that nobody wrote here. What is written stays."""
        if self._may_send():
            letter = Letter(self._conversation_id, question, suggested=True)
            self._post(self.composition.posted(letter))

    def regenerate(self, answer_id: str) -> None:
        """Answer a question once more, as another version. What is written stays."""
        if self._may_send():
            letter = Letter(self._conversation_id, regenerate=answer_id)
            self._post(self.composition.posted(letter))

    def edit(self, question: Message) -> None:
        """Put a stored question into the composer, to be sent as another version."""
        if question.role is Role.USER and self._may_send():
            self._keep(self.composition.editing(question.id, question.content))
            self._composer.focus()

    def cancel(self) -> bool:
        """Leave editing, or take back what waits for a model; False if there is neither."""
        if self.composition.mode is Mode.WRITING:
            return False
        self._keep(self.composition.cancelled())
        return True

    def show_progress(self) -> None:
        """Say how far the load is that a letter waits for."""
        if self.composition.waits:
            self._render()

    def _may_send(self) -> bool:
        """One letter at a time: says so where another is on its way."""
        if self.composition.letter is None:
            return True
        self._page.notice.show_error(
            AppError(
                "chat.letter_waits",
                self.tr("Another message of this conversation has not been sent yet."),
                self.tr("Wait until it is sent, or cancel it first."),
            )
        )
        return False

    def _post(self, composition: Composition) -> None:
        self._page.notice.show_error(None)
        self._outbox.post(self._conversation_id, composition)
        self._render()

    def _keep(self, composition: Composition) -> None:
        self._drafts.keep(self._conversation_id, composition)
        self._render()

    def _written(self) -> None:
        written = self.composition.written(self._composer.text)
        self._drafts.keep(self._conversation_id, written)
        self.changed.emit()

    def _sent(self, letter: Letter, conversation_id: str) -> None:
        if letter.conversation_id == self._conversation_id:
            self._conversation_id = conversation_id  # what was a new chat is one no longer
            self._render()

    def _refused(self, letter: Letter, error: AppError | None) -> None:
        if letter.conversation_id == self._conversation_id:
            self._render()
            self._page.notice.show_error(error)
            if error is not None and error.needed_tokens:
                self.refused.emit(error)

    def _render(self) -> None:
        composition = self.composition
        self._composer.show_composition(composition.mode, composition.text, self._note())
        self.changed.emit()

    def _note(self) -> str:
        match self.composition.mode:
            case Mode.EDITING:
                return self.tr(
                    "Editing your question. Enter sends it as a new version, Esc cancels."
                )
            case Mode.QUEUED:
                state = self._engine.state
                name = self._engine.name_of(state.path or self._engine.last_path)
                loading = state.phase is Phase.LOADING
                stage = phase_text(state) if loading else self.tr("Loading")
                note = self.tr("{model}: {stage}. Your message is sent when it is ready.")
                return note.format(model=name, stage=stage)
            case _:
                return ""
