"""A tiny checkout with the real bootstrap, its own small wheels and an index on the loopback."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import textwrap
import threading
import zipfile
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent

BACKEND = '''
"""A build backend as small as can be: an editable wheel with one .pth line."""
import os, zipfile
NAME = "desktop_llm-0.1.0"
def build_editable(folder, config_settings=None, metadata_directory=None):
    files = {
        "_desktop_llm.pth": os.getcwd(),
        NAME + ".dist-info/METADATA":
            "Metadata-Version: 2.1\\nName: desktop-llm\\nVersion: 0.1.0\\n",
        NAME + ".dist-info/WHEEL":
            "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    record = "".join(name + ",,\\n" for name in files) + NAME + ".dist-info/RECORD,,\\n"
    with zipfile.ZipFile(os.path.join(folder, NAME + "-py3-none-any.whl"), "w") as wheel:
        for name, text in {**files, NAME + ".dist-info/RECORD": record}.items():
            wheel.writestr(name, text)
    return NAME + "-py3-none-any.whl"
'''

PYPROJECT = """
[build-system]
requires = []
build-backend = "tiny_backend"
backend-path = ["packaging"]
"""


TINY_PYTEST = textwrap.dedent(
    """\
    import os, sys
    print("pytest", *sys.argv[1:], "in", os.getcwd())
    if "display" in sys.argv:
        print("display", os.environ.get("DISPLAY"), flush=True)
    if "wait" in sys.argv:
        sys.stdin.read()
    sys.exit(5 if "fail" in sys.argv else 0)
    """
)


def hashed(text: str) -> str:
    """A RECORD line's hash and size."""
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"sha256={digest.rstrip('=')},{len(text.encode())}"


def make_wheel(folder: Path, name: str, version: str, files: dict[str, str] | None = None) -> Path:
    """Write a wheel that holds `files`; by default one module with the version in it."""
    module = name.replace("-", "_")
    files = files or {f"{module}.py": f"VERSION = {version!r}\n"}
    info = f"{module}-{version}.dist-info"
    files = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{path},{hashed(text)}\n" for path, text in files.items())
    record += f"{info}/RECORD,,\n"
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in {**files, f"{info}/RECORD": record}.items():
            archive.writestr(path, text)
    return wheel


class Index:
    """A package index on a loopback port. It can hold back one package's file until released."""

    def __init__(self, wheels: Path) -> None:
        self.wheels = wheels
        self.held = ""
        self.refuses = 0  # the status that every request gets, if any
        self.reached = threading.Event()
        self.release = threading.Event()
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}/simple"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.refuses:
            request.send_error(self.refuses)
            return
        parts = request.path.strip("/").split("/")
        if parts[0] == "simple" and len(parts) == 2:
            found = [
                wheel.name.replace("+", "%2B")
                for wheel in self.wheels.glob("*.whl")
                if wheel.name.split("-")[0].replace("_", "-") == parts[1]
            ]
            body = "".join(f'<a href="/files/{name}">{name}</a>' for name in found).encode()
            kind = "text/html"
        elif parts[0] != "files":
            request.send_error(404)
            return
        else:
            name = parts[-1].replace("%2B", "+")
            if self.held and name.startswith(self.held):
                self.reached.set()
                self.release.wait(60)
            body, kind = (self.wheels / name).read_bytes(), "application/zip"
        try:
            request.send_response(200)
            request.send_header("Content-Type", kind)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the installer was killed: that is the test

    def close(self) -> None:
        self.release.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@dataclass
class Checkout:
    """A folder with the real bootstrap in it and small packages in its locks."""

    root: Path
    wheels: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def site(self) -> Path:
        (site,) = (self.root / ".venv" / "lib").glob("python3*/site-packages")
        return site

    @property
    def stamp(self) -> Path:
        return self.root / ".venv" / "desktop-llm-ready.json"

    def lock(self, name: str, *lines: str) -> None:
        text = "".join(f"{line}\n" for line in lines)
        (self.root / "packaging" / "locks" / f"{name}.txt").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(self.root / "packaging" / "bootstrap.py"), *arguments]

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.command(*arguments),
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments),
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )


def make_checkout(root: Path, wheels: Path) -> Checkout:
    packaging = root / "packaging"
    (packaging / "locks").mkdir(parents=True)
    shutil.copy(ROOT / "packaging" / "bootstrap.py", packaging)
    shutil.copytree(
        ROOT / "packaging" / "bootstrapping",
        packaging / "bootstrapping",
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    (packaging / "tiny_backend.py").write_text(BACKEND)
    (root / "pyproject.toml").write_text(PYPROJECT)
    package = root / "desktop_llm"
    package.mkdir()
    (package / "__init__.py").write_text('__version__ = "0.1.0"\n')
    (package / "__main__.py").write_text("import sys\nprint('app', *sys.argv[1:])\n")
    # No pip configuration of the machine reaches the test, and no GPU of the machine either.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PIP_", "PYTHON", "NVIDIA"))
    }
    environment |= {
        "PATH": f"{wheels.parent / 'bin'}:/usr/bin:/bin",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_FIND_LINKS": str(wheels),
        "PIP_NO_INDEX": "1",
    }
    checkout = Checkout(root, wheels, environment)
    for name in ("alpha", "beta"):
        for version in ("1.0", "2.0"):
            make_wheel(wheels, name, version)
    make_wheel(wheels, "packaging", "1.0")
    make_wheel(
        wheels,
        "pytest",
        "9.0",
        {"pytest/__init__.py": "", "pytest/__main__.py": TINY_PYTEST},
    )
    checkout.lock("cpu", "packaging==1.0", "alpha==1.0", 'beta==1.0 ; python_version >= "3.11"')
    checkout.lock("cuda", "packaging==1.0", "alpha==2.0")
    checkout.lock("dev", "pytest==9.0")
    return checkout
