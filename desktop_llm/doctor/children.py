"""Python in a child process: what may crash, hang or print must not do so in ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class ChildResult:
    """How the child ended. `code` is None when it was killed for taking too long."""

    code: int | None
    stdout: str
    stderr: str

    @property
    def last_line(self) -> str:
        """Its last word, which for a Python exception is the exception."""
        lines = [line.strip() for line in self.stderr.splitlines() if line.strip()]
        return lines[-1][:300] if lines else ""


def run_python(
    arguments: Sequence[str], seconds: float, environment: Mapping[str, str]
) -> ChildResult:
    """Run this Python with `arguments`, for at most `seconds`. Blocks."""
    # -P: a file in the current folder must not pass for a module.
    command = [sys.executable, "-P", *arguments]
    try:
        child = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            env=dict(environment),
        )
    except subprocess.TimeoutExpired:
        return ChildResult(None, "", f"no answer within {seconds:.0f} s")
    return ChildResult(child.returncode, child.stdout, child.stderr)
