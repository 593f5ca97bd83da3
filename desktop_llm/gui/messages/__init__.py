"""The message view: one conversation, streaming Markdown."""

from desktop_llm.gui.messages.style import (
    DARK_COLORS,
    LIGHT_COLORS,
    MessageColors,
    message_colors,
)
from desktop_llm.gui.messages.view import MessageView

__all__ = ["DARK_COLORS", "LIGHT_COLORS", "MessageColors", "MessageView", "message_colors"]
