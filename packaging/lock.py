"""Regenerate packaging/locks/ from pyproject.toml with pip's resolver.

    python packaging/lock.py [--python PATH ...]

Needs pip 25 or newer and an interpreter for each supported Python (3.11, 3.12, 3.13): those on
PATH, or named with --python. Markers are evaluated by the interpreter that will install, which
is why one interpreter cannot resolve for the others. Only metadata is fetched, not the wheels.
Your pip's find-links and extra indexes are left out, so that the locks hold public releases only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from pathlib import Path

from bootstrapping.locks import Versions, normalized

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "packaging" / "locks"
PYTHONS = ("3.11", "3.12", "3.13")

# Not published as wheels; everything else must be.
SDISTS = "autoawq"

# What an editable install of this project and the build of autoawq need, beside the app's own;
# and a pip that reports its progress and goes on with broken downloads, whatever Python brings.
BUILD_TOOLS = ("editables", "pip", "setuptools<81")

TORCH_CPU = "2.13.0+cpu"
# What that torch asks for. Its wheels are on PyTorch's own index, which need not be reachable
# from where the lock is made: a stand-in with this metadata is given to the resolver.
# tests/packaging/test_locks.py compares the list with the installed torch.
TORCH_CPU_REQUIRES = (
    "filelock",
    "typing-extensions>=4.10.0",
    "setuptools>=77.0.3",
    "sympy>=1.13.3",
    "networkx>=2.5.1",
    "jinja2",
    "fsspec>=0.8.5",
)

LEFT_OUT_OF_CPU = {
    "torchaudio": "its public wheels are CUDA builds, and break importing transformers",
    "torchcodec": "its public wheels are CUDA builds, and break importing transformers",
    "torchvision": "its public wheels are CUDA builds, and break importing transformers",
    "triton": "1 GB of GPU compiler that only autoawq asks for, and does without",
}


def interpreters(named: list[str]) -> dict[str, str]:
    """An interpreter for each supported Python. Exits with a sentence if one is missing."""
    found: dict[str, str] = {}
    for command in [*named, *(f"python{version}" for version in PYTHONS)]:
        probe = "import sys; print('%d.%d' % sys.version_info[:2])"
        try:
            result = subprocess.run([command, "-c", probe], capture_output=True, text=True)
        except OSError:
            continue
        version = result.stdout.strip()
        if result.returncode == 0 and version in PYTHONS:
            found.setdefault(version, command)
    if missing := [version for version in PYTHONS if version not in found]:
        sys.exit(f"No Python {' or '.join(missing)} on PATH: name one with --python PATH.")
    return found


def torch_stand_in(folder: Path) -> None:
    """Write a wheel that has the CPU torch's name, version and requirements, and no code."""
    info = f"torch-{TORCH_CPU}.dist-info"
    requires = "".join(f"Requires-Dist: {line}\n" for line in TORCH_CPU_REQUIRES)
    with zipfile.ZipFile(folder / f"torch-{TORCH_CPU}-py3-none-any.whl", "w") as wheel:
        metadata = f"Metadata-Version: 2.1\nName: torch\nVersion: {TORCH_CPU}\n{requires}"
        wheel.writestr(f"{info}/METADATA", metadata)
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")


def resolve(python: str, requirements: list[str], constraints: Versions, links: Path) -> Versions:
    """What pip would install for `requirements` on the interpreter `python`."""
    pins = links / "constraints.txt"
    pins.write_text("".join(f"{name}=={version}\n" for name, version in constraints.items()))
    report = links / "report.json"
    command = [sys.executable, "-m", "pip", "--python", python, "install", "-qq"]
    command += ["--dry-run", "--ignore-installed", "--report", str(report)]
    command += ["--use-feature=fast-deps", "--only-binary=:all:", f"--no-binary={SDISTS}"]
    command += ["--find-links", str(links), "--constraint", str(pins), *requirements]
    environment = {**os.environ, "PIP_CONFIG_FILE": os.devnull}
    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_CONSTRAINT"):
        environment.pop(variable, None)
    subprocess.run(command, env=environment, check=True)
    installs = json.loads(report.read_text())["install"]
    return {
        normalized(entry["metadata"]["name"]): entry["metadata"]["version"] for entry in installs
    }


