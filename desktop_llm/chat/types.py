"""Conversations and messages as everyone outside the store sees them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.core.memory import KvLedger


class Role(StrEnum):
    USER = "user"
    ASSISTANT = "assistant"


class MessageStatus(StrEnum):
    """`STOPPED` by the person; `INTERRUPTED` when the app ended or the model was unloaded."""

    COMPLETE = "complete"
    STREAMING = "streaming"
    STOPPED = "stopped"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True)
class AnswerMetrics:
    """What an answer took. `ttft_ms` is from sending to the first token, as the person felt it.

    So often the KV cache had no room for it (`preemptions`); `kv` is who held it the first time.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    ttft_ms: float | None = None
    tokens_per_s: float | None = None
    finish_reason: str | None = None
    dropped_turns: int = 0
    preemptions: int = 0
    kv: KvLedger | None = None


@dataclass(frozen=True)
class MessageError:
    """The AppError a failed answer ended with, as stored. `needed_tokens` as there."""

    code: str
    message: str
    hint: str = ""
    fix: str = "none"
    fix_value: str = ""
    detail: str = ""
    needed_tokens: int = 0


@dataclass(frozen=True)
class Message:
    """One turn of a branch. Siblings are the versions made by regenerating or editing.

    `created_at` is seconds since the epoch; `sibling_index` counts from 0.
    """

    id: str
    conversation_id: str
    parent_id: str | None
    role: Role
    content: str
    status: MessageStatus
    created_at: float
    model_name: str = ""
    metrics: AnswerMetrics | None = None
    error: MessageError | None = None
    sibling_index: int = 0
    sibling_count: int = 1


@dataclass(frozen=True)
class Conversation:
    """A conversation's own facts. `head_id` is the last message of the branch on show."""

    id: str
    title: str
    system_prompt: str = ""
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    head_id: str | None = None
    created_at: float = 0.0
    updated_at: float = 0.0


MATCH_BEGIN, MATCH_END = "\x02", "\x03"


@dataclass(frozen=True)
class SearchHit:
    """A conversation that matches, with a snippet of the text that does (``…`` at cut ends).

    Matched words in `snippet` stand between `MATCH_BEGIN` and `MATCH_END`. `snippet` and
    `message_id`, the best of the messages that match, are empty when only the title did.
    """

    conversation: Conversation
    snippet: str = ""
    message_id: str = ""


@dataclass(frozen=True)
class ContextUsage:
    """What the composer's meter shows: the prompt as it would be sent now, against its limit."""

    prompt_tokens: int
    reserve_tokens: int
    limit_tokens: int
    dropped_turns: int = 0

    @property
    def over_budget(self) -> bool:
        return self.prompt_tokens + self.reserve_tokens > self.limit_tokens


@dataclass(frozen=True)
class StreamUpdate:
    """What a reader of a running answer has not seen yet.

    `waiting` until the first token. `message` is the ended answer, in the last update alone.
    `warning` stands while the answer cannot be saved; it goes on streaming and is kept in memory.
    """

    text: str
    completion_tokens: int
    waiting: bool
    message: Message | None = None
    warning: AppError | None = None


class ChatChange(StrEnum):
    """The list and what it shows; the messages of one conversation; which answers are running."""

    CONVERSATIONS = "conversations"
    MESSAGES = "messages"
    STREAMS = "streams"


@dataclass(frozen=True)
class ChatChanged:
    """Something a view may want to read again; `conversation_id` is empty when it is the list."""

    change: ChatChange
    conversation_id: str = ""
