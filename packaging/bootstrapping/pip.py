"""Running the environment's pip: the person's indexes kept, other configuration kept out."""

from __future__ import annotations

import ast
import importlib.metadata
import os
import re
import selectors
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bootstrapping.environment import WRITABLE, Environment
from bootstrapping.errors import SetupError

PYTORCH_INDEX = "https://download.pytorch.org/whl/cpu"

# Where packages come from is the person's choice. The rest (user, target, prefix, no-binary,
# require-hashes, constraint…) would change what is installed, or where, under our feet.
_KEPT = (
    "index-url", "extra-index-url", "find-links", "no-index", "trusted-host",
    "cert", "client-cert", "proxy", "timeout", "default-timeout", "retries", "keyring-provider",
)  # fmt: skip

_NETWORK = (
    "Retrying (Retry(", "NewConnectionError", "ConnectTimeout", "ReadTimeout",
    "NameResolutionError", "Temporary failure in name resolution", "Network is unreachable",
    "ProxyError", "SSLError", "ConnectionResetError",
    "IncompleteRead", "Could not fetch URL",
)  # fmt: skip
_CERTIFICATE = ("CERTIFICATE_VERIFY_FAILED", "certificate verify failed")
_REFUSED = re.compile(r"(?:401|403) Client Error: .*")
_DISK = ("No space left on device", "Errno 28", "Disk quota exceeded", "Errno 122")
_WRITE = ("Permission denied", "Errno 13", "Read-only file system", "Errno 30")


def _variable(option: str) -> str:
    return "PIP_" + option.upper().replace("-", "_")


def settings(environment: Environment) -> dict[str, str]:
    """The process environment for pip: pip's own files and PIP_* reduced to `_KEPT`."""
    command = [str(environment.python), "-I", "-m", "pip", "config", "list"]
    listed = subprocess.run(command, capture_output=True, text=True).stdout
    configured: dict[str, str] = {}
    # `install.` after `global.`, so that the more specific section wins, as in pip.
    for line in sorted(listed.splitlines(), key=lambda line: line.startswith("install.")):
        key, _, value = line.partition("=")
        section, _, option = key.partition(".")
        if section in ("global", "install") and option in _KEPT:
            configured[_variable(option)] = str(ast.literal_eval(value))
    variables = {_variable(option) for option in _KEPT}
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PIP_") or name in variables
    }
    temporary = environment.folder / "tmp"  # /tmp is often a small RAM disk
    temporary.mkdir(exist_ok=True)
    return {
        **configured,
        **kept,
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_NO_INPUT": "1",
        "TMPDIR": str(temporary),
    }


