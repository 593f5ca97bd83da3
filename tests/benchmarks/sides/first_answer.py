"""Asks in the real window as soon as it is there, for `chat_ready`."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from tests.benchmarks.sides import session
from tests.benchmarks.sides.answering import Line, given

if TYPE_CHECKING:
    from desktop_llm.gui.messages.message_widget import MessageWidget
    from desktop_llm.gui.workbench import Workbench


async def scenario(bench: Workbench) -> float:
    """When (`time.monotonic`) the first text of the answer stands in the message view."""
    await session.store_open(bench)
    bench.chat.send(given()["prompt"])

    def text_came() -> bool:
        page = bench.chat_page
        if not page.shows_messages or len(page.view.messages) < 2:
            return False
        widget = page.view.widgets.get(len(page.view.messages) - 1)
        last = cast("MessageWidget | None", widget)
        return last is not None and bool(last.body.document().toPlainText().strip())

    await session.until(text_came)
    return time.monotonic()


if __name__ == "__main__":
    line = Line()
    line.answer(session.run(scenario))
