"""Process start to a visible window, against a bare PySide6 main window of the same size.

Ours is `python -m desktop_llm` as a person starts it, in a fresh home past its first run; it loads
no model at its start (what follows the first paint is not the question here; `gui_gap` looks at
it). The reference is `sides/bare_window.py`. Both open on one Xvfb. "Visible" is the first pixel of
the window on the screen; "filled", without a target, is when its contents have stood still for a
second. Both are seen in the X server's framebuffer from outside: nothing runs inside either process
to measure it. The runs alternate; one of each goes before that is not counted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from tests.benchmarks.display import Display
from tests.benchmarks.harness import Figure, Options, Target, alternate
from tests.benchmarks.processes import SIDES, end, environment, home, start

NAME = "window"


def measure(options: Options) -> list[Figure]:
    with Display() as display:
        blank = display.row()

        def times_of(arguments: Sequence[str]) -> tuple[float, float]:
            with home(load_at_start=False) as fresh:
                began = time.monotonic()
                process = start(arguments, environment(fresh, display.name))
                try:
                    seen = display.wait_for_change(blank, process)
                    filled = display.wait_for_rest(seen)
                finally:
                    end(process)
                display.wait_until_blank(blank)
            return seen - began, filled - began

        sides = {
            "ours": lambda: times_of(["-m", "desktop_llm"]),
            "bare": lambda: times_of(["-m", f"{SIDES}.bare_window"]),
        }
        alternate(sides, 1)
        found = alternate(sides, options.times(11, 5))
    visible, filled = (
        {side: [run[moment] for run in runs] for side, runs in found.items()} for moment in (0, 1)
    )
    return [
        Figure(NAME, "start to visible", "s", visible["ours"], visible["bare"], Target(2.0)),
        Figure(NAME, "start to filled", "s", filled["ours"], filled["bare"]),
    ]
