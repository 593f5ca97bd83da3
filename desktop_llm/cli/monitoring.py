"""`desktop-llm monitoring`: what Prometheus and Grafana need, written to a folder."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.paths import AppPaths, resources
from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.core.files import write_atomic

_SHIPPED = ("alerts.yml", "grafana-dashboard.json")
_READABLE = 0o644


@dataclass(frozen=True)
class Scrape:
    """What Prometheus scrapes: `url` is the port's base URL, `certificate` what its TLS is trusted
    by, empty for the system's own."""

    url: str
    key_file: Path
    certificate: str = ""


def add_monitoring(commands: Any) -> None:
    """Add the command to the parser."""
    monitoring = commands.add_parser(
        "monitoring",
        help="write a Grafana dashboard and Prometheus rules for the port",
        description="Write a Grafana dashboard, Prometheus alert rules and a scrape configuration "
        "for the port's /metrics to a folder. Files of these names are replaced.",
    )
    monitoring.add_argument("--out", metavar="DIR", type=Path, required=True, help="the folder")
    monitoring.add_argument("--url", help="where the port is (default: as in the app's settings)")
    monitoring.add_argument(
        "--api-key-file", metavar="F", type=Path, help="its API key (default: the app's own)"
    )


def scrape_of(arguments: Any, settings: ServerSettings, paths: AppPaths) -> Scrape:
    """What a parsed `monitoring` asks for. Raises AppError ``cli.bad_option`` with the reason."""
    url = arguments.url or settings.address
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise AppError(
            "cli.bad_option", f"{url} is no URL of a port.", "Write http://127.0.0.1:8000, say."
        )
    key_file = (arguments.api_key_file or paths.api_key).absolute()
    return Scrape(url, key_file, "" if arguments.url else settings.certificate)


def run_monitoring(out: Path, scrape: Scrape, terminal: Terminal) -> int:
    """Write the files and name them; returns the exit code.

    Raises AppError ``monitoring.write`` where they cannot be written.
    """
    texts = {name: (resources() / "monitoring" / name).read_bytes() for name in _SHIPPED}
    texts["prometheus.yml"] = scrape_config(scrape).encode()
    for name, text in sorted(texts.items()):
        try:
            write_atomic(out / name, text, mode=_READABLE)
        except OSError as error:
            raise AppError(
                "monitoring.write",
                f"{out / name} could not be written: {error.strerror or error}.",
                "Choose a folder that is yours to write.",
                detail=str(error),
            ) from error
        terminal.stdout.write(f"{out / name}\n")
    terminal.note(f"Prometheus must be able to read the API key in {scrape.key_file}.")
    return 0


def scrape_config(scrape: Scrape) -> str:
    """What Prometheus is configured with; the strings are JSON's, which YAML reads too."""
    parts = urlsplit(scrape.url)
    trust = ""
    if scrape.certificate:
        trust = f"    tls_config:\n      ca_file: {json.dumps(scrape.certificate)}\n"
    return f"""\
# Merge this into Prometheus's own configuration; alerts.yml is looked for beside it.
scrape_configs:
  - job_name: desktop-llm
    scrape_interval: 15s
    scheme: {parts.scheme}
    authorization:
      credentials_file: {json.dumps(str(scrape.key_file))}
{trust}    static_configs:
      - targets: [{json.dumps(parts.netloc)}]

rule_files:
  - alerts.yml
"""
