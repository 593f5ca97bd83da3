"""Opening a conversation of 5,000 messages in the real window, until its end is painted.

The app runs under Xvfb without a model. The time is from the choice in the conversation list to
the end of the first paint in which the last message is in sight, rendered, at the end of the view:
the store's reading, the Markdown and the layout are in it. `first` is the first conversation of a
launch, with the import of the message view; `another` changes between two of 5,000 messages.
"""

from __future__ import annotations

from tests.benchmarks.display import Display
from tests.benchmarks.harness import Figure, Options, Target
from tests.benchmarks.processes import Side, environment, home

NAME = "conversation"
MESSAGES = 5_000
_TARGET = Target(0.5, of_ratio=False)


def measure(options: Options) -> list[Figure]:
    first: list[float] = []
    again: list[float] = []
    given = {"messages": MESSAGES, "times": options.times(6, 3)}
    with Display() as display:
        for _ in range(options.times(5, 2)):
            with home(load_at_start=False) as root:
                side = Side("opening", given, environment(root, display.name))
                try:
                    found = side.ask()
                finally:
                    side.close()
            first.append(found["first"])
            again += found["again"]
    return [
        Figure(NAME, f"open {MESSAGES:,} messages, first", "s", first, target=_TARGET),
        Figure(NAME, f"open {MESSAGES:,} messages, another", "s", again, target=_TARGET),
    ]
