"""One answer from the first token to how it ended. Runs on the engine loop."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.stream import AnswerStream
from desktop_llm.chat.timing import Timing
from desktop_llm.chat.types import Message, MessageError, MessageStatus
from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import Delta, FinishReason, GenerationRequest, Phase

# Text is at most this old when it is saved; with the write itself a kill loses well under 2 s.
SAVE_EVERY_S = 0.75


class RunningAnswer:
    """Feeds a stream from the engine and keeps saving what came. Made and used on the engine loop.

    `sent` is when the person sent the question, on `time.perf_counter`. Whoever stores the end
    sets `ended`.
    """

    def __init__(
        self,
        stream: AnswerStream,
        store: ChatStore,
        engine: Generator,
        request: GenerationRequest,
        *,
        sent: float,
        prompt_tokens: int,
        dropped_turns: int,
    ) -> None:
        self.stream = stream
        self.ended = asyncio.Event()
        self._store = store
        self._engine = engine
        self._request = request
        self._timing = Timing(sent)
        self._last = Delta("", 0, prompt_tokens)
        self._dropped_turns = dropped_turns
        self._cut_as = MessageStatus.STOPPED
        self._generation = asyncio.create_task(self._generate())

    def cut(self, status: MessageStatus) -> None:
        """Abort it in the engine; it ends with its partial text and this status."""
        if not self._generation.done():
            self._cut_as = status
            self._generation.cancel()

    async def run(self) -> Message:
        """Wait for the end, saving regularly; returns the ended answer, still to be stored."""
        saving = asyncio.create_task(self._keep_saving())
        await asyncio.wait({self._generation})
        saving.cancel()
        await asyncio.wait({saving})
        return self._ended()

    async def _generate(self) -> None:
        async for delta in self._engine.generate(self._request):
            self._timing.took(delta)
            self._last = delta
            self.stream.feed(delta.text, delta.completion_tokens)

    async def _keep_saving(self) -> None:
        reader = self.stream.attach(lambda: None)
        saved, unsaved = 0, ""
        try:
            while True:
                await asyncio.sleep(SAVE_EVERY_S)
                unsaved += reader.drain().text
                if not unsaved:
                    continue
                try:
                    await self._store.save_partial(self.stream.message_id, saved, unsaved)
                except AppError as error:
                    self.stream.warn(error)
                else:
                    saved, unsaved = saved + len(unsaved), ""
                    self.stream.warn(None)
        finally:
            reader.close()

    def _ended(self) -> Message:
        status, error = self._outcome()
        metrics = self._timing.metrics(self._last, self._dropped_turns)
        if status in (MessageStatus.STOPPED, MessageStatus.INTERRUPTED):
            metrics = replace(metrics, finish_reason=FinishReason.ABORT)
        return replace(
            self.stream.answer,
            content=self.stream.text,
            status=status,
            metrics=metrics,
            error=error,
        )

    def _outcome(self) -> tuple[MessageStatus, MessageError | None]:
        if self._generation.cancelled():
            return self._cut_as, None
        match self._generation.exception(), self._last.finish_reason:
            case None, FinishReason.STOP | FinishReason.LENGTH:
                return MessageStatus.COMPLETE, None
            case None, FinishReason.ABORT:
                # The engine aborts on its own only while the model is unloaded; else a person did.
                ready = self._engine.state.phase is Phase.READY
                return MessageStatus.STOPPED if ready else MessageStatus.INTERRUPTED, None
            case None, _:
                return MessageStatus.FAILED, _unexplained()
            case AppError() as error, _:
                return MessageStatus.FAILED, _told(error)
            case bug, _:
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "An answer failed unexpectedly", "exception": bug}
                )
                return MessageStatus.FAILED, _bug(bug)


def _told(error: AppError) -> MessageError:
    fix = error.fix
    if error.code == "engine.died" and fix is Fix.NONE:
        fix = Fix.RELOAD_MODEL
    return MessageError(
        error.code,
        error.message,
        error.hint,
        fix,
        error.fix_value,
        error.detail,
        error.needed_tokens,
    )


def _unexplained() -> MessageError:
    return MessageError(
        "engine.generation_failed",
        sentence("The engine ended this answer without saying why."),
        sentence("Regenerate it; if it happens again, reload the model."),
        Fix.RELOAD_MODEL,
    )


def _bug(bug: BaseException | None) -> MessageError:
    return MessageError(
        "chat.bug",
        sentence("Something in the app went wrong while this answer was being written."),
        sentence("Regenerate it; if it happens again, report it with the details."),
        detail=repr(bug),
    )
