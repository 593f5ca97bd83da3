"""Where items stand when most were never measured."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.gui.messages.heights import Heights


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=40),
    st.lists(st.tuples(st.integers(0, 39), st.integers(0, 500)), max_size=20),
)
def test_that_tops_are_sums_of_heights(first: list[int], changes: list[tuple[int, int]]) -> None:
    heights = Heights(first[:-1])
    heights.append(first[-1])
    known = list(first)
    for number, height in changes:
        index = number % len(known)
        assert heights.set(index, height) == (known[index] != height)
        known[index] = height
    assert heights.total == sum(known)
    assert [heights.top(i) for i in range(len(known) + 1)] == [
        sum(known[:i]) for i in range(len(known) + 1)
    ]
    for y in (-5, 0, heights.total // 2, heights.total, heights.total + 9):
        index = heights.at(y)
        if 0 <= y < heights.total:
            assert heights.top(index) <= y < heights.top(index) + heights.height(index)
        else:
            assert index in (0, len(known) - 1)


def test_that_nothing_holds_nothing() -> None:
    assert Heights().at(10) == -1
    assert Heights().total == 0
