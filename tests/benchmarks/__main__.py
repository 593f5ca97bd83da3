"""`python -m tests.benchmarks [names…] [--quick] [--json FILE]`: run them, print one table."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback
from pathlib import Path

from tests.benchmarks.harness import Figure, Options, machine, table, write_json

NAMES = (
    "window",
    "conversation",
    "message_view",
    "gui_gap",
    "panel",
    "engine",
    "first_token",
    "chat_ready",
    "server",
    "quantize",
    "telemetry",
)


def main() -> int:
    """Returns 0 if every target is met, 1 if one is missed, 2 if a benchmark failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}; all without")
    parser.add_argument("--quick", action="store_true", help="few repetitions, to try it out")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples there")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}")

    facts = machine()
    figures: list[Figure] = []
    failed = False
    options = Options(arguments.quick)
    for name in arguments.names or NAMES:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            module = importlib.import_module(f"tests.benchmarks.{name}")
            figures += module.measure(options)
        except Exception:  # noqa: BLE001 - the other benchmarks still have something to say
            traceback.print_exc()
            failed = True
    if figures:
        print(table(figures))
    if arguments.json:
        write_json(arguments.json, figures, facts)
    if failed:
        return 2
    return 1 if any(figure.met is False for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
