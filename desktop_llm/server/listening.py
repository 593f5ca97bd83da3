"""The socket, TLS and uvicorn: everything that can fail before the first request."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError, in_a_row, sentence
from desktop_llm.server.asgi import App
from desktop_llm.server.stalling import CONNECTION, bound

_HEAD_BYTES = 64 * 1024
_HEAD_SECONDS = 15.0
_KEEP_ALIVE_SECONDS = 30
_TRIES = 100
_FIRST_FREE_TO_ALL = 1024
_BACKLOG = 512


class Listener(HttpToolsProtocol):
    """uvicorn's protocol with bounds on a request's head, which it has none of its own for.

    A client that sends headers for ever, or none at all, holds a connection and memory otherwise.
    """

    _head: int | None = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        bound(transport)
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_head()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head is not None:
            self._head += len(data)
            if self._deadline is None:
                self._await_head()
        super().data_received(data)
        if self._head is not None and self._head > _HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("The head of the request is too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        extensions: dict[str, Any] = {CONNECTION: self.transport}
        self.scope["extensions"] = extensions

    def on_headers_complete(self) -> None:
        self._head = None
        self._got_head()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        self._head = 0  # of the next request on this connection
        super().on_response_complete()

    def _await_head(self) -> None:
        self._deadline = self.loop.call_later(_HEAD_SECONDS, self._late)

    def _got_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


def uvicorn_server(app: App, settings: ServerSettings) -> uvicorn.Server:
    """Made, not started. Reads the certificate, so it blocks: not on a loop.

    Raises AppError ``server.bad_certificate``.
    """
    tls: dict[str, Any] = {}
    if settings.tls:
        require_certificate(settings)
        tls["ssl_certfile"] = settings.certificate
        tls["ssl_keyfile"] = settings.certificate_key or None
    config = uvicorn.Config(
        app,
        http=Listener,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # a client may not say where it is
        server_header=False,
        limit_concurrency=settings.max_connections,
        backlog=_BACKLOG,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(round(settings.drain_seconds), 0),
        **tls,
    )
    config.load()
    return uvicorn.Server(config)


def require_certificate(settings: ServerSettings) -> None:
    """Blocks for the disk. Raises AppError ``server.bad_certificate`` with the reason."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        # A key with a passphrase would ask for it on a terminal that nobody looks at.
        context.load_cert_chain(
            settings.certificate, settings.certificate_key or None, password=lambda: ""
        )
    except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
        raise AppError(
            "server.bad_certificate",
            sentence(
                "The TLS certificate cannot be used: {reason}.", reason=_tls_reason(settings, error)
            ),
            sentence(
                "Give a PEM file with the certificate (and its chain), and the key without a "
                "passphrase that belongs to it."
            ),
            detail=repr(error),
        ) from error


def bind(host: str, port: int) -> socket.socket:
    """A listening socket there.

    Raises AppError ``server.port_busy``, ``server.port_privileged`` (both with the next free port
    as `fix_value`) or ``server.bad_host``.
    """
    try:
        return _bound(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise _with_free_port(
                "server.port_busy",
                sentence("Port {port} is taken by another program.", port=port),
                free_port(host, port + 1),
                error,
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise _with_free_port(
                "server.port_privileged",
                sentence("Port {port} is reserved for the system's own services.", port=port),
                free_port(host, max(8000, _FIRST_FREE_TO_ALL)),
                error,
            ) from error
        raise AppError(
            "server.bad_host",
            sentence(
                "The port cannot be opened on {host}: {reason}.", host=host, reason=error.strerror
            ),
            sentence("Use 127.0.0.1 for this machine alone, or an address that this machine has."),
            detail=repr(error),
        ) from error


def free_port(host: str, first: int) -> int:
    """The first free port from `first` on, of the next hundred; 0 where there is none."""
    for port in range(first, min(first + _TRIES, 65_536)):
        try:
            _bound(host, port).close()
        except OSError:
            continue
        return port
    return 0


def _bound(host: str, port: int) -> socket.socket:
    found = socket.getaddrinfo(
        host.strip("[]"), port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    family, kind, protocol, _, place = found[0]
    listening = socket.socket(family, kind, protocol)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(place)
        listening.listen(_BACKLOG)
        listening.setblocking(False)
    except BaseException:
        listening.close()
        raise
    return listening


def _with_free_port(code: str, what: str, free: int, error: OSError) -> AppError:
    hint = sentence("Choose another one.")
    if free:
        hint = sentence("Choose another one: {free} is free.", free=free)
    return AppError(
        code, what, in_a_row(hint), detail=repr(error), fix_value=str(free) if free else ""
    )


def _tls_reason(settings: ServerSettings, error: Exception) -> str:
    for name in (settings.certificate, settings.certificate_key):
        if name and not Path(name).is_file():
            return f"there is no file {name}"
    return str(getattr(error, "reason", None) or getattr(error, "strerror", None) or error)
