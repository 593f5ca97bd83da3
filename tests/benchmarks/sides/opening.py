"""Opens long conversations in the real window, for `conversation`."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, cast

from tests.benchmarks.sides import session
from tests.benchmarks.sides.answering import Line, given

if TYPE_CHECKING:
    from desktop_llm.gui.messages.message_widget import MessageWidget
    from desktop_llm.gui.workbench import Workbench


async def opened(bench: Workbench, conversation_id: str, messages: int) -> float:
    """Seconds from the choice in the list until its end is painted."""
    from PySide6.QtCore import QEvent, QObject, QTimer
    from PySide6.QtWidgets import QApplication

    seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def end_is_there() -> bool:
        if not bench.chat_page.shows_messages:
            return False
        view = bench.chat_page.view
        if len(view.messages) != messages or view.messages[0].conversation_id != conversation_id:
            return False
        last = cast("MessageWidget | None", view.widgets.get(messages - 1))
        if last is None or last.body.rendering.pending or not last.isVisible():
            return False
        return bool(view.at_end) and 0 < last.geometry().bottom() <= view.viewport().height() + 1

    class Paints(QObject):
        """When the paint of a frame that shows the end is over."""

        def eventFilter(self, watched: QObject, event: QEvent) -> bool:
            if event.type() is QEvent.Type.Paint and not seen.done() and end_is_there():
                QTimer.singleShot(0, self._painted)
            return False

        def _painted(self) -> None:
            if not seen.done():
                seen.set_result(time.perf_counter())

    paints = Paints()
    app = QApplication.instance()
    assert app is not None
    app.installEventFilter(paints)
    began = time.perf_counter()
    bench.panel.opened.emit(conversation_id)
    try:
        return await asyncio.wait_for(seen, 60) - began
    finally:
        app.removeEventFilter(paints)


async def scenario(bench: Workbench) -> dict[str, Any]:
    """One opening as the first thing the window does, then others in turn."""
    from tests.helpers.conversations import add_long_conversation

    messages, times = given()["messages"], given()["times"]
    store = bench._core.store
    await session.store_open(bench)
    made = [await add_long_conversation(store, messages) for _ in range(2)]
    await asyncio.sleep(0.5)
    first = await opened(bench, made[0].id, messages)
    again = []
    for number in range(1, times + 1):
        await asyncio.sleep(0.3)
        again.append(await opened(bench, made[number % 2].id, messages))
    return {"first": first, "again": again}


if __name__ == "__main__":
    line = Line()
    line.answer(session.run(scenario))
