"""Process start to the first token of the first answer, against vLLM's own server.

Ours, twice: `desktop-llm chat --prompt …` until the first character on its standard output, and
the window, which loads its default model at the start and is asked as soon as it is there, until
the first text stands in the message view. The reference is `python -m
vllm.entrypoints.openai.api_server` with the same model and the same engine arguments; its /health
is asked every 50 ms, and as soon as it answers a streaming chat request is sent, until the first
chunk with text. The compile caches are warm: one launch of each goes before that is not counted.
On the CPU build vLLM's own ahead-of-time cache cannot be read back (`engine.environment`), so both
sides do without it, and the server too starts from Inductor's.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import time

from desktop_llm.config.paths import guide_model
from tests.benchmarks.display import Display
from tests.benchmarks.engine import arguments
from tests.benchmarks.harness import Figure, Options, Target, alternate
from tests.benchmarks.processes import Side, end, environment, home, start
from tests.benchmarks.servers import VLLM, free_port, vllm_options, vllm_variables

NAME = "chat_ready"
PROMPT = "What can you do?"
_TARGET = Target(1.0)


def measure(options: Options) -> list[Figure]:
    with Display() as display:
        sides = {
            "terminal": _terminal,
            "server": _server,
            "window": lambda: _window(display.name),
        }
        options.say("one launch of each, not counted")
        alternate(sides, 1)
        options.say("measuring")
        found = alternate(sides, options.times(7, 2))
    return [
        Figure(NAME, f"{name}: start to first token", "s", found[name], found["server"], _TARGET)
        for name in ("terminal", "window")
    ]


def _terminal() -> float:
    with home() as root:
        began = time.monotonic()
        command = ["-m", "desktop_llm", "chat", "--prompt", PROMPT, "--max-tokens", "16"]
        process = start(command, environment(root), stdout=subprocess.PIPE)
        try:
            assert process.stdout is not None
            first = process.stdout.read(1)
            ready = time.monotonic()
            if not first:
                raise RuntimeError(f"the chat ended without an answer: {process.wait()}")
            process.stdout.read()
        finally:
            end(process)
    return ready - began


def _window(display: str) -> float:
    with home() as root:
        began = time.monotonic()
        side = Side("first_answer", {"prompt": PROMPT}, environment(root, display))
        try:
            ready = float(side.ask())
        finally:
            side.close()
    return ready - began


def _server() -> float:
    port = free_port()
    began = time.monotonic()
    command = ["-m", VLLM, "--port", str(port), *vllm_options(arguments())]
    process = start(command, vllm_variables())
    try:
        _wait_until_healthy(port, process)
        _read_first_token(port)
        ready = time.monotonic()
    finally:
        end(process)
    return ready - began


def _wait_until_healthy(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 600
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/health")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    raise RuntimeError(f"vLLM's server did not come up (exit code {process.poll()})")


def _read_first_token(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = {
        "model": guide_model().name,
        "messages": [{"role": "user", "content": PROMPT}],
        "max_tokens": 16,
        "stream": True,
    }
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/v1/chat/completions", json.dumps(body), headers)
    response = connection.getresponse()
    if response.status != 200:
        raise RuntimeError(f"vLLM's server refused the request: {response.read()!r}")
    while line := response.readline():
        if line.startswith(b"data: {"):
            choices = json.loads(line[6:])["choices"]
            if choices and choices[0]["delta"].get("content"):
                connection.close()
                return
    raise RuntimeError("vLLM's server ended its answer without a token")
