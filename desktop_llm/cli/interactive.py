"""A conversation typed at a terminal."""

from __future__ import annotations

import contextlib
import re

from desktop_llm.cli.asking import Asker
from desktop_llm.cli.output import Output
from desktop_llm.cli.terminal import Terminal
from desktop_llm.core.errors import AppError

_HELP = """\
/new     begin a new conversation
/help    this list
/quit    leave (also Ctrl-D)
Ctrl-C   stop the answer; twice: leave"""
_WELCOME = "Type a question and press Enter; /help lists the commands."
_COMMAND = re.compile(r"/[a-z]+")
_PROMPT = "> "


def converse(asker: Asker, terminal: Terminal, output: Output) -> int:
    """Ask and answer until the person leaves; returns the exit code. On the main thread.

    Raises AppError when the engine is gone, KeyboardInterrupt for Ctrl-C while an answer stops.
    """
    _use_line_editing()
    terminal.note(_WELCOME, terminal.stdout)
    interrupted = False
    while True:
        try:
            line = input(_PROMPT).strip()
        except EOFError:
            terminal.write("\n")
            return 0
        except KeyboardInterrupt:
            terminal.write("\n")
            if interrupted:
                return 130
            interrupted = True
            terminal.note("Press Ctrl-C again to leave.", terminal.stdout)
            continue
        interrupted = False
        if line == "/quit":
            return 0
        if _COMMAND.fullmatch(line):
            _obey(line, asker, terminal)
        elif line:
            interrupted = _ask(line, asker, output)


def _ask(question: str, asker: Asker, output: Output) -> bool:
    """Answer one question; True if Ctrl-C stopped it, so that the next one leaves."""
    try:
        answer = asker.ask(question, output.text)
    except AppError as error:
        if error.code in {"engine.died", "engine.not_ready"}:
            raise
        output.fail(error)
        return False
    output.end(answer)
    return answer.stopped


def _obey(command: str, asker: Asker, terminal: Terminal) -> None:
    if command == "/new":
        asker.forget()
        terminal.note("A new conversation: the earlier turns are forgotten.", terminal.stdout)
    elif command == "/help":
        terminal.note(_HELP, terminal.stdout)
    else:
        terminal.note(f"There is no command {command}; /help lists them.", terminal.stdout)


def _use_line_editing() -> None:
    """Arrow keys and a history that lasts as long as the conversation, where Python has them."""
    with contextlib.suppress(ImportError):
        import readline  # noqa: F401
