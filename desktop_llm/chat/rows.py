"""How conversations and messages are written as rows, and read back."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import asdict
from typing import Any, TypeVar

from desktop_llm.chat.types import (
    AnswerMetrics,
    Conversation,
    Message,
    MessageError,
    MessageStatus,
    Role,
)
from desktop_llm.config.lenient import read_lenient
from desktop_llm.config.sampling import SamplingSettings

log = logging.getLogger(__name__)

T = TypeVar("T")

CONVERSATION = "c.id, c.title, c.system_prompt, c.sampling, c.head_id, c.created_at, c.updated_at"
MESSAGE = (
    "m.id, m.conversation_id, m.parent_id, m.role, m.content, m.status, m.created_at, "
    "m.model_name, m.metrics, m.error"
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean(text: str) -> str:
    """`text` with lone surrogates, which no UTF-8 file can hold, replaced one for one."""
    return _SURROGATE.sub("\ufffd", text)


def conversation(row: tuple[Any, ...]) -> Conversation:
    """A row of the columns `CONVERSATION`."""
    identifier, title, system_prompt, sampling, head_id, created_at, updated_at = row
    return Conversation(
        identifier,
        title,
        system_prompt,
        _facts(SamplingSettings, sampling, f"The sampling settings of conversation {identifier}")
        or SamplingSettings(),
        head_id,
        created_at,
        updated_at,
    )


def message(row: tuple[Any, ...], index: int = 0, count: int = 1) -> Message:
    """A row of the columns `MESSAGE`, with its place among its siblings."""
    identifier, conversation_id, parent_id, role, content, status, at, model, metrics, error = row
    return Message(
        identifier,
        conversation_id,
        parent_id,
        Role(role),
        content,
        MessageStatus(status),
        at,
        model,
        _facts(AnswerMetrics, metrics, f"The metrics of message {identifier}"),
        _facts(MessageError, error, f"The error of message {identifier}"),
        index,
        count,
    )


def metrics(text: str, source: str) -> AnswerMetrics | None:
    """An answer's metrics as they were stored; None where nothing can be made of them."""
    return _facts(AnswerMetrics, text, source)


def sampling_text(sampling: SamplingSettings) -> str:
    """Only what was set: what was left to the model stays so when defaults change."""
    return sampling.model_dump_json(exclude_unset=True)


def facts_text(facts: AnswerMetrics | MessageError | None) -> str | None:
    """Metrics or an error as JSON, or None."""
    return None if facts is None else json.dumps(asdict(facts))


def _facts(kind: type[T], text: str | None, source: str) -> T | None:
    """What was written as JSON, as far as this version of the app understands it."""
    if text is None:
        return None
    try:
        values = json.loads(text)
    except ValueError:
        log.warning("%s cannot be read: no JSON", source)
        return None
    return read_lenient(kind, values, source)
