"""Mixed load on the HTTP port for a while: does anything leak, does anything break?

    python -m tests.benchmarks.soak [--minutes 30] [--json FILE]

`desktop-llm serve` with the guide model answers short and long chats, chats that are cancelled,
read slowly or cut and resumed, and requests that are malformed in every way, more at once than it
has places. Each second the resident memory and the open files of its process are noted. At the end,
when all is quiet, the KV cache must be empty and no place taken. It fails (exit code 1) where any
status of 500 and above but 503 was seen, where memory grows by more than 1 MiB a minute over the
second half (and by more than the 8 MiB that a short run's beginning takes), or files by more than a
few, or where the process does not come to rest.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import uvloop

from desktop_llm.config.paths import guide_model
from tests.benchmarks.port_client import chat_body, request
from tests.benchmarks.processes import PROFILE
from tests.benchmarks.servers import Server, our_server
from tests.benchmarks.sides.requests import question

_CONCURRENCY = 16
_CLIENTS = {"short": 32, "long": 16, "cancelled": 8, "slow": 4, "resumed": 4, "malformed": 4}
_REST_SECONDS = 60.0
_MOST_SLOPE_MIB = 1.0
_WARM_UP_MIB = 8.0
_MOST_FILES_MORE = 8
_KV = re.compile(rb"^vllm:kv_cache_usage_perc\{[^}]*\} ([0-9.e+-]+)$", re.MULTILINE)
_RUNNING = re.compile(rb"^vllm:num_requests_running\{[^}]*\} ([0-9.e+-]+)$", re.MULTILINE)
_STATUS = re.compile(rb"HTTP/1\.[01] (\d+)")
_PATH = re.compile(rb"x-stream-resume-url: (\S+)", re.IGNORECASE)
_ID = re.compile(rb"id: (\d+)\n[^\n]+\n\n")


@dataclass
class Seen:
    """What came back, by kind of client and status; 0 where nothing did."""

    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    memory_mib: list[tuple[float, float]] = field(default_factory=list)
    files: list[int] = field(default_factory=list)

    def note(self, kind: str, status: int) -> None:
        self.statuses.setdefault(kind, Counter())[status] += 1


class Load:
    """The clients. Each kind goes on with one request after another until the time is up."""

    def __init__(self, server: Server, seen: Seen, until: float) -> None:
        self._server, self._seen, self._until = server, seen, until
        self._number = 0

    async def run(self) -> None:
        kinds: dict[str, Callable[[], Awaitable[int]]] = {
            "short": lambda: self._whole(8),
            "long": lambda: self._whole(400),
            "cancelled": self._cancelled,
            "slow": self._slow,
            "resumed": self._resumed,
            "malformed": self._malformed,
        }
        await asyncio.gather(
            *(
                self._client(kind, kinds[kind])
                for kind, many in _CLIENTS.items()
                for _ in range(many)
            ),
            self._look(),
        )

    async def _client(self, kind: str, one: Callable[[], Awaitable[int]]) -> None:
        while time.monotonic() < self._until:
            try:
                status = await asyncio.wait_for(one(), 300)
            except (OSError, asyncio.IncompleteReadError):
                status = 0
            self._seen.note(kind, status)
            await asyncio.sleep(0.5 if status == 503 else random.random() * 0.05)

    async def _look(self) -> None:
        began = time.monotonic()
        while time.monotonic() < self._until:
            process = self._server.own
            memory = process.memory_info().rss / 2**20
            self._seen.memory_mib.append((time.monotonic() - began, memory))
            self._seen.files.append(process.num_fds())
            await asyncio.sleep(1)

    def _body(self, tokens: int) -> bytes:
        self._number += 1
        body = chat_body(guide_model().name, question(self._number, self._number), tokens)
        if random.random() < 0.3:
            del body["stream"], body["stream_options"]
        return json.dumps(body).encode()

    async def _sent(self, content: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.port, limit=2**14)
        writer.write(content)
        return reader, writer

    async def _whole(self, tokens: int) -> int:
        reader, writer = await self._sent(request(self._body(tokens), self._server.headers))
        try:
            return _status(await reader.read(-1))
        finally:
            writer.transport.abort()

    async def _cancelled(self) -> int:
        reader, writer = await self._sent(request(self._body(400), self._server.headers))
        try:
            await asyncio.sleep(random.random() * 2)
            with contextlib.suppress(TimeoutError):
                return _status(await asyncio.wait_for(reader.read(4096), 0.01))
            return 0
        finally:
            writer.transport.abort()

    async def _slow(self) -> int:
        reader, writer = await self._sent(request(self._body(300), self._server.headers))
        first = b""
        try:
            while data := await reader.read(512):
                first = first or data
                await asyncio.sleep(0.02)
            return _status(first)
        finally:
            writer.transport.abort()

    async def _resumed(self) -> int:
        """Cut two or three times; what comes must go on behind what had come."""
        body = chat_body(guide_model().name, question(self._number, 7), 200)
        headers = dict(self._server.headers) | {"X-Stream-Resume": "30"}
        content, path, last = request(json.dumps(body).encode(), headers), b"", 0
        cuts = random.randint(2, 3)
        while True:
            reader, writer = await self._sent(content)
            seen = b""
            try:
                left = random.randint(2_000, 20_000) if cuts else 2**30
                while left > 0 and (data := await reader.read(left)):
                    seen += data
                    left -= len(data)
            finally:
                writer.transport.abort()
            if (status := _status(seen)) != 200:
                return status
            named = _PATH.search(seen)
            path = named[1] if named else path
            numbers = [int(found) for found in _ID.findall(seen)]
            if numbers and numbers[0] != last + 1:
                raise RuntimeError(f"resumed at {numbers[0]} after {last}")
            last = numbers[-1] if numbers else last
            if not cuts or not path:
                return status
            cuts -= 1
            given = "".join(f"{name}: {value}\r\n" for name, value in self._server.headers.items())
            given += f"Host: 127.0.0.1\r\nConnection: close\r\nLast-Event-ID: {last}\r\n"
            content = b"GET " + path + b" HTTP/1.1\r\n" + given.encode() + b"\r\n"

    async def _malformed(self) -> int:
        whole = self._body(8)
        headers = dict(self._server.headers)
        content = random.choice(
            [
                b"\x00\x01\x02\r\n\r\n",
                b"GET / HTTP/9.9\r\n\r\n",
                request(whole[: len(whole) // 2], headers),
                request(b"[1, 2, 3]", headers),
                request(b'{"model": 7, "messages": "no"}', headers),
                request(b'{"messages": [{"role": "user", "content": null}]}', headers),
                request(b'{"messages":[' * 2000 + b"{}" + b"]}" * 2000, headers),
                request(whole, {"Authorization": "Bearer wrong"}),
                request(whole, headers | {"Host": "evil.example"}),
                request(whole, headers | {"Content-Type": "text/plain"}),
                request(whole, headers | {"X-Stream-Resume": "soon"}),
                request(whole, headers, "/v1/nothing"),
                request(whole.replace(b'"max_tokens": 8', b'"max_tokens": -8'), headers),
                request(whole, headers)[:-5],  # and then nothing more
            ]
        )
        reader, writer = await self._sent(content)
        try:
            with contextlib.suppress(TimeoutError):
                return _status(await asyncio.wait_for(reader.read(4096), 5))
            return 0
        finally:
            writer.transport.abort()


def main() -> int:
    """Returns 0 where nothing leaked or broke, else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all samples there")
    options = parser.parse_args()
    with our_server(PROFILE, _CONCURRENCY) as server:
        seen = Seen()
        load = Load(server, seen, time.monotonic() + options.minutes * 60)
        uvloop.run(load.run())
        files_busy = seen.files[-1]
        rested, kv = _rest(server)
        files, memory = server.own.num_fds(), server.own.memory_info().rss / 2**20
    failures = _failures(seen, rested, kv, files)
    for kind, statuses in seen.statuses.items():
        print(f"{kind:>10}: {', '.join(f'{many}× {s or None}' for s, many in statuses.items())}")
    slope, error = _slope(seen.memory_mib)
    print(f"    memory: {seen.memory_mib[0][1]:.0f} → {memory:.0f} MiB at rest; second half "
          f"{slope:+.2f} ± {error:.2f} MiB/min")  # fmt: skip
    print(f"     files: {seen.files[0]} at first, {files_busy} under load, {files} at rest")
    print(f"  KV cache: {kv:.4f} in use at rest")
    print("\n".join(failures) or "nothing leaked, nothing broke")
    if options.json:
        content = {
            "statuses": seen.statuses,
            "memory_mib": seen.memory_mib,
            "files": seen.files,
            "failures": failures,
        }
        options.json.write_text(json.dumps(content, indent=1), "utf-8")
    return 1 if failures else 0


