"""What this machine has, what each set of packages needs, and which set to install."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bootstrapping.errors import SetupError
from bootstrapping.system import install_command, python_name

GIB = 2**30

# Of the locked CUDA 13 build of vLLM, its AWQ kernels, and the locked PySide6 wheels.
MIN_DRIVER = 580
MIN_CAPABILITY = 7.5
MIN_GLIBC = (2, 34)

_SMI_ON_WSL = "/usr/lib/wsl/lib/nvidia-smi"
_PROC_VERSION = Path("/proc/driver/nvidia/version")


@dataclass(frozen=True)
class PackageSet:
    """One of the two sets: about how many bytes it downloads, and needs free to be installed.

    Measured for the CPU set: 0.75 GiB to download, 3.1 GiB installed. The CUDA set's wheels sum up
    to 3.9 GiB and unpack to about 10 GiB; the rest is room for the wheels on their way.
    """

    device: str
    title: str
    download: int
    disk: int


SETS = {
    "cuda": PackageSet("cuda", "NVIDIA GPUs (CUDA 13)", int(3.9 * GIB), 14 * GIB),
    "cpu": PackageSet("cpu", "the CPU", int(0.75 * GIB), 4 * GIB),
}


@dataclass(frozen=True)
class Gpu:
    """An NVIDIA GPU as its driver reports it; None where the driver does not say."""

    name: str
    driver: str
    capability: float | None


def parse_smi(output: str) -> list[Gpu]:
    """GPUs from `nvidia-smi --query-gpu=name,driver_version[,compute_cap] --format=csv,noheader`.

    Lines of another shape (a warning, "No devices were found") are passed over.
    """
    gpus = []
    for line in output.splitlines():
        fields = [field.strip() for field in line.split(",")]
        if len(fields) < 2 or not re.match(r"\d+\.\d+", fields[1]):
            continue
        known = len(fields) > 2 and re.fullmatch(r"\d+\.\d+", fields[2])
        gpus.append(Gpu(fields[0], fields[1], float(fields[2]) if known else None))
    return gpus


def _query_smi(program: str, fields: str) -> list[Gpu]:
    command = [program, f"--query-gpu={fields}", "--format=csv,noheader"]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return []
    return parse_smi(result.stdout) if result.returncode == 0 else []


def find_gpus(proc_version: Path = _PROC_VERSION) -> list[Gpu]:
    """The NVIDIA GPUs a driver serves here; an empty list where there is no driver.

    Raises SetupError where a driver is loaded and does not answer, as after an update of it.
    """
    program = shutil.which("nvidia-smi") or shutil.which(_SMI_ON_WSL)
    if program:
        # Drivers before 470 do not know compute_cap and refuse the whole query.
        for fields in ("name,driver_version,compute_cap", "name,driver_version"):
            if gpus := _query_smi(program, fields):
                return gpus
    try:
        text = proc_version.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    match = re.search(r"\s(\d+\.\d+(?:\.\d+)?)\s", text)
    if match and program:
        raise SetupError(
            f"The NVIDIA driver {match[1]} is loaded but does not answer nvidia-smi, as after an "
            "update of the driver. Restart the computer, and check with nvidia-smi.",
            cpu_helps=True,
        )
    return [Gpu("NVIDIA GPU", match[1], None)] if match else []


def has_nvidia_card(devices: Path = Path("/sys/bus/pci/devices")) -> bool:
    """Whether an NVIDIA display controller is plugged in, driver or not."""
    for device in devices.glob("*"):
        try:
            vendor, kind = (device / "vendor").read_text(), (device / "class").read_text()
        except OSError:
            continue
        if vendor.strip() == "0x10de" and kind.startswith("0x03"):
            return True
    return False


def cuda_objection(gpus: list[Gpu]) -> str | None:
    """Why the CUDA set would be of no use with these GPUs, and the remedy; None if it would."""
    if not gpus:
        return (
            "no working NVIDIA driver was found on this machine. "
            f"Install NVIDIA driver {MIN_DRIVER} or newer (Ubuntu: sudo ubuntu-drivers install), "
            "restart, and check with nvidia-smi"
        )
    driver = gpus[0].driver
    if int(driver.split(".")[0]) < MIN_DRIVER:
        return (
            f"the NVIDIA driver is {driver}, and CUDA 13 needs {MIN_DRIVER} or newer. "
            "Update the driver (Ubuntu: sudo ubuntu-drivers install) and restart"
        )
    capable = [gpu for gpu in gpus if gpu.capability is None or gpu.capability >= MIN_CAPABILITY]
    if not capable:
        best = max(gpus, key=lambda gpu: gpu.capability or 0.0)
        return (
            f"the {best.name} has compute capability {best.capability}, and vLLM's kernels need "
            f"{MIN_CAPABILITY} or newer (GeForce RTX 20 series, GTX 16 series, Tesla T4 or later)"
        )
    return None


def compiler_objection() -> str | None:
    """Why Triton could not compile kernels when a model is loaded; None if it could.

    It builds small C files against Python's headers, in every load on a GPU (triton/runtime/build).
    """
    headers = _has_headers()
    named = os.environ.get("CC")  # Triton takes it as it is, and looks for no other
    compiler = any(shutil.which(name) for name in (("gcc", "clang") if named is None else (named,)))
    if headers and compiler:
        return None
    if not compiler and named is not None:
        return f"CC names {named!r}, which is no program here: unset CC or correct it"
    missing = "no C compiler" if headers else "no Python headers"
    if not headers and not compiler:
        missing = "neither a C compiler nor Python's headers"
    return (
        f"this machine has {missing}, and Triton compiles its kernels when a model is loaded. "
        f"To install them: {install_command(f'gcc {python_name()}-dev', 'gcc python3-devel')}"
    )


def cpu_objection(cpuinfo: Path = Path("/proc/cpuinfo")) -> str | None:
    """Why the CPU set would be of no use on this processor; None if it would, or who knows."""
    try:
        text = cpuinfo.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    match = re.search(r"^flags\s*:(.*)", text, re.MULTILINE)
    if match is None or "avx2" in match[1].split():
        return None
    return (
        "this processor has no AVX2, which vLLM's CPU build needs (Intel since 2013, AMD since "
        "2015). In a virtual machine, let it have the host's processor; else use another computer"
    )


def cpu_advice() -> str | None:
    """What would make the CPU set faster: torch.compile wants a compiler and Python's headers."""
    if _has_headers() and shutil.which(os.environ.get("CXX", "g++")):
        return None
    command = install_command(f"g++ {python_name()}-dev", "gcc-c++ python3-devel")
    return f"Without g++ and Python's headers models run slower. To install them: {command}"


