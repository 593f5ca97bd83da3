"""The map of the KV blocks: who gets how many cells, in which colour, and what hovering tells."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import QPoint

from desktop_llm.config.settings import Theme as ThemeChoice
from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState
from desktop_llm.engine.types import Owner, OwnerKind, Priority
from desktop_llm.gui import geometry
from desktop_llm.gui.memory_dock.block_cells import (
    MOST_CELLS,
    block_cells,
    blocks_per_cell,
    holdings,
)
from desktop_llm.gui.memory_dock.block_map import holding_text
from desktop_llm.gui.memory_dock.request_colors import COLORS, RequestColors
from desktop_llm.gui.workbench import Workbench
from tests.gui.conftest import until
from tests.helpers.fake_engine import engine_statistics


def cache(blocks: int, used: int) -> EngineStatistics:
    return engine_statistics(
        kv_blocks=blocks,
        kv_blocks_used=used,
        kv_usage=used / blocks,
        kv_capacity_tokens=(blocks + 1) * 16,
    )


def request(
    name: str,
    kv_tokens: int | None,
    cached: int | None = 0,
    state: RequestState = RequestState.RUNNING,
    **more: object,
) -> EngineRequest:
    owner = Owner(OwnerKind.CHAT, name)
    return EngineRequest(name, owner, state, 100, 5, kv_tokens, cached, 1.0, **more)  # type: ignore[arg-type]


def blocks_by(statistics: EngineStatistics, *requests: EngineRequest) -> dict[str, int]:
    return {
        holding.request.id if holding.request else str(holding.by): holding.blocks
        for holding in holdings(statistics, requests)
    }


def test_that_the_blocks_of_each_request_and_the_free_ones_add_up() -> None:
    found = blocks_by(cache(1023, 30), request("a", 160), request("b", 311))
    assert found == {"a": 10, "b": 20, "free": 993}


def test_that_a_prefix_that_two_requests_share_is_counted_once() -> None:
    first, second = request("a", 320, cached=160), request("b", 320, cached=160)
    assert blocks_by(cache(1023, 30), first, second) == {
        "a": 10,
        "b": 10,
        "shared": 10,
        "free": 993,
    }


def test_that_a_step_s_delay_makes_no_prefix_shared() -> None:
    """The scheduler's figure is of the step before that of the request."""
    assert blocks_by(cache(1023, 19), request("a", 320, cached=160)) == {"a": 20, "free": 1003}


def test_that_what_is_being_read_is_its_own_where_only_one_reads() -> None:
    reading, other = request("b", None, None), request("c", None, None)
    assert blocks_by(cache(1023, 25), request("a", 160), reading) == {
        "a": 10,
        "b": 15,
        "free": 998,
    }
    assert blocks_by(cache(1023, 25), request("a", 160), reading, other) == {
        "a": 10,
        "reading": 15,
        "free": 998,
    }


def test_that_waiting_requests_hold_nothing_and_a_full_cache_has_no_free_cell() -> None:
    waiting = request("w", 0, state=RequestState.WAITING)
    assert blocks_by(cache(10, 10), request("a", 400), waiting) == {"a": 10}


