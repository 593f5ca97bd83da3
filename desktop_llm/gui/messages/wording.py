"""What the view says about a message: what it took, how it ended, what the buttons do."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.chat.types import AnswerMetrics, Message, MessageError, MessageStatus, Role
from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.gui.sentences import translated

translate = QCoreApplication.translate


def footer_text(message: Message) -> str:
    """The quiet line under an answer: who answered and what it took."""
    parts = [message.model_name] if message.model_name else []
    if message.metrics is not None:
        parts += _metrics(message.metrics)
    return " · ".join(parts)


def _metrics(metrics: AnswerMetrics) -> list[str]:
    parts = []
    if metrics.ttft_ms is not None:
        parts.append(
            translate("Messages", "TTFT {time}").format(time=format_seconds(metrics.ttft_ms / 1000))
        )
    if metrics.tokens_per_s is not None:
        parts.append(
            translate("Messages", "{rate} tok/s").format(rate=f"{metrics.tokens_per_s:,.1f}")
        )
    if metrics.completion_tokens:
        count = format_count(metrics.completion_tokens)
        if metrics.completion_tokens == 1:
            parts.append(translate("Messages", "1 token"))
        else:
            parts.append(translate("Messages", "{count} tokens").format(count=count))
    if metrics.finish_reason:
        parts.append(_finish(metrics.finish_reason))
    if metrics.cached_tokens > 0:
        parts.append(
            translate("Messages", "{cached} of {prompt} prompt tokens reused").format(
                cached=format_count(metrics.cached_tokens),
                prompt=format_count(metrics.prompt_tokens),
            )
        )
    if metrics.preemptions:
        count = format_count(metrics.preemptions)
        parts.append(translate("Messages", "preempted {count}×").format(count=count))
    return parts


def _finish(reason: str) -> str:
    return translate("Messages", "length: token limit reached") if reason == "length" else reason


def dropped_text(message: Message) -> str:
    """The sentence about turns that were left out of the prompt, or nothing."""
    dropped = message.metrics.dropped_turns if message.metrics else 0
    if dropped <= 0:
        return ""
    if dropped == 1:
        return translate("Messages", "The oldest turn was left out to fit the context.")
    return translate(
        "Messages", "The {count} oldest turns were left out to fit the context."
    ).format(count=format_count(dropped))


def notice_text(message: Message) -> tuple[str, str]:
    """What happened and what to do, for an answer that did not end by itself, or was held up."""
    match message.status:
        case MessageStatus.STOPPED:
            return translate("Messages", "You stopped this answer."), ""
        case MessageStatus.INTERRUPTED:
            return (
                translate(
                    "Messages",
                    "The model was unloaded or the app was closed before this answer was complete.",
                ),
                translate("Messages", "What had arrived was kept."),
            )
        case MessageStatus.FAILED:
            error = message.error or MessageError(
                "", translate("Messages", "This answer could not be completed.")
            )
            return translated(error.message), translated(error.hint)
        case MessageStatus.COMPLETE if message.metrics and message.metrics.preemptions:
            return (
                translate(
                    "Messages",
                    "The KV cache ran full while this was written: the answer had to wait, and "
                    "its tokens were computed again.",
                ),
                "",
            )
        case _:
            return "", ""


def can_be_helped(message: Message) -> bool:
    """Whether another load profile might have spared the answer what happened to it."""
    if message.error is not None and message.status is MessageStatus.FAILED:
        return message.error.needed_tokens > 0
    return bool(message.metrics and message.metrics.preemptions)


def spoken_name(message: Message) -> str:
    """What a screen reader calls the message: who speaks, and its state."""
    if message.role is Role.USER:
        return translate("Messages", "Your message")
    name = message.model_name
    answer = (
        translate("Messages", "Answer from {model}").format(model=name)
        if name
        else translate("Messages", "Answer")
    )
    match message.status:
        case MessageStatus.STREAMING:
            return translate("Messages", "{answer}, streaming").format(answer=answer)
        case MessageStatus.STOPPED:
            return translate("Messages", "{answer}, stopped").format(answer=answer)
        case MessageStatus.INTERRUPTED:
            return translate("Messages", "{answer}, interrupted").format(answer=answer)
        case MessageStatus.FAILED:
            return translate("Messages", "{answer}, failed").format(answer=answer)
        case _:
            return answer