def _has_headers() -> bool:
    return Path(sysconfig.get_paths()["include"], "Python.h").is_file()


def check_platform() -> None:
    """Raise SetupError where the locked wheels cannot run at all."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise SetupError(
            f"Desktop LLM runs on 64-bit x86 Linux, and this is {platform.system()} on "
            f"{platform.machine()}. There is no set of packages for it."
        )
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        library = ""
    match = re.fullmatch(r"glibc (\d+)\.(\d+)", library)
    if match is None or (int(match[1]), int(match[2])) < MIN_GLIBC:
        wanted = ".".join(map(str, MIN_GLIBC))
        raise SetupError(
            f"The packages need glibc {wanted} or newer, and this system has "
            f"{library or 'another C library'}. Use Ubuntu 22.04, Debian 12, Fedora 35 or later."
        )


def check_disk(folder: Path, chosen: PackageSet, present: int = 0) -> None:
    """Raise SetupError if `folder`'s disk cannot take what is left to install.

    `present` is the size in bytes of what earlier runs installed.
    """
    free = shutil.disk_usage(folder).free
    needed = max(chosen.disk - present, GIB // 2)
    if free < needed:
        raise SetupError(
            f"Not enough disk: {folder} has {free / GIB:.1f} GiB free, and the packages for "
            f"{chosen.title} need {needed / GIB:.1f} GiB. Free some space, or move this folder "
            "to a larger disk.",
            cpu_helps=chosen.device == "cuda" and free >= max(SETS["cpu"].disk, GIB),
        )


def choose(
    requested: str | None, check: Callable[[PackageSet], None], say: Callable[[str], None]
) -> PackageSet:
    """The set to install, after the checks that come before a download.

    `check` raises SetupError for other reasons against a set (disk). Raises SetupError with
    the reason, marked `cpu_helps` where the CPU set would do.
    """
    chosen = SETS[requested or "cpu"]
    if requested != "cpu":
        gpus = find_gpus()
        if gpus or requested == "cuda":
            chosen = SETS["cuda"]
            if objection := cuda_objection(gpus) or compiler_objection():
                raise SetupError(
                    f"The CUDA packages would not run here: {objection}.", cpu_helps=True
                )
            say(f"Found {', '.join(gpu.name for gpu in gpus)}, driver {gpus[0].driver}.")
        elif has_nvidia_card():
            say(
                "There is an NVIDIA GPU here but no working driver, so this sets up the CPU "
                f"packages. Once driver {MIN_DRIVER} or newer works, add --device cuda."
            )
    if chosen.device == "cpu":
        if objection := cpu_objection():
            raise SetupError(f"The CPU packages would not run here: {objection}.")
        if advice := cpu_advice():
            say(advice)
    check(chosen)
    return chosen
