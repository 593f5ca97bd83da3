"""How conversations and messages are written as rows, and read back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from desktop_llm.chat.types import (
    AnswerMetrics,
    Conversation,
    Message,
    MessageError,
    MessageStatus,
    Role,
)
from desktop_llm.config.sampling import SamplingSettings

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
        identifier, title, system_prompt, _sampling(sampling), head_id, created_at, updated_at
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
        None if metrics is None else AnswerMetrics(**json.loads(metrics)),
        None if error is None else MessageError(**json.loads(error)),
        index,
        count,
    )


def sampling_text(sampling: SamplingSettings) -> str:
    """Only what was set: what was left to the model stays so when defaults change."""
    return sampling.model_dump_json(exclude_unset=True)


def facts_text(facts: AnswerMetrics | MessageError | None) -> str | None:
    """Metrics or an error as JSON, or None."""
    return None if facts is None else json.dumps(asdict(facts))


def _sampling(text: str) -> SamplingSettings:
    try:
        return SamplingSettings.model_validate_json(text)
    except ValidationError:
        return SamplingSettings()