def marker(pythons: list[str]) -> str:
    """The shortest marker that holds on exactly these of PYTHONS."""
    if pythons == list(PYTHONS):
        return ""
    if pythons == [PYTHONS[0], PYTHONS[2]]:
        return f' ; python_version != "{PYTHONS[1]}"'
    if pythons[0] == PYTHONS[0]:
        return f' ; python_version <= "{pythons[-1]}"'
    if pythons[-1] == PYTHONS[-1]:
        return f' ; python_version >= "{pythons[0]}"'
    return f' ; python_version == "{pythons[0]}"'


def render(intro: str, resolved: dict[str, Versions]) -> str:
    """A lock's text: a line a package, with markers only where the Pythons differ."""
    lines = [f"# {line}" for line in [*intro.splitlines(), "Made by packaging/lock.py."]]
    for package in sorted({name for versions in resolved.values() for name in versions}):
        by_version: dict[str, list[str]] = {}
        for python in PYTHONS:
            if version := resolved[python].get(package):
                by_version.setdefault(version, []).append(python)
        lines += [
            f"{package}=={version}{marker(pythons)}" for version, pythons in by_version.items()
        ]
    return "\n".join(lines) + "\n"


def write(name: str, intro: str, resolved: dict[str, Versions]) -> None:
    """Write the lock called `name`."""
    LOCKS.mkdir(exist_ok=True)
    (LOCKS / f"{name}.txt").write_text(render(intro, resolved), encoding="utf-8")
    print(f"{name}.txt: {max(len(versions) for versions in resolved.values())} packages")


def main() -> None:
    """Resolve the three locks for each Python and write them."""
    parser = argparse.ArgumentParser(description="Regenerate packaging/locks/.")
    parser.add_argument("--python", action="append", default=[], metavar="PATH")
    pythons = interpreters(parser.parse_args().python)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    base = [*project["project"]["dependencies"], *project["build-system"]["requires"], *BUILD_TOOLS]

    runtime: dict[str, dict[str, Versions]] = {"cuda": {}, "cpu": {}}
    dev: dict[str, Versions] = {}
    with tempfile.TemporaryDirectory() as temporary:
        cuda_links, cpu_links = Path(temporary, "cuda"), Path(temporary, "cpu")
        cuda_links.mkdir()
        cpu_links.mkdir()
        torch_stand_in(cpu_links)
        for version, python in pythons.items():
            print(f"Resolving for Python {version}…", flush=True)
            cuda = resolve(python, [*base, *extras["cuda"]], {}, cuda_links)
            cpu = resolve(python, [*base, *extras["cpu"]], {}, cpu_links)
            tools = resolve(python, extras["dev"], cpu, cpu_links)
            if clash := [n for n, pin in tools.items() if n in cuda and cuda[n] != pin]:
                sys.exit(f"The test tools need another {', '.join(clash)} than the CUDA set has.")
            runtime["cuda"][version] = cuda
            runtime["cpu"][version] = {n: v for n, v in cpu.items() if n not in LEFT_OUT_OF_CPU}
            dev[version] = {n: pin for n, pin in tools.items() if n not in cpu and n not in cuda}

    left_out = "\n".join(f"  {name}: {reason}" for name, reason in LEFT_OUT_OF_CPU.items())
    write("cuda", "The app with vLLM for NVIDIA GPUs (CUDA 13).", runtime["cuda"])
    write(
        "cpu",
        f"The app with vLLM for CPUs. Install with --no-deps. Left out on purpose:\n{left_out}",
        runtime["cpu"],
    )
    write("dev", "The test tools, on top of either set.", dev)


if __name__ == "__main__":
    main()