def _rest(server: Server) -> tuple[bool, float]:
    """Wait until nothing runs; whether it came to that, and the share of the KV cache in use."""
    deadline = time.monotonic() + _REST_SECONDS
    while True:
        # The engine tells of what was aborted with its next step: give it one.
        server_status(server)
        text = server.get("/metrics")[1]
        kv, running = _value(_KV, text), _value(_RUNNING, text)
        if kv == running == 0:
            return True, kv
        if time.monotonic() > deadline:
            return False, kv
        time.sleep(1)


def server_status(server: Server) -> int:
    """One short answer, as a user who comes back would ask for."""
    from http.client import HTTPConnection

    connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
    try:
        body = chat_body(guide_model().name, "What can you do?", 1)
        headers = dict(server.headers) | {"Content-Type": "application/json"}
        connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _failures(seen: Seen, rested: bool, kv: float, files: int) -> list[str]:
    found = [
        f"{kind}: {many} × {status}"
        for kind, statuses in seen.statuses.items()
        for status, many in statuses.items()
        if status >= 500 and status != 503
    ]
    answered = sum(statuses[200] for statuses in seen.statuses.values())
    if not answered:
        found.append("no request was answered")
    if not rested:
        found.append(f"it did not come to rest: KV cache {kv:.4f} in use")
    slope, error = _slope(seen.memory_mib)
    minutes = len(seen.memory_mib) / 2 / 60
    if slope - 2 * error > _MOST_SLOPE_MIB and slope * minutes > _WARM_UP_MIB:
        found.append(f"memory grows by {slope:.2f} MiB a minute")
    if files > seen.files[0] + _MOST_FILES_MORE:
        found.append(f"{files} files are open at rest, {seen.files[0]} were at first")
    return found


def _slope(samples: list[tuple[float, float]]) -> tuple[float, float]:
    """MiB a minute over the second half, by least squares, and its standard error."""
    half = samples[len(samples) // 2 :]
    times, sizes = [at / 60 for at, _ in half], [size for _, size in half]
    if len(half) < 3:
        return 0.0, 0.0
    slope, base = statistics.linear_regression(times, sizes)
    mean = statistics.fmean(times)
    rest = sum((s - base - slope * t) ** 2 for t, s in zip(times, sizes, strict=True))
    spread = sum((t - mean) ** 2 for t in times)
    return slope, (rest / (len(half) - 2) / spread) ** 0.5


def _status(response: bytes) -> int:
    found = _STATUS.match(response)
    return int(found[1]) if found else 0


def _value(pattern: re.Pattern[bytes], text: bytes) -> float:
    found = pattern.search(text)
    return float(found[1]) if found else -1.0


if __name__ == "__main__":
    sys.exit(main())
