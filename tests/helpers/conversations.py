"""Conversations made up for tests and benchmarks."""

from __future__ import annotations

from desktop_llm.chat.store import ChatStore
from desktop_llm.chat.types import Conversation, Role

_ANSWER = """Here is **point {n}**, with a list:

- first, `code` in a line
- second, a [link](https://example.org)

```python
def answer_{n}(question: str) -> str:
    return f"{{question}} is number {n}"
```
"""


def long_branch(messages: int) -> list[tuple[Role, str]]:
    """Questions and Markdown answers in turn."""
    return [
        (Role.USER, f"Question {n // 2}: how does step {n // 2} go on?")
        if n % 2 == 0
        else (Role.ASSISTANT, _ANSWER.format(n=n // 2))
        for n in range(messages)
    ]


async def add_long_conversation(store: ChatStore, messages: int = 5000) -> Conversation:
    """A conversation of that many messages, in one commit (about 0.3 s for 5,000)."""
    conversation = await store.create(title=f"{messages} messages")
    await store.import_branch(conversation.id, long_branch(messages))
    return await store.get(conversation.id)