def lines(process: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """What the process prints, line by line; None once a second while it prints nothing."""
    assert process.stdout is not None
    rest = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(timeout=1.0):
                yield None
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            *done, rest = (rest + chunk).split(b"\n")
            for line in done:
                yield line.decode("utf-8", "replace")
    if rest:
        yield rest.decode("utf-8", "replace")


def explain(output: str, log: Path) -> SetupError:
    """What pip's failure means to the person."""
    if any(sign in output for sign in _DISK):
        return SetupError(
            "The disk filled up while installing. Free some space, then run the same command "
            "again: it goes on where it stopped."
        )
    if any(sign in output for sign in _WRITE):
        return SetupError(f"Cannot write into {log.parent}. {WRITABLE}")
    if any(sign in output for sign in _CERTIFICATE):
        return SetupError(
            "The package index's certificate is not trusted here. Where a proxy looks into the "
            "traffic, give pip the proxy's own: PIP_CERT=/path/to/certificates.pem; otherwise "
            "check the clock. Then run the same command again."
        )
    if refused := _REFUSED.search(output):
        return SetupError(
            f"The package index refuses the request ({refused[0].split(' for url')[0]}). Check the "
            "user and password in PIP_INDEX_URL or PIP_EXTRA_INDEX_URL (or a .netrc file), then "
            f"run the same command again. pip's words: {log}"
        )
    if any(sign in output for sign in _NETWORK):
        return SetupError(
            "The package index could not be reached. Check the network (and proxy: HTTPS_PROXY), "
            "then run the same command again: it goes on where it stopped."
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR:")]
    missing = [line for line in errors if "No matching distribution" in line]
    if missing:
        wanted = missing[0].rsplit(" ", 1)[-1]
        return SetupError(
            f"The configured package index does not have {wanted}. Point pip at one that does "
            f"(PIP_INDEX_URL or PIP_EXTRA_INDEX_URL), then run again. pip's words: {log}"
        )
    said = errors[0].removeprefix("ERROR: ") if errors else "it gave no reason"
    return SetupError(f"pip failed: {said}. Its whole output is in {log}; then run again.")


class Pip:
    """pip in one environment. Every call may raise SetupError; output is kept in install.log."""

    def __init__(self, environment: Environment, keep_open: int) -> None:
        self._site = environment.site
        self._command = [str(environment.python), "-I", "-m", "pip"]
        self._settings = settings(environment)
        self._log = environment.folder / "install.log"
        self._wheels = environment.folder / "tmp" / "wheels"
        self._keep_open = keep_open  # the lock's descriptor: it holds until pip ends, too

    def run(self, arguments: Sequence[str], on_line: Callable[[str | None], None]) -> str:
        """Run pip and return what went wrong as its output, or "" if nothing did."""
        process = subprocess.Popen(
            [*self._command, *arguments],
            env=self._settings,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(self._keep_open,),
        )
        said: list[str] = []
        try:
            with self._log.open("a", encoding="utf-8") as log:
                for line in lines(process):
                    if line is not None and not line.startswith("Progress "):
                        said.append(line)
                        log.write(line + "\n")
                    on_line(line)
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
        return "" if process.returncode == 0 else "\n".join(said) or "ERROR: pip was killed"

    def install(
        self, arguments: Sequence[str], on_line: Callable[[str | None], None] = lambda _: None
    ) -> None:
        """`pip install --no-deps`, with PyTorch's own index as the second try for its CPU build."""
        # What an interrupted run had downloaded is preferred to the same from an index.
        kept = ["--find-links", str(self._wheels)] if self._wheels.is_dir() else []
        self._obtain(["install", *kept, *arguments], on_line)

    def download(self, arguments: Sequence[str], on_line: Callable[[str | None], None]) -> None:
        """Fetch what `install_downloaded` will install; nothing installed changes."""
        self._obtain(["download", "--dest", str(self._wheels), *arguments], on_line)

    def install_downloaded(
        self, arguments: Sequence[str], on_line: Callable[[str | None], None]
    ) -> None:
        """`pip install --no-deps` of what `download` fetched, without the network."""
        self.install(["--no-index", *arguments], on_line)

    def _obtain(self, command: Sequence[str], on_line: Callable[[str | None], None]) -> None:
        name, *arguments = command
        command = [name, "--no-deps", "--no-build-isolation", "--no-cache-dir"]
        command += ["--progress-bar", self._progress_bar(), *arguments]
        failure = self.run(command, on_line)
        if failure and "No matching distribution found for torch==" in failure:
            failure = self.run([*command, "--extra-index-url", PYTORCH_INDEX], on_line)
        if failure:
            raise explain(failure + self._why_nothing_was_found(failure), self._log)

    def _why_nothing_was_found(self, failure: str) -> str:
        """A line about an index that refuses to answer: pip takes that for an empty index."""
        asked = re.search(r"\(from versions: none\)\n.*No matching distribution found for (\S+)",
                          failure)  # fmt: skip
        if asked is None:
            return ""
        command = ["download", "--no-deps", "-vv", "--dest", str(self._wheels), asked[1]]
        refused = re.search(_REFUSED, self.run(command, lambda _: None))
        return f"\n{refused[0]}" if refused else ""

    def _progress_bar(self) -> str:
        """Machine-readable where this pip has it (24.1 or newer): an early group updates pip."""
        (pip,) = importlib.metadata.distributions(name="pip", path=[str(self._site)])
        version = tuple(int(part) for part in pip.version.split(".")[:2])
        return "raw" if version >= (24, 1) else "off"

    def uninstall(self, names: Sequence[str]) -> None:
        """Remove distributions."""
        if failure := self.run(["uninstall", "--yes", *names], lambda _: None):
            raise explain(failure, self._log)
