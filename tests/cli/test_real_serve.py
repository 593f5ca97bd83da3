"""The real command with the real engine and the guide model, ended as systemd ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import LoadProfile, ProfileStore
from tests.server.conftest import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

# The command itself, and then a look at what it has imported.
COMMAND = [
    sys.executable,
    "-c",
    "import sys\n"
    "from desktop_llm.__main__ import main\n"
    "if __name__ == '__main__':\n"
    "    code = main(sys.argv[1:])\n"
    "    assert not {'PySide6', 'qasync', 'desktop_llm.gui'} & set(sys.modules)\n"
    "    sys.exit(code)\n",
]
_START_SECONDS = 300


class Served:
    """The command under way."""

    def __init__(self, home: Path) -> None:
        profiles = ProfileStore(home / "config" / "profiles.json")
        profiles.save(guide_model(), LoadProfile(enforce_eager=True))
        profiles.flush()
        self.port = free_port()
        self.errors = home / "stderr"
        arguments = ["serve", "--model", str(guide_model()), "--port", str(self.port)]
        with self.errors.open("w") as errors:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments, "--json-log"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=os.environ | {"DESKTOP_LLM_HOME": str(home)},
            )
        self.key_file = home / "config" / "api-key"

    def ready(self) -> httpx.Client:
        """A client, once it serves."""
        url = f"http://127.0.0.1:{self.port}"
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{url}/health", trust_env=False).status_code == 200:
                    key = self.key_file.read_text("utf-8").strip()
                    headers = {"authorization": f"Bearer {key}", "user-agent": "tester/1"}
                    return httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise AssertionError(self.errors.read_text("utf-8"))

    def end(self) -> tuple[int, str]:
        """Its exit code and what it printed, once told to end."""
        self.process.send_signal(signal.SIGTERM)
        printed, _ = self.process.communicate(timeout=120)
        return self.process.returncode, printed


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path)
    yield made
    if made.process.poll() is None:
        made.process.kill()
        made.process.wait()


def test_that_it_serves_logs_and_drains_without_qt(served: Served) -> None:
    with served.ready() as client:
        asked = {"prompt": "What can you do?", "max_tokens": 20}
        with client.stream("POST", "/v1/chat", json=asked) as answer:
            lines = answer.iter_lines()
            next(lines)
            code, printed = served.end()  # in the middle of an answer
            rest = [line for line in lines if line]
    assert rest[-1] == "data: [DONE]"
    assert code == 0, served.errors.read_text("utf-8")
    logged = [json.loads(line) for line in printed.splitlines()]
    (entry,) = (entry for entry in logged if entry["path"] == "/v1/chat")
    assert (entry["client"], entry["status"], entry["stopped"]) == ("tester/1", 200, False)
    said = served.errors.read_text("utf-8")
    assert f"Serving at http://127.0.0.1:{served.port}/v1" in said
    assert "Traceback" not in said
    assert served.key_file.read_text("utf-8").strip() not in said + printed


def test_that_it_ends_at_once_while_it_loads(served: Served) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "starting the engine" not in served.errors.read_text("utf-8"):
        assert time.monotonic() < deadline
        assert served.process.poll() is None
        time.sleep(0.05)
    code, _ = served.end()
    assert code == 0, served.errors.read_text("utf-8")
