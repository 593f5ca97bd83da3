"""Standard input, output and error, as a person or a script has them."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from typing import TextIO

from desktop_llm.core.errors import AppError

# Everything a terminal could take for a command, except line ends and tabs: a model's answer is
# text, whatever escape sequences it has seen in training.
_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160)])
_DIM, _BOLD, _RESET = "\x1b[2m", "\x1b[1m", "\x1b[0m"


@dataclass(frozen=True)
class Terminal:
    """The three streams. `stdin` is None where the process has none."""

    stdin: TextIO | None
    stdout: TextIO
    stderr: TextIO

    @property
    def typed_at(self) -> bool:
        """A person types."""
        return self.stdin is not None and self.stdin.isatty()

    @property
    def interactive(self) -> bool:
        """A person types, and sees what we print."""
        return self.typed_at and self.stdout.isatty()

    def write(self, text: str) -> None:
        """A piece of an answer, at once, without what could steer the terminal."""
        self.stdout.write(text.translate(_CONTROLS) if self.stdout.isatty() else text)
        self.stdout.flush()

    def note(self, text: str, stream: TextIO | None = None) -> None:
        """A quiet line of our own, on standard error unless `stream` says otherwise."""
        stream = stream or self.stderr
        stream.write(f"{style(stream, text, _DIM)}\n")
        stream.flush()

    def fail(self, error: AppError) -> None:
        """The sentence and what to do, on standard error."""
        self.stderr.write(f"{style(self.stderr, error.message, _BOLD)}\n")
        if error.hint:
            self.stderr.write(f"{error.hint}\n")
        self.stderr.flush()

    def abandon_output(self) -> None:
        """The reader has gone (``… | head``): keep Python from failing on it again at exit."""
        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123
            os.dup2(nowhere.fileno(), self.stdout.fileno())


def this_terminal() -> Terminal:
    """The process's own streams, made unable to fail on a character they cannot show."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    return Terminal(sys.stdin, sys.stdout or _nowhere(), sys.stderr or _nowhere())


def style(stream: TextIO, text: str, code: str) -> str:
    """`text` in an ANSI style where `stream` is a terminal that shows it and nobody objects."""
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    return text if plain or not stream.isatty() else f"{code}{text}{_RESET}"


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123
