"""Whether the machine can carry the build that is installed."""

from __future__ import annotations

import os
import resource
import shutil
import sys
import sysconfig
from pathlib import Path

from desktop_llm.core.units import GIB, MIB, format_bytes
from desktop_llm.doctor.findings import Finding, Surroundings, failed, noted, passed
from desktop_llm.doctor.libraries import REINSTALL

MINIMUM_DRIVER = 580  # CUDA 13
MINIMUM_CAPABILITY = (7, 5)  # AWQ kernels
USE_CPU = "or use the CPU set: python3 packaging/bootstrap.py run --device cpu"
_SMALL_SHM = 256 * MIB


def driver(surroundings: Surroundings) -> Finding:
    """The CUDA build needs a driver that knows its CUDA."""
    reading = surroundings.machine.gpus
    if surroundings.build == "":
        return noted(
            f"NVIDIA driver {reading.driver_version or 'none'}; whether it suffices depends on the "
            "build of vLLM, and none is installed.",
            REINSTALL,
        )
    if surroundings.build == "cpu":
        if reading.driver_version:
            return passed(f"NVIDIA driver {reading.driver_version}; the CPU build needs none.")
        return passed("The CPU build needs no driver.")
    if not reading.gpus:
        return failed(reading.problem, f"Install the NVIDIA driver 580 or newer, {USE_CPU}.")
    if (reading.driver_major or 0) < MINIMUM_DRIVER:
        return failed(
            f"The NVIDIA driver is {reading.driver_version}; this build of vLLM (CUDA 13) needs "
            f"{MINIMUM_DRIVER} or newer.",
            f"Update the driver and restart, {USE_CPU}.",
        )
    return passed(f"NVIDIA driver {reading.driver_version}.")


def gpus(surroundings: Surroundings) -> Finding:
    """The GPUs, whether they are new enough, and what is free on them."""
    found = surroundings.machine.gpus.gpus
    text = "; ".join(
        f"{gpu.name}: {format_bytes(gpu.free_bytes)} free of {format_bytes(gpu.total_bytes)}"
        for gpu in found
    )
    if surroundings.build == "":
        return noted(f"{text or 'No NVIDIA GPU'}; no build of vLLM is installed.", REINSTALL)
    if surroundings.build == "cpu":
        if found:
            return noted(
                f"{text}; but the CPU build of vLLM is installed.",
                "To use the GPU: python3 packaging/bootstrap.py run --device cuda",
            )
        return passed("No NVIDIA GPU; the CPU build is the right one.")
    if not found:
        return failed(
            "The CUDA build of vLLM is installed, but there is no GPU.",
            f"Check the driver, {USE_CPU}.",
        )
    old = [
        gpu
        for gpu in found
        if gpu.compute_capability is not None and gpu.compute_capability < MINIMUM_CAPABILITY
    ]
    if len(old) == len(found):
        return failed(
            f"{old[0].name} is too old: compute capability 7.5 is needed (Turing, 2018).",
            f"Use a newer GPU, {USE_CPU}.",
        )
    hidden = surroundings.environment.get("CUDA_VISIBLE_DEVICES")
    if hidden is not None and hidden.strip() in {"", "-1"}:
        return failed("CUDA_VISIBLE_DEVICES hides every GPU from the app.", "Unset that variable.")
    if max(gpu.free_bytes for gpu in found) < 2 * GIB:
        return noted(f"{text}.", "Close programs that hold VRAM (nvidia-smi lists them).")
    return passed(f"{text}.")


def memory(surroundings: Surroundings) -> Finding:
    """RAM: the app with vLLM takes about 2 GiB before any weights."""
    machine = surroundings.machine
    free = format_bytes(machine.ram_available_bytes)
    text = f"{free} of {format_bytes(machine.ram_total_bytes)} RAM available."
    if machine.ram_available_bytes < 2 * GIB:
        return noted(text, "Close other programs before loading a model.")
    return passed(text)


