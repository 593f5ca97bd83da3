"""The command line: look at the stamp, set up if need be, then run."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bootstrapping import stamp
from bootstrapping.errors import SetupError

if TYPE_CHECKING:
    import subprocess

ROOT = Path(__file__).resolve().parent.parent.parent
# They are for the Python that the person's other programs run on (ROS sets them, for one).
_OF_ANOTHER_PYTHON = ("PYTHONHOME", "PYTHONPATH")


def say(text: str) -> None:
    """Tell the person something, apart from the app's own output."""
    print(text, file=sys.stderr, flush=True)


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The command and our options, and what is passed on."""
    parser = argparse.ArgumentParser(
        prog="packaging/bootstrap.py",
        description="Set up this checkout once in .venv, then run the app or its tests.",
        epilog="Other arguments, and all after --, go to the app or to pytest.",
        allow_abbrev=False,
    )
    parser.add_argument("command", choices=("run", "test"))
    parser.add_argument(
        "--device",
        choices=("cuda", "cpu"),
        help="the set of packages to use; without it, by what this machine has",
    )
    parser.add_argument(
        "--repair",
        action="store_true",
        help="look through every installed package, and install again what is damaged",
    )
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    known, passed = parser.parse_known_args(arguments[:cut])
    return known, passed + arguments[cut + 1 :]


def main(arguments: list[str]) -> int:
    """Exit code: of the app or pytest; 2 where set-up cannot go on; 130 after Ctrl-C."""
    _open_closed_streams()
    options, passed = parse(arguments)
    for variable in _OF_ANOTHER_PYTHON:
        os.environ.pop(variable, None)
    try:
        if options.repair or not _is_ready(options):
            _set_up(options)
    except SetupError as problem:
        say(str(problem))
        return 2
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on where this one stopped.")
        return 130
    python = str(stamp.python_of(ROOT))
    if options.command == "run":
        # -P: what lies in the folder the person is in must not pass for a module.
        os.execv(python, [python, "-P", "-m", "desktop_llm", *passed])
    try:
        return _test(python, passed or _all_tests())
    except KeyboardInterrupt:
        return 130


def _open_closed_streams() -> None:
    """Put nothing in the place of a closed stream: the next file opened would take its number."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:
            os.set_inheritable(os.open(os.devnull, os.O_RDWR), True)
            setattr(sys, name, os.fdopen(number, "w" if number else "r", closefd=False))


def _is_ready(options: argparse.Namespace) -> bool:
    known = stamp.read(ROOT)
    return stamp.is_ready(ROOT, known, options.device, dev=options.command == "test")


def _set_up(options: argparse.Namespace) -> None:
    from bootstrapping import environment, install, machine, x11

    machine.check_platform()
    with install.exclusive(ROOT, say) as lock:
        # Whoever held the lock may have done the work, and an environment keeps its device.
        known = stamp.read(ROOT)
        if not options.repair and _is_ready(options):
            return
        present = environment.size(ROOT / ".venv")

        def check(chosen: machine.PackageSet) -> None:
            machine.check_disk(ROOT, chosen, present)

        wanted = options.device or (known.device if known else None)
        try:
            chosen = machine.choose(wanted, check, say)
        except SetupError as problem:
            if not problem.cpu_helps:
                raise
            if not _agrees_to_cpu(problem):
                raise SetupError(
                    f"{problem} To go on without the GPU: "
                    f"python3 packaging/bootstrap.py {options.command} --device cpu"
                ) from problem
            chosen = machine.choose("cpu", check, say)
        if warning := x11.warning():
            say(warning)
        tools = options.command == "test" or (known is not None and known.dev)
        try:
            install.install(ROOT, chosen, dev=tools, lock=lock, say=say)
        except OSError as error:
            raise SetupError(f"Setting up failed: {error}. {environment.WRITABLE}") from error


def _agrees_to_cpu(problem: SetupError) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(str(problem))
    say("Install the CPU packages instead? The app then runs slower, on the processor. [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _all_tests() -> list[str]:
    """Two files of tests at a time, each in its order: most of the time a load keeps one core busy.

    One on a GPU: what the tests measure there is the whole card.
    """
    known = stamp.read(ROOT)
    if known is None or known.device != "cpu":
        return []
    return ["--numprocesses=2", "--dist=loadfile", "--no-loadscope-reorder"]


def _test(python: str, passed: list[str]) -> int:
    import signal
    import subprocess

    from bootstrapping.display import display

    # So that a terminated run ends pytest and the display on its way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with (
        display(say) as variables,
        subprocess.Popen([python, "-m", "pytest", *passed], cwd=ROOT, env=variables) as tests,
    ):
        try:
            code, interrupted = _wait(tests)
        except BaseException:
            tests.kill()
            raise
    if interrupted:
        return 130
    return code if code >= 0 else 128 - code


def _wait(tests: subprocess.Popen[bytes]) -> tuple[int, bool]:
    """The exit code, and whether Ctrl-C came: the tests got it too, and clean up behind them."""
    interrupted = False
    while True:
        try:
            return tests.wait(), interrupted
        except KeyboardInterrupt:
            interrupted = True
