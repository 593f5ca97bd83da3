"""Who may speak to the port: one way in, for every route.

A page in the person's browser can reach a port on loopback, under any name that its owner lets
point there. So the name that was asked for must be ours, whatever the port is bound to; a page of
another origin is refused unless it is listed; and nobody gets further without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from collections.abc import Callable
from urllib.parse import urlsplit

from desktop_llm.config.server import ServerSettings
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send, header, respond
from desktop_llm.server.refusals import Refusal

OPEN_PATHS = frozenset({"/health"})
_MOST_HEADERS = 100
_MOST_HEADER_BYTES = 32 * 1024
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
_PREFLIGHT_SECONDS = b"600"
_READABLE = b"x-stream-resume-url, retry-after, x-request-id"


class Security:
    """The outer wall. `key` is asked at each request, for it may be renewed meanwhile."""

    def __init__(self, app: App, settings: ServerSettings, key: Callable[[], str]) -> None:
        self._app = app
        self._key = key
        self._origins = frozenset(origin.rstrip("/").lower() for origin in settings.origins)
        self._names = _names(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing else is spoken here
        origin = header(scope, b"origin")
        refusal = _too_much(scope) or self._wrong_host(scope) or self._foreign(scope, origin)
        if refusal is not None:
            await refusal.send(scope, send)
            return
        if origin is not None and self._listed(origin):
            if scope["method"] == "OPTIONS":
                await _preflight(scope, origin, send)
                return
            send = _readable_by(origin, send)
        if scope["path"] not in OPEN_PATHS and not self._has_key(scope):
            await _KEY_WANTED.send(scope, send)
            return
        await self._app(scope, receive, send)

    def _wrong_host(self, scope: Scope) -> Refusal | None:
        """Any page can have its own name point at our address; a browser still says that name."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if len(hosts) == 1 and self._ours(hosts[0].decode("latin-1"), scope):
            return None
        return _WRONG_HOST

    def _ours(self, host: str, scope: Scope) -> bool:
        try:
            name = (urlsplit(f"//{host}").hostname or "").rstrip(".").lower()
        except ValueError:
            return False
        if name in self._names:
            return True
        # The address that the connection came in on has no name that could be made to point here.
        server = scope.get("server")
        return server is not None and _same_address(name, str(server[0]))

    def _foreign(self, scope: Scope, origin: bytes | None) -> Refusal | None:
        if origin is None or self._listed(origin) or _same_origin(scope, origin):
            return None
        return _FOREIGN_ORIGIN

    def _listed(self, origin: bytes) -> bool:
        return origin.decode("latin-1").lower() in self._origins

    def _has_key(self, scope: Scope) -> bool:
        given = [
            value[7:].strip() if name == b"authorization" else value
            for name, value in scope["headers"]
            if name == b"x-api-key" or (name == b"authorization" and _is_bearer(value))
        ]
        # Digests of one length: how long it takes tells nothing of the key, nor of its length.
        wanted = _digest(self._key().encode())
        matches = [hmac.compare_digest(_digest(value), wanted) for value in given]
        return bool(matches) and all(matches)


def _names(settings: ServerSettings) -> frozenset[str]:
    given = {settings.host, *settings.hosts} - {"0.0.0.0", "::"}
    names = {name.strip("[]").rstrip(".").lower() for name in given}
    if settings.host not in _LOOPBACK_NAMES:
        names.add(socket.gethostname().lower())
    return frozenset(names | _LOOPBACK_NAMES)


def _too_much(scope: Scope) -> Refusal | None:
    headers = scope["headers"]
    size = sum(len(name) + len(value) for name, value in headers) + len(scope["query_string"])
    if len(headers) <= _MOST_HEADERS and size <= _MOST_HEADER_BYTES:
        return None
    return Refusal(431, "headers_too_large", "The request has too many or too long headers.")


def _same_address(name: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(name) == ipaddress.ip_address(address)
    except ValueError:
        return False


def _same_origin(scope: Scope, origin: bytes) -> bool:
    host = header(scope, b"host") or b""
    return bool(origin.lower() == scope["scheme"].encode() + b"://" + host.lower())


def _is_bearer(value: bytes) -> bool:
    return value[:7].lower() == b"bearer "


def _digest(value: bytes) -> bytes:
    return hashlib.sha256(value).digest()


async def _preflight(scope: Scope, origin: bytes, send: Send) -> None:
    """A browser asks before it sends, and shows no key then."""
    asked = header(scope, b"access-control-request-headers") or b""
    headers = [
        *_origin_headers(origin),
        (b"access-control-allow-methods", b"GET, POST"),
        (b"access-control-allow-headers", asked),
        (b"access-control-max-age", _PREFLIGHT_SECONDS),
    ]
    if header(scope, b"access-control-request-private-network") == b"true":
        headers.append((b"access-control-allow-private-network", b"true"))
    await respond(send, 204, headers=headers)


def _readable_by(origin: bytes, send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", ()),
                *_origin_headers(origin),
                (b"access-control-expose-headers", _READABLE),
            ]
        await send(message)

    return with_headers


def _origin_headers(origin: bytes) -> list[tuple[bytes, bytes]]:
    return [(b"access-control-allow-origin", origin), (b"vary", b"Origin")]


_WRONG_HOST = Refusal(
    421,
    "wrong_host",
    "This port does not answer under that host name. Use the address it shows, or add the name "
    "to its host list.",
)
_FOREIGN_ORIGIN = Refusal(
    403,
    "foreign_origin",
    "Pages of that origin may not use this port. Add the origin to its list if they should.",
)
_KEY_WANTED = Refusal(
    401,
    "invalid_api_key",
    "The API key is missing or wrong. Send it as 'Authorization: Bearer KEY' or 'x-api-key: KEY'.",
)
