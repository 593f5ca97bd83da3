"""What the local HTTP port may do: part of the settings."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desktop_llm.core.units import MIB

LOOPBACK = "127.0.0.1"


class ServerSettings(BaseModel):
    """The port. Off, on loopback and closed to browsers' foreign pages unless somebody says so.

    `hosts` are further names that a Host header may carry, `origins` the pages (as
    ``https://example.org``) whose scripts may use the port. `certificate` and `certificate_key`
    are paths of PEM files; with them the port speaks TLS alone. `tool_parser` and
    `reasoning_parser` are vLLM's names, an empty one follows the model's family, ``none`` is none.
    Times are in seconds.

    `max_concurrency` requests are answered at once, `max_queue` more wait for that, for
    `queue_seconds` at most; the same of one client, which None leaves as they are. An answer takes
    `request_seconds` at most, and a client that reads nothing for `stalled_seconds` is cut off. A
    stream can outlive its connection by `resume_seconds` at most, `resume_streams` of them at once.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    enabled: bool = False
    host: Annotated[str, Field(min_length=1, max_length=253)] = LOOPBACK
    port: Annotated[int, Field(ge=1, le=65_535)] = 8000
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    certificate: str = ""
    certificate_key: str = ""
    max_concurrency: Annotated[int, Field(ge=1, le=1024)] = 48
    max_queue: Annotated[int, Field(ge=0, le=4096)] = 48
    client_concurrency: Annotated[int, Field(ge=1, le=1024)] | None = None
    client_queue: Annotated[int, Field(ge=0, le=4096)] | None = None
    queue_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    request_seconds: Annotated[float, Field(gt=0, le=86_400)] = 1800.0
    stalled_seconds: Annotated[float, Field(gt=0, le=3600)] = 60.0
    resume_seconds: Annotated[int, Field(ge=1, le=3600)] = 300
    resume_streams: Annotated[int, Field(ge=0, le=1024)] = 64
    max_connections: Annotated[int, Field(ge=2, le=65_536)] = 512
    max_body_bytes: Annotated[int, Field(ge=1024, le=1024 * MIB)] = 16 * MIB
    max_n: Annotated[int, Field(ge=1, le=128)] = 8
    drain_seconds: Annotated[float, Field(ge=0, le=600)] = 10.0
    log_prompts: bool = False
    tool_parser: str = ""
    reasoning_parser: str = ""

    @model_validator(mode="after")
    def _whole_certificate(self) -> ServerSettings:
        if self.certificate_key and not self.certificate:
            raise ValueError("a certificate's key needs the certificate")
        return self

    @property
    def tls(self) -> bool:
        """Whether the port speaks TLS."""
        return bool(self.certificate)

    @property
    def address(self) -> str:
        """The base URL, as a client on this machine writes it."""
        host = self.host.strip("[]")
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
        shown = f"[{host}]" if ":" in host else host
        return f"{'https' if self.tls else 'http'}://{shown}:{self.port}"


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a port that is bound to `host`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
