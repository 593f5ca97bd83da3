"""What looking at the machine costs: CPU time as a share of one core.

A process of its own samples one GPU with eight processes and all else that NVML tells, makes the
figures, keeps the history and judges the alerts, as the app does. NVML is the stand-in of the
tests, so the driver's own share is not in it, and the real pynvml.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks.harness import Figure, Options, Target
from tests.benchmarks.processes import Side, environment
from tests.helpers.nvml.stand_in import CONTROL_VARIABLE, StandIn, build

NAME = "telemetry"


def measure(options: Options) -> list[Figure]:
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


def _share(what: str, answers: list[dict[str, float]], target: Target) -> Figure:
    shares = [100 * answer["thread"] / answer["wall"] for answer in answers]
    return Figure(NAME, what, "% of a core", shares, target=target)
