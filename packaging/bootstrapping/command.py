"""The command line: look at the stamp, set up if need be, then run."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from bootstrapping import stamp
from bootstrapping.errors import SetupError

ROOT = Path(__file__).resolve().parent.parent.parent


def say(text: str) -> None:
    """Tell the person something, apart from the app's own output."""
    print(text, file=sys.stderr, flush=True)


def parse(arguments: list[str]) -> tuple[str, str | None, list[str]]:
    """The command, the device asked for, and what is passed on."""
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
    cut = arguments.index("--") if "--" in arguments else len(arguments)
    known, passed = parser.parse_known_args(arguments[:cut])
    return known.command, known.device, passed + arguments[cut + 1 :]


def main(arguments: list[str]) -> int:
    """Exit code: of the app or pytest; 2 where set-up cannot go on; 130 after Ctrl-C."""
    command, device, passed = parse(arguments)
    dev = command == "test"
    try:
        if not stamp.is_ready(ROOT, stamp.read(ROOT), device, dev=dev):
            _set_up(command, device, dev=dev)
        python = str(stamp.python_of(ROOT))
        if not dev:
            # -P: what lies in the folder the person is in must not pass for a module.
            os.execv(python, [python, "-P", "-m", "desktop_llm", *passed])
        return _test(python, passed)
    except SetupError as problem:
        say(str(problem))
        return 2
    except KeyboardInterrupt:
        say("\nStopped. The same command goes on where this one stopped.")
        return 130


def _set_up(command: str, device: str | None, *, dev: bool) -> None:
    from bootstrapping import environment, install, machine

    machine.check_platform()
    with install.exclusive(ROOT, say) as lock:
        # Whoever held the lock may have done the work, and an environment keeps its device.
        known = stamp.read(ROOT)
        if stamp.is_ready(ROOT, known, device, dev=dev):
            return
        present = environment.size(ROOT / ".venv")

        def check(chosen: machine.PackageSet) -> None:
            machine.check_disk(ROOT, chosen, present)

        wanted = device or (known.device if known else None)
        try:
            chosen = machine.choose(wanted, check, say)
        except SetupError as problem:
            if not problem.cpu_helps:
                raise
            if not _agrees_to_cpu(problem):
                raise SetupError(
                    f"{problem} To go on without the GPU: "
                    f"python3 packaging/bootstrap.py {command} --device cpu"
                ) from problem
            chosen = machine.choose("cpu", check, say)
        keeps_tools = dev or (known is not None and known.dev)
        try:
            install.install(ROOT, chosen, dev=keeps_tools, lock=lock, say=say)
        except OSError as error:
            raise SetupError(f"Setting up failed: {error}. {environment.WRITABLE}") from error


def _agrees_to_cpu(problem: SetupError) -> bool:
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    say(str(problem))
    say("Install the CPU packages instead? The app then runs slower, on the processor. [y/N] ")
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _test(python: str, passed: list[str]) -> int:
    import signal
    import subprocess

    from bootstrapping.display import display

    # So that a terminated run ends pytest and the display on its way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    with display(say) as variables:
        code = subprocess.call([python, "-m", "pytest", *passed], cwd=ROOT, env=variables)
    return code if code >= 0 else 128 - code
