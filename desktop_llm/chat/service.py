"""The session: sends, streams, stops and branches. Its coroutines run on the engine loop."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from desktop_llm.chat import failures, prompt
from desktop_llm.chat.answer import RunningAnswer
from desktop_llm.chat.plan import Plan, Planner
from desktop_llm.chat.rows import clean
from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.stream import AnswerStream
from desktop_llm.chat.title import title_of
from desktop_llm.chat.types import (
    ChatChange,
    ChatChanged,
    ContextUsage,
    Conversation,
    Message,
    MessageStatus,
    Role,
)
from desktop_llm.config.settings import Settings
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import ChatMessage, GenerationRequest, Owner, OwnerKind, Priority

log = logging.getLogger(__name__)

_RETRY_S = 2.0
_LAST_WAIT_S = 5.0


class ChatService:
    """Conversations that answer: any number at once, one answer at a time in each.

    Coroutines run on the engine loop; `messages`, `stream_of` and `streams` on any thread's.
    `changed` is the store's own event: emitted on the storage thread for what is on the disk, and
    on the engine thread when an answer begins or ends (STREAMS).
    """

    def __init__(
        self, store: ChatStore, engine: Generator, settings: Callable[[], Settings]
    ) -> None:
        self._store = store
        self._engine = engine
        self._claimed: set[str] = set()
        self._running: dict[str, RunningAnswer] = {}
        self._unsaved: dict[str, Message] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._retrying: asyncio.Task[None] | None = None
        self._planner = Planner(engine, settings)
        self._history: tuple[Conversation, list[prompt.Turn]] | None = None
        self._closing = self._cutting = False
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def changed(self) -> Event[ChatChanged]:
        return self._store.changed

    def stream_of(self, conversation_id: str) -> AnswerStream | None:
        """The answer running in this conversation, on show or not. Any thread."""
        running = self._running.get(conversation_id)
        return running.stream if running else None

    def streams(self) -> tuple[AnswerStream, ...]:
        """All running answers. Any thread."""
        return tuple(running.stream for running in tuple(self._running.values()))

    async def messages(self, conversation_id: str) -> list[Message]:
        """The branch on show, with what memory knows better than the disk. Any loop."""
        _, messages = await self._branch(conversation_id)
        return messages

    async def send(self, conversation_id: str, text: str) -> AnswerStream:
        """Ask `text` at the end of the branch on show.

        When this returns, the question is on the disk and the answer is running. When it raises
        AppError, nothing was stored or submitted, so whoever holds the typed text must keep it:
        ``chat.busy``, ``chat.over_budget``, ``chat.empty``, ``chat.closing``, ``engine.not_ready``,
        or what the store or the engine's counting raises.
        """
        sent = time.perf_counter()
        with self._claim(conversation_id):
            conversation, before = await self._branch(conversation_id)
            return await self._ask(conversation, before, text, sent)

    async def edit_and_resend(self, user_message_id: str, text: str) -> AnswerStream:
        """Ask `text` as another version of that question. Raises as `send` does."""
        sent = time.perf_counter()
        question = await self._store.message(user_message_id)
        with self._claim(question.conversation_id):
            conversation = await self._store.get(question.conversation_id)
            before = await self._path(question.parent_id)
            return await self._ask(conversation, before, text, sent)

    async def regenerate(self, answer_id: str) -> AnswerStream:
        """Answer the same question again, as another version. Raises as `send` does."""
        sent = time.perf_counter()
        old = await self._store.message(answer_id)
        question_id = old.parent_id
        if old.role is not Role.ASSISTANT or question_id is None:
            raise ValueError(f"{answer_id} is not an answer")
        with self._claim(old.conversation_id):
            conversation = await self._store.get(old.conversation_id)
            turns = prompt.turns_of(await self._path(question_id))

            def begin(model_name: str) -> Coroutine[Any, Any, Message]:
                return self._store.begin_answer(old.conversation_id, question_id, model_name)

            return await self._answer(conversation, turns, begin, sent)

    async def stop(self, message_id: str) -> None:
        """Abort that answer in the engine; its text so far is kept. Does nothing when it ended.

        Returns when the answer has ended.
        """
        for running in tuple(self._running.values()):
            if running.stream.message_id == message_id:
                running.cut(MessageStatus.STOPPED)
                await running.ended.wait()

    async def delete(self, conversation_id: str) -> None:
        """Stop what runs in it, then hide it (see `ChatStore.delete`)."""
        if running := self._running.get(conversation_id):
            await self.stop(running.stream.message_id)
        await self._store.delete(conversation_id)

    async def usage(self, conversation_id: str | None, draft: str) -> ContextUsage:
        """What sending `draft` now would take; None is a conversation not begun yet.

        Raises AppError ``engine.not_ready`` with no model, and what counting raises.
        """
        conversation, turns = await self._turns(conversation_id)
        if turns or draft or conversation.system_prompt:
            turns = [*turns, _question(draft)]
        return (await self._planner.plan(conversation, turns)).usage

    async def close(self, drain_s: float) -> None:
        """Take no more questions, let answers run for `drain_s` seconds, then cut them short.

        Those are kept as INTERRUPTED. What could not be saved so far is tried once more. The store
        stays open.
        """
        self._closing = True
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), drain_s)
        self._cutting = True
        for running in tuple(self._running.values()):
            running.cut(MessageStatus.INTERRUPTED)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), _LAST_WAIT_S)
        if self._retrying is not None:
            self._retrying.cancel()
        await self._save_ended()
        for answer in self._unsaved.values():
            log.error("Answer %s could not be saved before the app closed.", answer.id)

    @contextmanager
    def _claim(self, conversation_id: str) -> Iterator[None]:
        """One answer at a time: held until the answer ends, or until here if none began."""
        if self._closing:
            raise failures.closing()
        if conversation_id in self._claimed:
            raise failures.busy()
        self._claimed.add(conversation_id)
        self._idle.clear()
        try:
            yield
        finally:
            if conversation_id not in self._running:
                self._release(conversation_id)

    def _release(self, conversation_id: str) -> None:
        self._claimed.discard(conversation_id)
        if not self._claimed:
            self._idle.set()

    async def _ask(
        self, conversation: Conversation, before: Sequence[Message], text: str, sent: float
    ) -> AnswerStream:
        text = clean(text)
        if not text.strip():
            raise failures.empty()
        parent_id = before[-1].id if before else None

        async def begin(model_name: str) -> Message:
            title = "" if conversation.title else title_of(text)
            _, answer = await self._store.begin_turn(
                conversation.id, parent_id, text, model_name=model_name, title=title
            )
            return answer

        turns = [*prompt.turns_of(before), _question(text)]
        return await self._answer(conversation, turns, begin, sent)

    async def _answer(
        self,
        conversation: Conversation,
        turns: Sequence[prompt.Turn],
        begin: Callable[[str], Coroutine[Any, Any, Message]],
        sent: float,
    ) -> AnswerStream:
        plan = await self._planner.plan(conversation, turns)
        plan.check()
        beginning = asyncio.create_task(begin(plan.model.name))
        try:
            answer = await asyncio.shield(beginning)
        except asyncio.CancelledError:
            # What is being stored gets its answer, whether or not anyone still waits for this.
            self._start(await beginning, conversation, plan, sent)
            raise
        return self._start(answer, conversation, plan, sent)

    def _start(
        self, answer: Message, conversation: Conversation, plan: Plan, sent: float
    ) -> AnswerStream:
        request = GenerationRequest(
            plan.prompt.messages,
            conversation.sampling,
            Priority.WINDOW,
            request_id=answer.id,
            owner=Owner(
                OwnerKind.CHAT,
                conversation.title or title_of(plan.prompt.messages[-1].content),
                conversation.id,
            ),
        )
        stream = AnswerStream(answer)
        running = RunningAnswer(
            stream,
            self._store,
            self._engine,
            request,
            sent=sent,
            prompt_tokens=plan.prompt.tokens,
            dropped_turns=plan.prompt.dropped_turns,
        )
        self._running[conversation.id] = running
        if self._cutting:
            running.cut(MessageStatus.INTERRUPTED)
        task = asyncio.create_task(self._conclude(running))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        self.changed.emit(ChatChanged(ChatChange.STREAMS, conversation.id))
        return stream

    async def _conclude(self, running: RunningAnswer) -> None:
        stream = running.stream
        answer = await running.run()
        self._unsaved[answer.id] = answer
        try:
            stream.warn(await self._save(answer))
        finally:
            del self._running[stream.conversation_id]
            self._release(stream.conversation_id)
            stream.end(answer)
            running.ended.set()
            self.changed.emit(ChatChanged(ChatChange.STREAMS, stream.conversation_id))

    async def _save(self, answer: Message) -> AppError | None:
        """Store how `answer` ended. If that fails it stays in memory and is tried again."""
        try:
            await self._store.finish_answer(answer)
        except AppError as error:
            if error.code != failures.NOT_FOUND:
                self._retry()
                return error
        self._unsaved.pop(answer.id, None)
        return None

    def _retry(self) -> None:
        async def retry() -> None:
            while self._unsaved:
                await asyncio.sleep(_RETRY_S)
                await self._save_ended()

        if not self._cutting and (self._retrying is None or self._retrying.done()):
            self._retrying = asyncio.create_task(retry())

    async def _save_ended(self) -> None:
        for answer in tuple(self._unsaved.values()):
            await self._save(answer)

    async def _branch(self, conversation_id: str) -> tuple[Conversation, list[Message]]:
        conversation, messages = await self._store.with_branch(conversation_id)
        return conversation, [self._fresh(message) for message in messages]

    async def _path(self, message_id: str | None) -> list[Message]:
        if message_id is None:
            return []
        return [self._fresh(message) for message in await self._store.path_to(message_id)]

    def _fresh(self, message: Message) -> Message:
        if ended := self._unsaved.get(message.id):
            place = message.sibling_index, message.sibling_count
            return replace(ended, sibling_index=place[0], sibling_count=place[1])
        running = self._running.get(message.conversation_id)
        if running and running.stream.message_id == message.id:
            return replace(message, content=running.stream.text)
        return message

    async def _turns(self, conversation_id: str | None) -> tuple[Conversation, list[prompt.Turn]]:
        """Remembers the last history that rests, since the meter asks at every keystroke."""
        if conversation_id is None:
            return Conversation("", ""), []
        conversation = await self._store.get(conversation_id)
        if self._history and self._history[0] == conversation:
            return self._history
        turns = prompt.turns_of(await self.messages(conversation_id))
        if conversation_id not in self._running:
            self._history = conversation, turns
        return conversation, turns


def _question(text: str) -> prompt.Turn:
    return (ChatMessage("user", text),)