@pytest.mark.parametrize(("blocks", "per_cell"), [(50, 1), (312, 1), (313, 2), (50_000, 200)])
def test_that_the_map_stays_readable_for_few_and_for_many_blocks(
    blocks: int, per_cell: int
) -> None:
    assert blocks_per_cell(blocks) == per_cell
    cells = block_cells(cache(blocks, 0), ())
    assert cells.count == -(-blocks // per_cell) <= MOST_CELLS


def test_that_whoever_holds_a_block_has_a_cell_and_the_rest_is_in_proportion() -> None:
    cells = block_cells(cache(50_000, 10_001), [request("a", 16), request("b", 160_000)])
    shares = {
        holding.request.id if holding.request else str(holding.by): count
        for holding, count in cells.shares
    }
    assert shares == {"a": 1, "b": 50, "free": 199}
    at = [cells.at(place) for place in (0, 1, 50, 51, 249, 250)]
    assert [holding and (holding.request.id if holding.request else "free") for holding in at] == [
        "a",
        "b",
        "b",
        "free",
        "free",
        None,
    ]
    crowd = [request(str(number), 16) for number in range(200)]
    crowded = block_cells(cache(50_000, 50_000), [request("big", 797_000), *crowd])
    assert crowded.count == 250
    assert min(count for _, count in crowded.shares) == 1


def test_that_a_cache_without_blocks_has_no_cells() -> None:
    assert block_cells(engine_statistics(kv_blocks=0, kv_capacity_tokens=0), ()).count == 0


def test_that_a_request_keeps_its_colour_and_a_newcomer_gets_a_free_one() -> None:
    colors = RequestColors()
    colors.keep(["a", "b"])
    first, second = colors.of("a"), colors.of("b")
    assert first != second
    colors.keep(["b", "c"])
    assert colors.of("b") == second
    assert colors.of("c") == first
    colors.keep([str(number) for number in range(len(COLORS))])
    assert len({colors.of(str(number)) for number in range(len(COLORS))}) == len(COLORS)


async def test_that_map_and_rows_wear_the_same_colours(ready: Workbench) -> None:
    ready.show_dock(True)
    dock, there = ready.dock, [request("a", 160), request("b", 480)]
    dock.show_engine(cache(50, 40), there)
    blocks = dock.engine.blocks
    assert dock.engine.scale.text() == "1 cell = 1 block (16 tokens)"
    holding = blocks.holding_at(QPoint(2, 2))
    assert holding is not None
    assert holding_text(holding) == ("a: 10 KV blocks, 160 tokens, 0 of them from the prefix cache")
    assert "b: 30 KV blocks" in blocks.accessibleDescription()
    assert blocks.accessibleDescription().endswith("Free: 10 KV blocks")
    for choice in (ThemeChoice.LIGHT, ThemeChoice.DARK):
        ready.theme.choose(choice)
        row = dock.requests.rows["a"]
        cell = blocks.grab().toImage().pixelColor(4, 4)
        swatch = row._swatch.grab().toImage().pixelColor(5, 5)
        assert cell == swatch == ready.theme.color(dock._colors.of("a"))


async def test_that_nothing_in_the_narrowest_dock_is_cut_off(ready: Workbench) -> None:
    ready.show_dock(True)
    ready.dock.show_engine(cache(1023, 600), [request(str(number), 400) for number in range(30)])
    content = ready.dock.engine.parentWidget()
    assert content is not None
    room = geometry.NARROWEST_DOCK - 10  # less the scroll bar
    assert content.minimumSizeHint().width() <= room


async def test_that_every_row_of_cells_is_on_show(ready: Workbench) -> None:
    ready.show_dock(True)
    blocks = ready.dock.engine.blocks
    for count in (50, 1023, 50_000):
        ready.dock.show_engine(cache(count, 0), ())
        await until(lambda: blocks.height() == blocks.heightForWidth(blocks.width()))
        last = QPoint(2, blocks.height() - 3)
        assert blocks.holding_at(last), "the last row has a cell"
        assert blocks.holding_at(QPoint(2, blocks.height() + 5)) is None


async def test_that_the_map_is_drawn_once_a_change(ready: Workbench) -> None:
    ready.show_dock(True)
    blocks = ready.dock.engine.blocks
    there = [request("a", 160)]
    ready.dock.show_engine(cache(50, 10), there)
    blocks.grab()
    before = blocks.drawn
    for _ in range(3):
        ready.dock.show_engine(cache(50, 10), there)
        blocks.grab()
    assert blocks.drawn == before
    ready.dock.show_engine(cache(50, 11), [request("a", 176)])
    blocks.grab()
    assert blocks.drawn == before + 1
    ready.show_dock(False)
    ready.dock.show_engine(cache(50, 12), [request("a", 192)])
    await asyncio.sleep(0.01)
    assert blocks.drawn == before + 1, "nothing is drawn while it is hidden"


async def test_that_a_row_says_priority_and_place_in_line(ready: Workbench) -> None:
    ready.show_dock(True)
    client = Owner(OwnerKind.PORT, "script")
    there = [
        request("a", 160, priority=Priority.WINDOW, preemptions=2),
        EngineRequest("b", client, RequestState.PREEMPTED, 10, 0, 0, None, 2.0, Priority.CLIENT),
        EngineRequest("c", Owner(), RequestState.WAITING, 10, 0, 0, None, 3.0, 5),
    ]
    ready.dock.show_engine(cache(50, 10), there)
    rows = ready.dock.requests.rows
    assert rows["a"].state.text() == (
        "running · 1.0 s · priority: your chat, goes first · preempted 2×"
    )
    assert rows["b"].state.text() == (
        "preempted · place 1 in line · 2.0 s · priority: port, after your chats"
    )
    assert rows["c"].state.text() == "waiting · place 2 in line · 3.0 s · priority: 5"
