"""The servers that are compared: ours and vLLM's own, each a process on a port of its own."""

from __future__ import annotations

import contextlib
import http.client
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import psutil

from desktop_llm.config.paths import HOME_VARIABLE, AppPaths, guide_model
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from desktop_llm.config.server import ServerSettings
from desktop_llm.config.settings import SettingsStore
from tests.benchmarks.processes import end, environment, home, start

VLLM = "vllm.entrypoints.openai.api_server"
_PATIENCE_SECONDS = 600
_KEY = "benchmark"


@dataclass(frozen=True)
class Server:
    """One that is up. `headers` are what its requests need."""

    port: int
    process: subprocess.Popen[bytes]
    headers: Mapping[str, str]

    @property
    def own(self) -> psutil.Process:
        """The process that speaks HTTP, without the engine's."""
        return psutil.Process(self.process.pid)

    def cpu_seconds(self) -> float:
        """What that process has used so far."""
        times = self.own.cpu_times()
        return float(times.user + times.system)

    def get(self, path: str) -> tuple[int, bytes]:
        """One GET: status and body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path, headers=dict(self.headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


@contextlib.contextmanager
def our_server(profile: LoadProfile, concurrency: int) -> Iterator[Server]:
    """`desktop-llm serve` with the guide model. Without parsers, as vLLM's server by default."""
    with home() as root, tempfile.NamedTemporaryFile("w", suffix=".key") as key:
        paths = AppPaths(*(root / n for n in _FOLDERS))
        settings, profiles = SettingsStore(paths.settings), ProfileStore(paths.profiles)
        settings.update(server=ServerSettings(tool_parser="none", reasoning_parser="none"))
        profiles.save(guide_model(), profile)
        settings.flush()
        profiles.flush()
        key.write(_KEY)
        key.flush()
        port = free_port()
        command = ["-m", "desktop_llm", "serve", "--model", str(guide_model())]
        command += ["--port", str(port), "--api-key-file", key.name]
        command += ["--max-concurrency", str(concurrency)]
        variables = environment() | {HOME_VARIABLE: str(root)}
        with _running(command, variables, port, {"Authorization": f"Bearer {_KEY}"}) as server:
            yield server


@contextlib.contextmanager
def vllm_server(arguments: Mapping[str, Any]) -> Iterator[Server]:
    """vLLM's own server with these engine arguments."""
    port = free_port()
    with _running(
        ["-m", VLLM, "--port", str(port), *vllm_options(arguments)], vllm_variables(), port, {}
    ) as server:
        yield server


def vllm_variables() -> dict[str, str]:
    """What the app sets for itself too: no report on usage, and the same compile caches."""
    variables = environment() | {"VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    return variables | {"VLLM_USE_AOT_COMPILE": "0"}


def vllm_options(given: Mapping[str, Any]) -> list[str]:
    """Engine arguments as the server's command line has them."""
    options = []
    for name, value in given.items():
        flag = name.replace("_", "-")
        if isinstance(value, bool):
            options.append(f"--{flag}" if value else f"--no-{flag}")
        elif value != []:
            values = value if isinstance(value, list) else [value]
            options += [f"--{flag}", *map(str, values)]
    return options


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


_FOLDERS = ("config", "data", "cache", "logs")


@contextlib.contextmanager
def _running(
    command: list[str], variables: Mapping[str, str], port: int, headers: Mapping[str, str]
) -> Iterator[Server]:
    with tempfile.TemporaryFile() as errors:
        server = Server(port, start(command, variables, stderr=errors), headers)
        try:
            _wait_until_ready(server, errors)
            yield server
        finally:
            end(server.process)


def _wait_until_ready(server: Server, errors: Any) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while server.process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if server.get("/health")[0] == 200:
                return
        time.sleep(0.2)
    errors.seek(0)
    last = errors.read().decode(errors="replace")[-2000:]
    raise RuntimeError(f"no server came up (exit code {server.process.poll()}):\n{last}")
