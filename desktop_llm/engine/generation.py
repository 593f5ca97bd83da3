"""Answers from a loaded engine: messages rendered, counted, generated."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import TemplateError
from vllm import SamplingParams
from vllm.exceptions import VLLMClientError
from vllm.inputs.engine import tokens_input
from vllm.outputs import RequestOutput
from vllm.renderers.params import ChatParams, TokenizeParams
from vllm.sampling_params import RequestOutputKind, StructuredOutputsParams
from vllm.v1.engine.async_llm import AsyncLLM
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.identifiers import new_id
from desktop_llm.core.memory import KvLedger
from desktop_llm.core.units import format_count
from desktop_llm.engine.errors import engine_died, not_ready, prompt_too_long
from desktop_llm.engine.rendered import RenderedPrompts
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    EngineState,
    FinishReason,
    GenerationRequest,
    Owner,
    Phase,
    Priority,
)

# What vLLM's own chat route passes, so that window and port render one and the same prompt.
_CHAT = ChatParams(
    chat_template_kwargs={
        "add_generation_prompt": True,
        "continue_final_message": False,
        "tools": None,
        "documents": None,
    }
)
# What shapes the answer, by its names here and in vLLM's structured outputs.
_FORMS = {"json_schema": "json", "regex": "regex", "choice": "choice"}
_UNLIMITED = TokenizeParams(max_total_tokens=None, add_special_tokens=False)


class Generation:
    """One loaded `AsyncLLM`. All coroutines run on the engine loop."""

    def __init__(self, llm: AsyncLLM) -> None:
        self._llm = llm
        self._defaults: dict[str, Any] = llm.model_config.get_diff_sampling_param()
        self._context: int = llm.model_config.max_model_len
        self._asked: dict[str, tuple[Owner, int]] = {}
        self._rendered = RenderedPrompts()
        # Of a request that has ended, by id: how often it was preempted, and who held the KV cache.
        self.take_preemptions: Callable[[str], tuple[int, KvLedger | None]] = lambda _id: (0, None)
        self._closing = False
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def context(self) -> int:
        """The most tokens of a prompt and its answer together."""
        return self._context

    @property
    def closing(self) -> bool:
        """Whether the model is being unloaded: nothing may be sent to it any more."""
        return self._closing

    @property
    def renderer(self) -> Any:
        """vLLM's renderer of this model, with its tokenizer."""
        return self._llm.renderer

    @property
    def asked(self) -> Mapping[str, tuple[Owner, int]]:
        """Whose the requests under way are and their priority, by their ids."""
        return self._asked

    async def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing is rendered or answered, for at most `seconds`; whether it is so."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)
        return self._idle.is_set()

    async def render(self, messages: Sequence[ChatMessage]) -> dict[str, Any]:
        """vLLM's engine input for `messages`: the model's own template and tokenizer.

        Raises AppError ``engine.bad_template``, or ``engine.not_ready`` while it is unloaded.
        """
        conversation = [{"role": m.role, "content": m.content} for m in messages]
        try:
            with self.counted():
                _, (prompt,) = await self._llm.renderer.render_chat_async(
                    [conversation], _CHAT, _UNLIMITED
                )
        except TimeoutError as error:
            raise AppError(
                "engine.bad_template",
                sentence("The model's chat template took too long to render this conversation."),
                sentence(
                    "Shorten the conversation. If a short one fails too, the template is broken or "
                    "means harm: get the model from a source you trust."
                ),
                detail=repr(error),
            ) from error
        except (ValueError, TypeError, RuntimeError, TemplateError) as error:
            if self._closing and isinstance(error, RuntimeError):  # vLLM's threads have ended
                raise not_ready(EngineState(Phase.UNLOADING)) from error
            raise AppError(
                "engine.bad_template",
                sentence(
                    "The model's chat template refused this conversation: {reason}", reason=error
                ),
                sentence(
                    "Models without a chat template (base models) cannot chat; some templates "
                    "refuse a system prompt or two turns of the same role."
                ),
                detail=repr(error),
            ) from error
        return dict(prompt)

    async def count(self, messages: Sequence[ChatMessage]) -> int:
        """Prompt tokens of `messages`, generation prompt included."""
        prompt = self._rendered.get(messages)
        if prompt is None:
            prompt = await self.render(messages)
            self._rendered.put(messages, prompt)
        return len(prompt["prompt_token_ids"])

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        """Stream one answer; closing the iterator aborts it in the engine within one step."""
        with self.counted():
            prompt = await self._prompt(request)
            prompt["arrival_time"] = time.time()
            prompt_tokens = len(prompt["prompt_token_ids"])
            left = self._context - prompt_tokens
            if left < 1:
                raise prompt_too_long(prompt_tokens, self._context)
            if self._closing:
                yield Delta("", 0, prompt_tokens, finish_reason=FinishReason.ABORT)
                return
            params = sampling_params(self._defaults, request.sampling, left)
            request_id = request.request_id or new_id()
            outputs = self.outputs(prompt, params, request_id, request.priority, request.owner)
            completion_tokens = 0
            try:
                async for output in outputs:
                    answer = output.outputs[0]
                    completion_tokens += len(answer.token_ids)
                    preemptions, ledger = (
                        self.take_preemptions(request_id) if output.finished else (0, None)
                    )
                    yield Delta(
                        text=answer.text,
                        completion_tokens=completion_tokens,
                        prompt_tokens=prompt_tokens,
                        cached_tokens=output.num_cached_tokens or 0,
                        finish_reason=_finish(answer.finish_reason),
                        preemptions=preemptions,
                        kv=ledger,
                    )
            finally:
                await outputs.aclose()

    async def outputs(
        self,
        prompt: dict[str, Any],
        params: SamplingParams,
        request_id: str = "",
        priority: int = Priority.CLIENT,
        owner: Owner | None = None,
    ) -> AsyncGenerator[RequestOutput, None]:
        """What vLLM says to a rendered prompt; what it raises is told as AppErrors.

        For a caller that is `counted`. Closing it aborts the request in the engine.
        """
        request_id = request_id or new_id()
        # What is asked for here has its form from the first token on: no reasoning goes before it.
        outputs = self._llm.generate(
            prompt, params, request_id, priority=priority, reasoning_ended=True
        )
        try:
            with self.noted(request_id, owner or Owner(), priority):
                async for output in outputs:
                    yield output
        except EngineDeadError as error:
            raise engine_died() from error
        except EngineGenerateError as error:
            raise AppError(
                "engine.generation_failed",
                sentence("This answer failed in the engine; the engine itself goes on."),
                sentence("Try again; the log has the cause."),
                detail=repr(error.__cause__ or error),
                fix=Fix.SHOW_LOG,
            ) from error
        except (VLLMClientError, ValueError) as error:
            raise _bad_request(error) from error
        finally:
            await outputs.aclose()

    async def _prompt(self, request: GenerationRequest) -> dict[str, Any]:
        if request.prompt_token_ids:
            return dict(tokens_input(list(request.prompt_token_ids)))
        return self._rendered.take(request.messages) or await self.render(request.messages)

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Count as under way: the engine is not unloaded before this has ended, or was aborted."""
        self._under_way += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    @contextlib.contextmanager
    def noted(self, request_id: str, owner: Owner, priority: int) -> Iterator[None]:
        """Say whose `request_id` is while it is in the engine, so that it can be found there."""
        self._asked[request_id] = (owner, priority)
        try:
            yield
        finally:
            self._asked.pop(request_id, None)

    async def abort_all(self) -> None:
        """Abort what is under way; each stream ends with ``FinishReason.ABORT``. For good."""
        self._closing = True
        if self._asked:
            await self._llm.abort(list(self._asked))

    def fail_all(self) -> None:
        """Have what is under way raise ``engine.died`` now, for the engine is gone.

        vLLM would tell its readers itself, but not once its shutdown has begun.
        """
        self._closing = True
        self._llm.output_processor.propagate_error(EngineDeadError())


def sampling_params(
    defaults: dict[str, Any], settings: SamplingSettings, tokens_left: int
) -> SamplingParams:
    """vLLM's parameters: the model's defaults, then what is set; never beyond the context.

    Raises AppError ``engine.bad_request`` with the reason.
    """
    given = {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in settings.model_dump(exclude_unset=True).items()
        if value not in (None, (), {})
    }
    form = {vllm: given.pop(ours) for ours, vllm in _FORMS.items() if ours in given}
    chosen = defaults | given
    most, least = chosen.get("max_tokens"), chosen.get("min_tokens", 0)
    if most and least > most:
        raise AppError(
            "engine.bad_request",
            sentence(
                "Min tokens ({least}) is more than max tokens ({most}).",
                least=format_count(least),
                most=format_count(most),
            ),
            sentence("Change one of them in the sampling settings of this conversation."),
        )
    chosen["max_tokens"] = min(most or tokens_left, tokens_left)
    chosen["min_tokens"] = min(least, tokens_left)
    try:
        if form:
            chosen["structured_outputs"] = StructuredOutputsParams(**form)
        return SamplingParams(**chosen, output_kind=RequestOutputKind.DELTA, skip_clone=True)
    except (VLLMClientError, ValueError) as error:
        raise _bad_request(error) from error


def _bad_request(error: Exception) -> AppError:
    return AppError(
        "engine.bad_request",
        sentence("vLLM refused the request: {reason}", reason=error),
        sentence("Change the sampling settings of this conversation."),
        detail=repr(error),
    )


def _finish(reason: str | None) -> FinishReason | None:
    if reason is None:
        return None
    try:
        return FinishReason(reason)
    except ValueError:  # "repetition" and what later versions add: the model was stopped
        return FinishReason.STOP
