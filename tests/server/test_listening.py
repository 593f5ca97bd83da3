"""The socket, TLS and the bounds on a request's head, with a trivial app behind."""

from __future__ import annotations

import asyncio
import errno
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.server import ServerSettings, is_loopback
from desktop_llm.core.errors import AppError
from desktop_llm.server import listening
from desktop_llm.server.listening import (
    Listener,
    bind,
    free_port,
    uvicorn_server,
)
from tests.helpers.asgi import passed
from tests.helpers.certificates import make_certificate

needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl")


def test_that_a_taken_port_is_said_with_a_free_one() -> None:
    with bind("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(AppError) as raised:
            bind("127.0.0.1", port)
    failure = raised.value
    assert failure.code == "server.port_busy"
    assert str(port) in failure.message
    offered = int(failure.fix_value)
    assert offered > port
    assert str(offered) in failure.hint
    bind("127.0.0.1", offered).close()


def test_that_a_privileged_port_is_said_with_a_free_one(monkeypatch: pytest.MonkeyPatch) -> None:
    bound = listening._bound

    def unprivileged(host: str, port: int) -> socket.socket:
        if port < 1024:
            raise PermissionError(errno.EACCES, "Permission denied")
        return bound(host, port)

    monkeypatch.setattr(listening, "_bound", unprivileged)
    with pytest.raises(AppError) as raised:
        bind("127.0.0.1", 80)
    assert raised.value.code == "server.port_privileged"
    assert int(raised.value.fix_value) >= 8000


@pytest.mark.parametrize("host", ["203.0.113.7", "no-such-host.invalid"])
def test_that_an_address_of_another_machine_is_said(host: str) -> None:
    with pytest.raises(AppError) as raised:
        bind(host, 8000)
    assert raised.value.code == "server.bad_host"
    assert host in raised.value.message


def test_that_no_port_is_offered_where_none_is_left() -> None:
    assert free_port("127.0.0.1", 65_536) == 0


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.168.1.5", False),
        ("box.lan", False),
    ],
)
def test_that_what_others_can_reach_is_known(host: str, loopback: bool) -> None:
    assert is_loopback(host) is loopback


def test_that_the_address_can_be_used_by_a_client_here(tmp_path: Path) -> None:
    assert ServerSettings().address == "http://127.0.0.1:8000"
    assert ServerSettings(host="0.0.0.0", port=1234).address == "http://127.0.0.1:1234"
    assert ServerSettings(host="::1", certificate="c").address == "https://[::1]:8000"


@needs_openssl
def test_that_a_certificate_is_refused_with_the_reason(tmp_path: Path) -> None:
    certificate, _ = make_certificate(tmp_path)
    (tmp_path / "other").mkdir()
    _, other_key = make_certificate(tmp_path / "other")
    garbage = tmp_path / "garbage.pem"
    garbage.write_text("no certificate")
    missing = tmp_path / "missing.pem"
    for chain, key, reason in (
        (missing, other_key, "there is no file"),
        (garbage, other_key, ""),
        (certificate, other_key, "MISMATCH"),
        (certificate, missing, "there is no file"),
    ):
        settings = ServerSettings(certificate=str(chain), certificate_key=str(key))
        with pytest.raises(AppError) as raised:
            uvicorn_server(passed, settings)
        assert raised.value.code == "server.bad_certificate"
        assert reason in raised.value.message


@asynccontextmanager
async def opened(**settings: Any) -> AsyncIterator[int]:
    """A trivial app on a real socket; its port."""
    server = uvicorn_server(passed, ServerSettings(drain_seconds=0, **settings))
    bound = bind("127.0.0.1", 0)
    port = bound.getsockname()[1]
    serving = asyncio.ensure_future(server.serve([bound]))
    try:
        yield port
    finally:
        server.should_exit = True
        await serving


async def exchange(port: int, *pieces: bytes, context: ssl.SSLContext | None = None) -> bytes:
    """Send the pieces; everything that comes until the other side closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context)
    try:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
        return await asyncio.wait_for(reader.read(), 60)
    except ConnectionError:
        return b""
    finally:
        writer.close()


GET = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n"


async def test_that_a_plain_request_is_answered_without_saying_by_what() -> None:
    async with opened() as port:
        answer = await exchange(port, GET + b"\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b"uvicorn" not in answer.lower()


async def test_that_a_head_without_end_is_cut() -> None:
    async with opened() as port:
        answer = await exchange(port, GET, *[b"x-more: " + b"a" * 8000 + b"\r\n"] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


async def test_that_one_endless_header_is_cut() -> None:
    async with opened() as port:
        answer = await exchange(port, GET + b"x-more: ", *[b"a" * 8000] * 40)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


async def test_that_a_client_that_sends_nothing_is_let_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(listening, "_HEAD_SECONDS", 0.05)
    async with opened() as port:
        assert await exchange(port) == b""
        assert await exchange(port, b"GET / HT") == b""


async def test_that_a_slow_body_is_no_late_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "_HEAD_SECONDS", 0.5)
    body = b"content-length: 4\r\n\r\n"
    async with opened() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GET + body + b"ab")
        await asyncio.sleep(1)
        writer.write(b"cd")
        assert (await reader.read()).endswith(b"abcd\r\n0\r\n\r\n")
        writer.close()


async def test_that_nothing_but_http_is_spoken() -> None:
    upgrade = GET.replace(b"close", b"upgrade") + b"upgrade: websocket\r\nsec-websocket-key: x\r\n"
    async with opened() as port:
        assert b"101" not in (await exchange(port, upgrade, b"connection: close\r\n\r\n"))[:12]
        assert (await exchange(port, b"\x16\x03\x01\x02\x00garbage")).startswith(b"HTTP/1.1 400")


async def test_that_a_client_cannot_say_where_it_comes_from() -> None:
    server = uvicorn_server(passed, ServerSettings())
    assert server.config.proxy_headers is False
    assert server.config.http is Listener


@needs_openssl
async def test_that_with_a_certificate_it_speaks_tls_alone(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.create_default_context(cafile=str(certificate))
    async with opened(certificate=str(certificate), certificate_key=str(key)) as port:
        assert (await exchange(port, GET + b"\r\n", context=context)).startswith(b"HTTP/1.1 200")
        assert not (await exchange(port, GET + b"\r\n")).startswith(b"HTTP/1.1 200")
