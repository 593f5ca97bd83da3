"""The requests of `engine` and `gui_gap`: the same on every side."""

from __future__ import annotations

from desktop_llm.config.sampling import SamplingSettings

_TOPICS = (
    "the context meter", "the KV cache", "the prefix cache", "tensor parallel size", "the dtype",
    "branches of an answer", "the search field", "the load profile", "the models folder", "TTFT",
    "conversation settings", "the system prompt", "the shortcuts", "unloading a model",
    "pickle weights", "the data folder",
)  # fmt: skip


def sampling(tokens: int) -> SamplingSettings:
    """Exactly `tokens` tokens, the likeliest ones."""
    return SamplingSettings(temperature=0.0, max_tokens=tokens, ignore_eos=True)


def question(number: int, stream: int) -> str:
    """What stream `stream` asks in round `number`: never the same twice."""
    topic = _TOPICS[stream % len(_TOPICS)]
    return f"Question {number}-{stream}: what is {topic}, and where in the window do I find it?"
