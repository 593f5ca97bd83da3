"""The processes a benchmark measures: in a home of their own, and gone afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import psutil

from desktop_llm.config.paths import HOME_VARIABLE, AppPaths, guide_model
from desktop_llm.config.profiles import KvCacheSize, LoadProfile, ProfileStore
from desktop_llm.config.settings import SettingsStore

ROOT = Path(__file__).resolve().parents[2]
SIDES = "tests.benchmarks.sides"
_PATIENCE_SECONDS = 900
# The same on every side; the KV cache in bytes, so that free memory makes no difference.
PROFILE = LoadProfile(kv_cache=KvCacheSize(gib=0.5))


@contextlib.contextmanager
def home(*, load_at_start: bool = True) -> Iterator[Path]:
    """A fresh DESKTOP_LLM_HOME past its first run, with `PROFILE` for the guide model."""
    with tempfile.TemporaryDirectory(prefix="benchmark-home-") as name:
        root = Path(name)
        paths = AppPaths(root / "config", root / "data", root / "cache", root / "logs")
        settings, profiles = SettingsStore(paths.settings), ProfileStore(paths.profiles)
        settings.update(first_run_done=True, load_at_start=load_at_start)
        profiles.save(guide_model(), PROFILE)
        settings.flush()
        profiles.flush()
        yield root


def environment(home: Path | None = None, display: str | None = None) -> dict[str, str]:
    """This process's environment, for a child in `home` on `display`.

    Every side keeps its compiled bytecode and kernels, as an installed program does.
    """
    variables = dict(os.environ)
    kernels = Path(tempfile.gettempdir()) / "desktop-llm-benchmarks-inductor"
    variables.setdefault("TORCHINDUCTOR_CACHE_DIR", str(kernels))
    for name in ("QT_QPA_PLATFORM", "WAYLAND_DISPLAY", "DISPLAY", "PYTHONDONTWRITEBYTECODE"):
        variables.pop(name, None)
    if home is not None:
        variables[HOME_VARIABLE] = str(home)
    if display is not None:
        variables |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
    return variables


def start(
    arguments: Sequence[str],
    variables: Mapping[str, str],
    *,
    stdin: int | None = None,
    stdout: int | IO[bytes] = subprocess.DEVNULL,
    stderr: int | IO[bytes] = subprocess.DEVNULL,
    pass_fds: Sequence[int] = (),
) -> subprocess.Popen[bytes]:
    """Start this Python with `arguments` at the root of the checkout."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=variables,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=pass_fds,
    )


def end(process: subprocess.Popen[bytes], patience: float = 30) -> None:
    """Ask `process` to end, wait, and make sure of it and of its descendants."""
    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        family = psutil.Process(process.pid).children(recursive=True)
    if process.poll() is None:
        process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(patience)
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(family, timeout=5)
    for descendant in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            descendant.kill()
    psutil.wait_procs(left, timeout=5)


class Side:
    """A process of `sides/` that answers one JSON line with one JSON line (`sides.answering`)."""

    def __init__(self, module: str, given: Mapping[str, Any], variables: Mapping[str, str]) -> None:
        self._module = module
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - open until `close`
        self._process = start(
            ["-m", f"{SIDES}.{module}", json.dumps(given)],
            variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )

    def ask(self, question: Mapping[str, Any] | None = None) -> Any:
        """Send `question`, if any, and wait for the next answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        if question is not None:
            self._process.stdin.write(json.dumps(question).encode() + b"\n")
            self._process.stdin.flush()
        # One answer a question: nothing is left in the reader's buffer that select would not see.
        ready, _, _ = select.select([self._process.stdout], [], [], _PATIENCE_SECONDS)
        line = self._process.stdout.readline() if ready else b""
        if not line:
            self._errors.seek(0)
            last = self._errors.read().decode(errors="replace")[-2000:]
            how = "ended" if ready else f"went {_PATIENCE_SECONDS} s"
            raise RuntimeError(f"{self._module} {how} without an answer:\n{last}")
        return json.loads(line)

    def close(self) -> None:
        """End the process and all it started."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(30)
        end(self._process)
        self._errors.close()
