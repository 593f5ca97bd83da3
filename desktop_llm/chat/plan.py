"""What a question would take of the loaded model's context, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from desktop_llm.chat.prompt import Budget, Prompt, Turn, budget, fit
from desktop_llm.chat.types import ContextUsage, Conversation
from desktop_llm.config.settings import OverBudget, Settings
from desktop_llm.core.errors import AppError, Fix, sentence
from desktop_llm.core.units import format_count
from desktop_llm.engine.errors import not_ready
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import LoadedModel


@dataclass(frozen=True)
class Plan:
    """A prompt measured against the model it would go to."""

    model: LoadedModel
    room: Budget
    over: OverBudget
    prompt: Prompt

    @property
    def usage(self) -> ContextUsage:
        return ContextUsage(
            self.prompt.tokens, self.room.reserve, self.room.limit, self.prompt.dropped_turns
        )

    def check(self) -> None:
        """Raises AppError ``chat.over_budget`` with the exact counts and what to do.

        What passes leaves room for the conversation's max_tokens: that is its reserve.
        """
        if self.room.fits(self.prompt.tokens):
            return
        alone = self.prompt.dropped_turns > 0
        counts = {
            "tokens": format_count(self.prompt.tokens),
            "reserve": format_count(self.room.reserve),
            "limit": format_count(self.room.limit),
        }
        raise AppError(
            "chat.over_budget",
            sentence(
                "Even without the earlier turns, this needs {tokens} tokens for the prompt and "
                "{reserve} reserved for the answer, but the model's context is {limit} tokens, so "
                "nothing was sent.",
                **counts,
            )
            if alone
            else sentence(
                "This needs {tokens} tokens for the prompt and {reserve} reserved for the answer, "
                "but the model's context is {limit} tokens, so nothing was sent.",
                **counts,
            ),
            sentence(
                "Shorten the question, reserve fewer tokens for the answer, let the oldest turns "
                "be dropped (Settings), or load the model with a longer context."
            )
            if self.over is OverBudget.REFUSE
            else sentence(
                "Shorten the question, reserve fewer tokens for the answer, or load the model with "
                "a longer context."
            ),
            fix=Fix.OPEN_SETTINGS,
            needed_tokens=self.prompt.tokens + self.room.reserve,
        )


class Planner:
    """Counts through the engine, on its loop."""

    def __init__(self, engine: Generator, settings: Callable[[], Settings]) -> None:
        self._engine = engine
        self._settings = settings
        self._dropped: dict[str, int] = {}

    async def plan(self, conversation: Conversation, turns: Sequence[Turn]) -> Plan:
        """`turns` as they would be sent in `conversation`; with none at all, nothing is counted.

        Raises AppError ``engine.not_ready`` or ``engine.died`` with no model, and what the engine's
        counting raises.
        """
        model = self._engine.state.model
        if model is None:
            raise not_ready(self._engine.state)
        settings = self._settings()
        room = budget(model.context_length, conversation.sampling.max_tokens, settings)
        if not turns:
            return Plan(model, room, settings.over_budget, Prompt((), 0))
        prompt = await fit(
            conversation.system_prompt,
            turns,
            room,
            settings.over_budget,
            self._engine.count_tokens,
            near=self._dropped.get(conversation.id, 0),
        )
        self._dropped[conversation.id] = prompt.dropped_turns
        return Plan(model, room, settings.over_budget, prompt)
