"""The command line's arguments."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_llm import __version__
from desktop_llm.cli.fit import add_fit
from desktop_llm.cli.monitoring import add_monitoring
from desktop_llm.cli.quantize_arguments import add_quantize
from desktop_llm.cli.serve_arguments import add_serve
from desktop_llm.config.profiles import validation_sentences
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError


@dataclass(frozen=True)
class ChatOptions:
    """What `desktop-llm chat` was asked for. No `model` is the default one."""

    model: Path | None = None
    prompt: str | None = None
    system: str = ""
    sampling: SamplingSettings = field(default_factory=SamplingSettings)
    json: bool = False


def build_parser() -> argparse.ArgumentParser:
    """The parser of every command. On bad input it says so and exits with 2."""
    parser = argparse.ArgumentParser(
        prog="desktop-llm",
        description="Chat with a local model on vLLM. Without a command, the window opens.",
    )
    parser.add_argument("--version", action="version", version=f"desktop-llm {__version__}")
    entry = parser.add_mutually_exclusive_group()
    entry.add_argument(
        "--install-desktop-entry",
        action="store_true",
        help="add the app to your desktop's menu, then exit",
    )
    entry.add_argument(
        "--remove-desktop-entry",
        action="store_true",
        help="take it out of the menu again, then exit",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    _add_chat(commands)
    add_quantize(commands)
    add_fit(commands)
    add_serve(commands)
    add_monitoring(commands)
    doctor = commands.add_parser(
        "doctor",
        help="check this installation and say how to fix what is broken",
        description="Check this installation. Exits with 1 where something is broken.",
    )
    doctor.add_argument("--json", action="store_true", help="print one JSON object")
    # Without a help text it is not listed: the app runs it itself (cli.measure).
    measure = commands.add_parser("measure", description="Measure a model for the app.")
    measure.add_argument("job", metavar="JOB.json", type=Path)
    return parser


def chat_options(arguments: argparse.Namespace) -> ChatOptions:
    """The options of a parsed `chat`. Raises AppError ``cli.bad_option`` with the reason."""
    given = {"max_tokens": arguments.max_tokens, "temperature": arguments.temperature}
    try:
        sampling = SamplingSettings.model_validate(
            {name: value for name, value in given.items() if value is not None}
        )
    except ValidationError as error:
        raise AppError(
            "cli.bad_option", f"{'; '.join(validation_sentences(error))}.", "See chat --help."
        ) from error
    if arguments.prompt is not None and not arguments.prompt.strip():
        raise AppError("cli.bad_option", "The prompt is empty.", "Write the question after it.")
    model = Path(arguments.model).absolute() if arguments.model else None
    prompt = None if arguments.prompt is None else _text(arguments.prompt)
    return ChatOptions(model, prompt, _text(arguments.system), sampling, arguments.json)


def _text(argument: str) -> str:
    """An argument as proper text: bytes that are not, which Python passes on, become �."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _add_chat(commands: Any) -> None:
    chat = commands.add_parser(
        "chat",
        help="chat in the terminal",
        description="Chat in the terminal. Lines on standard input are answered one by one, each "
        "as a question of its own; without any, the built-in guide says what the app can do.",
    )
    chat.add_argument("--model", metavar="DIR", help="a model folder (default: the app's choice)")
    chat.add_argument("--prompt", metavar="TEXT", help="answer this and exit")
    chat.add_argument("--system", metavar="TEXT", default="", help="the system prompt")
    chat.add_argument("--max-tokens", metavar="N", type=int, help="longest answer, in tokens")
    chat.add_argument("--temperature", metavar="X", type=float, help="0 for always the likeliest")
    chat.add_argument("--json", action="store_true", help="print one JSON object for each answer")
