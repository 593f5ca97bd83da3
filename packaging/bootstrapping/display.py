"""A display for the window tests: the one there is, or an Xvfb of their own."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator

from bootstrapping.system import install_command


@contextlib.contextmanager
def display(say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """The process environment with a display in it, where one can be had."""
    variables = dict(os.environ)
    if variables.get("DISPLAY") or variables.get("WAYLAND_DISPLAY"):
        yield variables
        return
    program = shutil.which("Xvfb")
    if program is None:
        say(
            "There is no display and no Xvfb here, so tests of the real window will be skipped. "
            f"To install it: {install_command('xvfb', 'xorg-x11-server-Xvfb')}"
        )
        yield variables
        return
    reading, writing = os.pipe()
    command = [program, "-displayfd", str(writing), "-screen", "0", "1600x1000x24"]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp"], pass_fds=(writing,), stderr=subprocess.DEVNULL
    )
    os.close(writing)
    try:
        with os.fdopen(reading) as answer:
            number = answer.readline().strip()
        if number:
            variables["DISPLAY"] = f":{number}"
        else:
            say("Xvfb did not start, so tests of the real window will be skipped.")
        yield variables
    finally:
        server.terminate()
        server.wait()
