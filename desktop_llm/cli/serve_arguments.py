"""The command line's arguments of `desktop-llm serve`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from desktop_llm.config.profiles import validation_sentences
from desktop_llm.config.server import LOOPBACK, ServerSettings
from desktop_llm.core.errors import AppError


@dataclass(frozen=True)
class ServeOptions:
    """What `desktop-llm serve` was asked for. What is None is as in the settings."""

    model: Path
    host: str = LOOPBACK
    port: int = 8000
    api_key_file: Path | None = None
    max_concurrency: int | None = None
    certificate: Path | None = None
    certificate_key: Path | None = None
    json_log: bool = False
    tool_parser: str | None = None
    reasoning_parser: str | None = None

    def over(self, saved: ServerSettings) -> ServerSettings:
        """`saved` with what was asked for. Raises AppError ``cli.bad_option`` with the reason."""
        given = {
            "host": self.host,
            "port": self.port,
            "max_concurrency": self.max_concurrency,
            "tool_parser": self.tool_parser,
            "reasoning_parser": self.reasoning_parser,
            "certificate": self.certificate and str(self.certificate),
            "certificate_key": self.certificate_key and str(self.certificate_key),
        }
        chosen = {name: value for name, value in given.items() if value is not None}
        try:
            return ServerSettings.model_validate(saved.model_dump() | chosen)
        except ValidationError as error:
            raise AppError(
                "cli.bad_option", f"{'; '.join(validation_sentences(error))}.", "See serve --help."
            ) from error


def add_serve(commands: Any) -> None:
    """Add the command to the parser."""
    serve = commands.add_parser(
        "serve",
        help="serve a model to other programs, OpenAI-compatible",
        description="Load a model and serve it over HTTP until SIGTERM or Ctrl-C, which let the "
        "requests under way finish. The rest is as in the app's settings.",
    )
    serve.add_argument("--model", metavar="DIR", required=True, help="a model folder")
    serve.add_argument(
        "--host",
        default=LOOPBACK,
        help="the address to listen on (default: 127.0.0.1, for this machine alone)",
    )
    serve.add_argument("--port", metavar="N", type=int, default=8000, help="default: 8000")
    serve.add_argument(
        "--api-key-file",
        metavar="F",
        type=Path,
        help="a file that holds the API key (default: the app's own, made at the first start)",
    )
    serve.add_argument("--max-concurrency", metavar="N", type=int, help="requests at once")
    serve.add_argument("--certificate", metavar="PEM", type=Path, help="speak TLS with this")
    serve.add_argument("--certificate-key", metavar="PEM", type=Path, help="the certificate's key")
    serve.add_argument(
        "--tool-parser", metavar="NAME", help="vLLM's, or none (default: by the model's family)"
    )
    serve.add_argument("--reasoning-parser", metavar="NAME", help="likewise")
    serve.add_argument(
        "--json-log", action="store_true", help="one JSON object a request, on standard output"
    )


def serve_options(arguments: Any) -> ServeOptions:
    """The options of a parsed `serve`. Raises AppError ``cli.bad_option`` with the reason."""
    options = ServeOptions(
        Path(arguments.model).absolute(),
        arguments.host,
        arguments.port,
        arguments.api_key_file,
        arguments.max_concurrency,
        arguments.certificate,
        arguments.certificate_key,
        arguments.json_log,
        arguments.tool_parser,
        arguments.reasoning_parser,
    )
    options.over(ServerSettings())
    return options