def disk(surroundings: Surroundings) -> Finding:
    """Room for conversations, logs and models."""
    free = surroundings.machine.disk_free_bytes
    text = f"{format_bytes(free)} free where {surroundings.paths.data} is."
    if free < 200 * MIB:
        return failed(text, "Free some disk space: conversations could not be saved.")
    if free < 5 * GIB:
        return noted(text, "Models take several GiB each; put them on another disk if need be.")
    return passed(text)


def compiler(surroundings: Surroundings) -> Finding:
    """Both builds compile at load: Triton C code for a GPU, torch.compile C++ for the CPU."""
    headers = Path(sysconfig.get_paths()["include"], "Python.h").is_file()
    python = f"python{sys.version_info.major}.{sys.version_info.minor}"
    if surroundings.build == "cpu":
        if headers and any(shutil.which(name) for name in ("g++", "clang++", "c++")):
            return passed("torch.compile finds a C++ compiler and Python's headers.")
        return noted(
            "There is no C++ compiler or Python's headers are missing, so vLLM runs without "
            "torch.compile, which is slower.",
            f"On Debian and Ubuntu: sudo apt install g++ {python}-dev; on Fedora: sudo dnf install "
            "gcc-c++ python3-devel",
        )
    if headers and any(shutil.which(name) for name in ("gcc", "clang", os.environ.get("CC", ""))):
        return passed("Triton finds a C compiler and Python's headers.")
    return failed(
        "Triton cannot compile its kernels: a C compiler or Python's headers are missing.",
        f"On Debian and Ubuntu: sudo apt install gcc {python}-dev; on Fedora: sudo dnf install "
        "gcc python3-devel",
    )


def processor(surroundings: Surroundings) -> Finding:
    """The CPU build has kernels for AVX2 and up (x86) and NEON (ARM)."""
    machine = surroundings.machine
    sets = ", ".join(machine.instruction_sets)
    text = f"{machine.cpu_name}, {machine.cores} cores{f', {sets}' if sets else ''}."
    if surroundings.build != "cpu" or {"AVX-512", "NEON"} & set(machine.instruction_sets):
        return passed(text)
    if "AVX2" in machine.instruction_sets:
        return noted(text, "It works; vLLM's CPU build is faster on processors with AVX-512.")
    return failed(
        f"{text} vLLM's CPU build needs AVX2.", "Use a newer computer, or one with an NVIDIA GPU."
    )


def shared_memory(_: Surroundings) -> Finding:
    """vLLM's processes pass tensors through /dev/shm; containers often have 64 MiB of it."""
    try:
        status = os.statvfs("/dev/shm")
    except OSError as error:
        return failed(
            f"/dev/shm cannot be used: {error.strerror}.",
            "Mount a tmpfs there; vLLM's processes talk through it.",
        )
    free = status.f_bavail * status.f_frsize
    if free < _SMALL_SHM:
        return noted(
            f"/dev/shm has {format_bytes(free)} free.",
            "In a container, start it with --shm-size=1g or more.",
        )
    return passed(f"/dev/shm has {format_bytes(free)} free.")


def open_files(_: Surroundings) -> Finding:
    """Sockets, pipes and libraries: a few hundred descriptors."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < 1024:
        return failed(
            f"Only {soft} files may be open at once.",
            f"Raise it before starting the app: ulimit -n {min(hard, 4096)}",
        )
    return passed(f"{'Any number of' if soft == resource.RLIM_INFINITY else soft} open files.")


def cuda_libraries(surroundings: Surroundings) -> Finding:
    """A CUDA of the system on LD_LIBRARY_PATH is taken before the one torch brings."""
    entries = surroundings.environment.get("LD_LIBRARY_PATH", "").split(":")
    cuda = [entry for entry in entries if "cuda" in entry.lower() and Path(entry).is_dir()]
    if surroundings.build == "cuda" and cuda:
        return noted(
            f"LD_LIBRARY_PATH names {cuda[0]}, whose libraries are taken before torch's own.",
            "If loading a model fails with a missing symbol, start the app without it.",
        )
    return passed("No other CUDA stands before torch's own.")
