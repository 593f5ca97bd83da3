"""What is sent to the model: the turns of a branch, and how many of them fit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from desktop_llm.chat.types import Message, Role
from desktop_llm.config.settings import OverBudget, Settings
from desktop_llm.engine.types import ChatMessage

Turn = tuple[ChatMessage, ...]
Count = Callable[[Sequence[ChatMessage]], Awaitable[int]]


@dataclass(frozen=True)
class Budget:
    """Tokens: `limit` is the model's context length, `reserve` is kept for the answer."""

    limit: int
    reserve: int

    def fits(self, prompt_tokens: int) -> bool:
        return prompt_tokens + self.reserve <= self.limit


@dataclass(frozen=True)
class Prompt:
    """Messages ready to send, their tokens, and how many of the oldest turns were left out."""

    messages: tuple[ChatMessage, ...]
    tokens: int
    dropped_turns: int = 0


def budget(limit: int, max_tokens: int | None, settings: Settings) -> Budget:
    """The reserve is what the conversation asks for, else the setting.

    The setting never takes more than a quarter of a small context, or nothing could be asked.
    """
    return Budget(limit, max_tokens or min(settings.answer_reserve_tokens, limit // 4))


def turns_of(messages: Sequence[Message]) -> list[Turn]:
    """Questions, each with the answer it got, or as much of it as came. Empty ones are left out."""
    turns: list[Turn] = []
    for message in messages:
        if message.role is Role.USER:
            turns.append((ChatMessage("user", message.content),))
        elif turns and message.content:
            turns[-1] = (*turns[-1], ChatMessage("assistant", message.content))
    return turns


def flatten(system_prompt: str, turns: Sequence[Turn]) -> tuple[ChatMessage, ...]:
    """The system prompt, if any, and the turns.

    Questions left without an answer are joined with the one that follows, since many chat
    templates refuse two questions in a row.
    """
    messages = [ChatMessage("system", system_prompt)] if system_prompt.strip() else []
    for turn in turns:
        for message in turn:
            if messages and message.role == messages[-1].role == "user":
                messages[-1] = ChatMessage("user", f"{messages[-1].content}\n\n{message.content}")
            else:
                messages.append(message)
    return tuple(messages)


async def fit(
    system_prompt: str,
    turns: Sequence[Turn],
    room: Budget,
    over: OverBudget,
    count: Count,
    near: int = 0,
) -> Prompt:
    """The prompt as it would be sent, or, where nothing fits, the smallest that was tried.

    With DROP_OLDEST, the fewest oldest turns are left out that make it fit; the system prompt and
    the last question always stay. Counting is the costly part: it is done about log2(turns)
    times, or two or three where `near`, the number dropped last time, is still about right.
    """

    async def without(dropped: int) -> Prompt:
        messages = flatten(system_prompt, turns[dropped:])
        return Prompt(messages, await count(messages), dropped)

    most = 0 if over is OverBudget.REFUSE else max(len(turns) - 1, 0)
    near = min(near, most)
    too_few = -1
    fewest_that_fit: Prompt | None = None
    for dropped in (near, near - 1, near + 1, most):
        known = most + 1 if fewest_that_fit is None else fewest_that_fit.dropped_turns
        if too_few < dropped < known:
            tried = await without(dropped)
            if room.fits(tried.tokens):
                fewest_that_fit = tried
            else:
                too_few = dropped
    if fewest_that_fit is None:
        return tried
    while fewest_that_fit.dropped_turns - too_few > 1:
        tried = await without((too_few + fewest_that_fit.dropped_turns) // 2)
        if room.fits(tried.tokens):
            fewest_that_fit = tried
        else:
            too_few = tried.dropped_turns
    return fewest_that_fit
