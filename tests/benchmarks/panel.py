"""What the memory dock costs while it is on the screen, against the same window without it.

The real app under Xvfb, with the guide model: one chat on show and 16 beside it make exactly the
same number of tokens, in turns with the dock hidden and shown (block map, bars and a row for each
request, once a second), in a window so wide that the chat's column is the same in both. Speed is
all tokens over the time from the first question to the last end; gaps are those of `gui_gap`, while
the dock is shown. Then nothing is asked, and the CPU time of the app's process is a share of one
core; the cost is what the shown dock adds to the hidden one.
"""

from __future__ import annotations

from typing import Any

from tests.benchmarks.display import Display
from tests.benchmarks.harness import Figure, Options, Target, percentile
from tests.benchmarks.processes import Side, environment, home

NAME = "panel"
OTHERS = 16
_SPEED = Target(0.98, at_least=True)
_P99 = Target(16.7, of_ratio=False)
_SHARE = Target(2.0, of_ratio=False)


def measure(options: Options) -> list[Figure]:
    given = {
        "others": OTHERS,
        "tokens": options.times(1500, 600),
        "rounds": options.times(8, 4),
        "idle_seconds": options.times(20, 5),
    }
    with Display() as display, home() as root:
        side = Side("panel", given, environment(root, display.name))
        try:
            found = side.ask()
        finally:
            side.close()
    expected = (OTHERS + 1) * given["tokens"]
    assert {entry["tokens"] for entry in found["streaming"]} == {expected}
    shown, hidden = _sides(found["streaming"])
    idle_shown, idle_hidden = _sides(found["idle"])
    costs = [
        max(one["share"] - other["share"], 0.0)
        for one, other in zip(idle_shown, idle_hidden, strict=True)
    ]
    return [
        Figure(NAME, "speed, shown", "tok/s", _speed(shown), _speed(hidden), _SPEED),
        _gaps("GUI gap, shown: 99th percentile", shown, target=_P99),
        _gaps("GUI gap, hidden: 99th percentile", hidden),
        Figure(NAME, "CPU that showing it adds, no requests", "% of a core", costs, target=_SHARE),
        Figure(
            NAME, "CPU of the app, hidden, no requests", "% of a core",
            [entry["share"] for entry in idle_hidden],
        ),
    ]  # fmt: skip


def _sides(entries: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Shown and hidden, in the order of their pairs."""
    return (
        [entry for entry in entries if entry["shown"]],
        [entry for entry in entries if not entry["shown"]],
    )


def _speed(entries: list[dict[str, Any]]) -> list[float]:
    return [entry["tokens"] / entry["seconds"] for entry in entries]


def _gaps(what: str, entries: list[dict[str, Any]], target: Target | None = None) -> Figure:
    return Figure(
        NAME, what, "ms", [percentile(entry["gaps"], 0.99) for entry in entries], target=target
    )
