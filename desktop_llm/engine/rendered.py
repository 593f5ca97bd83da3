"""Rendered prompts, kept from their counting to their sending."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from desktop_llm.engine.types import ChatMessage

# A few megabytes of token ids: some dozen usual prompts, or one that fills the longest context.
KEPT_TOKENS = 131_072


class RenderedPrompts:
    """vLLM's engine inputs by their messages; the oldest make room. Engine loop only.

    A prompt is counted right before it is sent, while others are counted and sent too, and the
    meter counts what is being typed: nothing is rendered twice for it.
    """

    def __init__(self, kept_tokens: int = KEPT_TOKENS) -> None:
        self._kept_tokens = kept_tokens
        self._tokens = 0
        self._prompts: OrderedDict[tuple[ChatMessage, ...], dict[str, Any]] = OrderedDict()

    def get(self, messages: Sequence[ChatMessage]) -> dict[str, Any] | None:
        """The prompt of `messages`, if it is still here."""
        return self._prompts.get(tuple(messages))

    def put(self, messages: Sequence[ChatMessage], prompt: dict[str, Any]) -> None:
        """Keep `prompt`, however long it is, and drop the oldest beyond the limit."""
        self.take(messages)
        self._prompts[tuple(messages)] = prompt
        self._tokens += _length(prompt)
        while self._tokens > self._kept_tokens and len(self._prompts) > 1:
            _, oldest = self._prompts.popitem(last=False)
            self._tokens -= _length(oldest)

    def take(self, messages: Sequence[ChatMessage]) -> dict[str, Any] | None:
        """The prompt of `messages`, if it is still here, for the last time."""
        prompt = self._prompts.pop(tuple(messages), None)
        if prompt is not None:
            self._tokens -= _length(prompt)
        return prompt


def _length(prompt: dict[str, Any]) -> int:
    return len(prompt["prompt_token_ids"])
