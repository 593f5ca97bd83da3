"""How long the GUI thread does not answer, while the app does its heaviest work.

A gap is what lies between two ticks of a precise 4 ms QTimer on the GUI thread, less the 4 ms; the
99th percentile is over all ticks of a phase. The real app runs under Xvfb, in a fresh home past its
first run, and is driven through its own window. Phases: *importing* is from the first, still empty
window on the screen until the app has imported itself, filled the window and imported vLLM for the
guide model it loads at its start; *loading* from there until the model is ready; *streaming* is one
answer in the conversation on show (sent through the composer's own way) while 16 other
conversations generate beside it, 1,500 tokens each (`ignore_eos`). *Together* is all three as one
series. *Quantizing* is a whole AWQ job of the guide model with its measurements, its page on show
and the model still loaded; the longest gap has no target there. Each launch of the app gives one
figure of each.
"""

from __future__ import annotations

from tests.benchmarks.display import Display
from tests.benchmarks.harness import Figure, Options, Target, percentile
from tests.benchmarks.processes import Side, environment, home

NAME = "gui_gap"
OTHERS = 16
PHASES = ("importing", "loading", "streaming")
QUANTIZING = "quantizing"
_P99 = Target(16.7, of_ratio=False)
_LONGEST = Target(150, of_ratio=False)


def measure(options: Options) -> list[Figure]:
    launches = []
    given = {
        "others": OTHERS,
        "tokens": options.times(1500, 400),
        "samples": options.times(32, 4),
    }
    with Display() as display:
        for number in range(options.times(5, 1)):
            with home() as root:
                side = Side("gaps", given, environment(root, display.name))
                try:
                    gaps = side.ask()
                finally:
                    side.close()
            gaps["together"] = [gap for phase in PHASES for gap in gaps[phase]]
            launches.append(gaps)
            options.say(f"launch {number + 1}: longest {max(gaps['together']):.0f} ms")
    return [
        figure
        for phase in (*PHASES, "together", QUANTIZING)
        for figure in (
            Figure(
                NAME,
                f"{phase}: 99th percentile",
                "ms",
                [percentile(gaps[phase], 0.99) for gaps in launches],
                target=_P99,
            ),
            Figure(
                NAME,
                f"{phase}: longest",
                "ms",
                [max(gaps[phase]) for gaps in launches],
                target=None if phase == QUANTIZING else _LONGEST,
            ),
        )
    ]
