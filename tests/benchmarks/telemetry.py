"""What looking at the machine costs: CPU time as a share of one core.

A process of its own samples one GPU with eight processes and all else that NVML tells, makes the
figures, keeps the history and judges the alerts, as the app does. NVML is the stand-in of the
tests, so the driver's own share is not in it, and the real pynvml.

The monitor page is measured in the real app under Xvfb, with the guide model loaded and ten minutes
of history in every chart: the CPU time of the app's process while nothing is asked, before the page
was ever shown, with it on show, and with it hidden again; and tokens a second of 16 conversations
and the gaps of the GUI thread (as in `gui_gap`), with it on show and with the chat page on show.
"""

from __future__ import annotations

import statistics
import tempfile
from functools import partial
from pathlib import Path

from tests.benchmarks.display import Display
from tests.benchmarks.harness import Figure, Options, Target, alternate, percentile
from tests.benchmarks.processes import Side, environment, home
from tests.helpers.nvml.stand_in import CONTROL_VARIABLE, StandIn, build

NAME = "telemetry"


def measure(options: Options) -> list[Figure]:
    return _sampling(options) + _page(options)


def _sampling(options: Options) -> list[Figure]:
    seconds = options.times(20, 4)
    rounds = options.times(3, 1)
    with tempfile.TemporaryDirectory(prefix="benchmark-nvml-") as name:
        folder = Path(name)
        build(folder)
        stand_in = StandIn(folder / "control")
        stand_in.set(processes=8, process_pid=1, process_bytes=2**28, nvlinks=4)
        variables = environment() | {
            "LD_LIBRARY_PATH": str(folder),
            CONTROL_VARIABLE: str(stand_in.file),
        }
        side = Side("sampling", {}, variables)
        try:
            ready = side.ask()
            assert ready["gpus"] == 1
            options.say(f"{ready['figures']} figures are kept")
            watched = [side.ask({"interval": 1, "seconds": seconds}) for _ in range(rounds)]
            quick = [side.ask({"interval": 0.5, "seconds": seconds}) for _ in range(rounds)]
            alone = [side.ask({"interval": 0, "seconds": seconds}) for _ in range(rounds)]
        finally:
            side.close()
    samples = sum(answer["samples"] for answer in watched + quick)
    spent = sum(answer["thread"] for answer in watched + quick)
    return [
        _share("sampling at 1 Hz, watched", watched, Target(0.5, of_ratio=False)),
        _share("sampling at 2 Hz, watched", quick, Target(1.0, of_ratio=False)),
        _share("nobody watches", alone, Target(0.0, of_ratio=False)),
        Figure(
            NAME, "wake-ups, nobody watches", "", [answer["wake_ups"] for answer in alone],
            target=Target(0, of_ratio=False),
        ),
        Figure(NAME, "CPU time a sample", "ms", [spent / samples * 1000]),
    ]  # fmt: skip


def _page(options: Options) -> list[Figure]:
    seconds = options.times(30, 5)
    rounds = options.times(3, 1)
    given = {"tokens": options.times(1500, 200)}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-nvml-") as name,
        Display() as display,
        home() as root,
    ):
        folder = Path(name)
        build(folder)
        stand_in = StandIn(folder / "control")
        variables = environment(root, display.name) | {
            "LD_LIBRARY_PATH": str(folder),
            CONTROL_VARIABLE: str(stand_in.file),
        }
        side = Side("monitor_page", given, variables)
        try:
            options.say(f"{side.ask()['figures']} figures are kept")
            side.ask({"page": "chat"})  # the first answers warm the engine up
            unseen = [side.ask({"page": "chat", "seconds": seconds}) for _ in range(rounds)]
            resting = alternate(
                {
                    page: partial(side.ask, {"page": page, "seconds": seconds})
                    for page in ("monitor", "chat")
                },
                rounds,
            )
            answering = alternate(
                {page: partial(side.ask, {"page": page}) for page in ("monitor", "chat")},
                options.times(6, 1),
            )
        finally:
            side.close()
    before = statistics.median(100 * answer["cpu"] / answer["wall"] for answer in unseen)
    more = {
        page: [100 * answer["cpu"] / answer["wall"] - before for answer in answers]
        for page, answers in resting.items()
    }
    gaps = [answer["gaps"] for answer in answering["monitor"]]
    return [
        _share("the app at rest, before the monitor page was shown", unseen, None, "cpu"),
        Figure(
            NAME, "more than that with the page on show", "% of a core", more["monitor"],
            target=Target(2.0, of_ratio=False),
        ),
        Figure(
            NAME, "more than that once it is hidden", "% of a core", more["chat"],
            target=Target(0.1, of_ratio=False),
        ),
        Figure(
            NAME, "16 conversations, monitor page on show", "tok/s",
            [answer["speed"] for answer in answering["monitor"]],
            [answer["speed"] for answer in answering["chat"]],
            Target(0.98, at_least=True),
        ),
        Figure(
            NAME, "GUI gap meanwhile: 99th percentile", "ms",
            [percentile(each, 0.99) for each in gaps],
            [percentile(answer["gaps"], 0.99) for answer in answering["chat"]],
            Target(16.7, of_ratio=False),
        ),
        Figure(NAME, "GUI gap meanwhile: longest", "ms", [max(each) for each in gaps]),
    ]  # fmt: skip


def _share(
    what: str, answers: list[dict[str, float]], target: Target | None, of: str = "thread"
) -> Figure:
    shares = [100 * answer[of] / answer["wall"] for answer in answers]
    return Figure(NAME, what, "% of a core", shares, target=target)
