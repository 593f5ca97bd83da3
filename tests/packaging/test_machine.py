"""Which set of packages a machine gets, and what it hears when one would be of no use."""

from __future__ import annotations

import os
import platform
import pty
import shutil
import sys
import sysconfig
from collections import namedtuple
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.packaging.tiny_checkout import Checkout

from bootstrapping import machine  # isort: skip  # conftest puts packaging/ on the path
from bootstrapping.errors import SetupError  # isort: skip

Usage = namedtuple("Usage", "total used free")


def fake_smi(folder: Path, script: str) -> str:
    """A PATH on which nvidia-smi is this shell script."""
    folder.mkdir(exist_ok=True)
    program = folder / "nvidia-smi"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def no_check(_: machine.PackageSet) -> None:
    """Disk is of no interest here."""


@given(st.text())
def test_that_any_output_of_nvidia_smi_is_survived(output: str) -> None:
    for gpu in machine.parse_smi(output):
        int(gpu.driver.split(".")[0])  # what the check of the driver relies on


@given(
    driver=st.integers(300, 900),
    capability=st.one_of(st.none(), st.integers(30, 130).map(lambda tenths: tenths / 10)),
)
def test_that_cuda_is_refused_just_below_the_limits(driver: int, capability: float | None) -> None:
    cell = "[N/A]" if capability is None else str(capability)
    gpus = machine.parse_smi(f"NVIDIA Test, {driver}.65.06, {cell}\n")
    assert gpus == [machine.Gpu("NVIDIA Test", f"{driver}.65.06", capability)]
    fits = driver >= 580 and (capability is None or capability >= 7.5)
    assert (machine.cuda_objection(gpus) is None) == fits


@pytest.mark.parametrize(
    ("compiler", "headers", "says"),
    [
        (True, True, None),
        (False, True, "no C compiler"),
        (True, False, "no Python headers"),
        (False, False, "neither a C compiler nor Python's headers"),
    ],
)
def test_that_what_triton_compiles_with_is_looked_for(
    compiler: bool,
    headers: bool,
    says: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gcc = tmp_path / "gcc"
    if compiler:
        gcc.touch(0o755)
    if headers:
        (tmp_path / "Python.h").touch()
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(sysconfig, "get_paths", lambda: {"include": str(tmp_path)})
    objection = machine.compiler_objection()
    if says is None:
        assert objection is None
    else:
        assert objection is not None
        assert says in objection
        python = f"python{sys.version_info.major}.{sys.version_info.minor}"
        assert f"sudo apt install gcc {python}-dev" in objection
        assert "sudo dnf install gcc python3-devel" in objection
    monkeypatch.setenv("CC", "no-such-compiler")
    assert "no-such-compiler" in (machine.compiler_objection() or "")


def test_that_one_capable_gpu_among_old_ones_is_enough() -> None:
    gpus = machine.parse_smi("Tesla P40, 590.1, 6.1\nNVIDIA L4, 590.1, 8.9\n")
    assert machine.cuda_objection(gpus) is None


def test_that_objections_say_what_to_do() -> None:
    old_driver = machine.cuda_objection([machine.Gpu("A", "535.183.01", 8.6)])
    assert old_driver is not None
    assert "driver is 535.183.01, and CUDA 13 needs 580 or newer. Update" in old_driver
    old_gpu = machine.cuda_objection([machine.Gpu("GeForce GTX 1080", "580.65", 6.1)])
    assert old_gpu is not None
    assert "GeForce GTX 1080 has compute capability 6.1" in old_gpu
    assert "7.5 or newer" in old_gpu
    nothing = machine.cuda_objection([])
    assert nothing is not None
    assert "Install NVIDIA driver 580 or newer" in nothing


def test_that_a_driver_too_old_for_compute_cap_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = """
        case "$1" in
        *compute_cap*) echo 'Field "compute_cap" is not a valid field to query.'; exit 2;;
        *) echo 'Quadro P4000, 450.119.03';;
        esac"""
    monkeypatch.setenv("PATH", fake_smi(tmp_path / "bin", script))
    assert machine.find_gpus() == [machine.Gpu("Quadro P4000", "450.119.03", None)]


def test_that_the_kernel_module_speaks_where_nvidia_smi_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    version = tmp_path / "version"
    version.write_text(
        "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.65.06  Release Build  (dvs)\n"
        "GCC version:  gcc version 12.2.0 (Debian 12.2.0-14)\n"
    )
    assert machine.find_gpus(version) == [machine.Gpu("NVIDIA GPU", "580.65.06", None)]
    assert machine.find_gpus(tmp_path / "nothing") == []


def test_that_a_driver_that_does_not_answer_is_not_taken_for_one_that_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mismatch = "echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18"
    monkeypatch.setenv("PATH", fake_smi(tmp_path / "bin", mismatch))
    version = tmp_path / "version"
    version.write_text("NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.65.06  Release\n")
    with pytest.raises(SetupError, match="loaded but does not answer") as problem:
        machine.find_gpus(version)
    assert "Restart" in str(problem.value)
    assert problem.value.cpu_helps
    assert machine.find_gpus(tmp_path / "nothing") == [], "a container without a GPU"


@pytest.mark.parametrize(
    ("flags", "fits"), [("fpu avx avx2 fma", True), ("fpu avx", False), (None, True)]
)
def test_that_a_processor_without_avx2_is_refused_before_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str | None, fits: bool
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    if flags is not None:
        cpuinfo.write_text(f"model name\t: A processor\nflags\t\t: {flags}\nbugs\t: none\n")
    objection = machine.cpu_objection(cpuinfo)
    assert (objection is None) == fits
    monkeypatch.setattr(machine, "cpu_objection", lambda: objection)
    if fits:
        assert machine.choose("cpu", no_check, lambda _: None).device == "cpu"
    else:
        with pytest.raises(SetupError, match="no AVX2"):
            machine.choose("cpu", no_check, lambda _: None)


def test_that_a_missing_compiler_is_a_word_on_the_cpu(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    said: list[str] = []
    assert machine.choose("cpu", no_check, said.append).device == "cpu"
    assert "run slower" in said[0]
    assert "g++" in said[0]


def test_that_a_card_without_a_driver_gets_the_cpu_set_and_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for slot, vendor, kind in (("0", "0x8086", "0x030000"), ("1", "0x10de", "0x030200")):
        (tmp_path / slot).mkdir()
        (tmp_path / slot / "vendor").write_text(f"{vendor}\n")
        (tmp_path / slot / "class").write_text(f"{kind}\n")
    assert machine.has_nvidia_card(tmp_path)
    shutil.rmtree(tmp_path / "1")
    assert not machine.has_nvidia_card(tmp_path)

    monkeypatch.setattr(machine, "find_gpus", list)
    monkeypatch.setattr(machine, "has_nvidia_card", lambda: True)
    said: list[str] = []
    assert machine.choose(None, no_check, said.append).device == "cpu"
    assert "no working driver" in said[0]
    with pytest.raises(SetupError, match="no working NVIDIA driver") as problem:
        machine.choose("cuda", no_check, said.append)
    assert problem.value.cpu_helps


@pytest.mark.parametrize(
    ("free_gib", "device", "passes", "cpu_helps"),
    [(20, "cuda", True, False), (10, "cuda", False, True), (2, "cuda", False, False),
     (6, "cpu", True, False), (2, "cpu", False, False)],
)  # fmt: skip
def test_that_disk_is_checked_and_the_cpu_offered_where_it_would_fit(
    monkeypatch: pytest.MonkeyPatch, free_gib: int, device: str, passes: bool, cpu_helps: bool
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(0, 0, free_gib * machine.GIB))
    chosen = machine.SETS[device]
    if passes:
        machine.check_disk(Path("/x"), chosen)
    else:
        with pytest.raises(SetupError, match="Not enough disk: /x has") as problem:
            machine.check_disk(Path("/x"), chosen)
        assert problem.value.cpu_helps == cpu_helps
    machine.check_disk(Path("/x"), chosen, present=chosen.disk - machine.GIB)


@pytest.mark.parametrize(
    ("system", "processor", "library", "says"),
    [
        ("Darwin", "arm64", "glibc 2.39", "64-bit x86 Linux"),
        ("Linux", "aarch64", "glibc 2.39", "64-bit x86 Linux"),
        ("Linux", "x86_64", "glibc 2.31", "glibc 2.34 or newer, and this system has glibc 2.31"),
        ("Linux", "x86_64", "", "another C library"),
    ],
)
def test_that_a_system_the_wheels_do_not_fit_is_refused(
    monkeypatch: pytest.MonkeyPatch, system: str, processor: str, library: str, says: str
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(platform, "machine", lambda: processor)
    monkeypatch.setattr(os, "confstr", lambda _: library)
    with pytest.raises(SetupError, match=says):
        machine.check_platform()


OLD_DRIVER = "echo 'NVIDIA GeForce RTX 3060, 535.183.01, 8.6'"


def test_that_an_old_driver_stops_before_any_download_and_names_the_way_on(
    fresh: Checkout, tmp_path: Path
) -> None:
    result = fresh.run("run", PATH=fake_smi(tmp_path / "bin", OLD_DRIVER))
    assert result.returncode == 2
    assert result.stderr == (
        "The CUDA packages would not run here: the NVIDIA driver is 535.183.01, and CUDA 13 needs "
        "580 or newer. Update the driver (Ubuntu: sudo ubuntu-drivers install) and restart. "
        "To go on without the GPU: python3 packaging/bootstrap.py run --device cpu\n"
    )
    assert not (fresh.root / ".venv").exists()


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("\n", 2)])
def test_that_on_a_terminal_the_cpu_set_is_offered(
    checkout: Checkout, tmp_path: Path, answer: str, code: int
) -> None:
    path = fake_smi(tmp_path / "bin", OLD_DRIVER)
    child, terminal = pty.fork()
    if child == 0:
        command = checkout.command("run", "hello")
        os.execve(command[0], command, {**checkout.environment, "PATH": path})
    shown, answered = "", False
    while True:
        try:
            shown += os.read(terminal, 4096).decode()
        except OSError:  # the terminal's other end is closed
            break
        if "[y/N]" in shown and not answered:
            answered = os.write(terminal, answer.encode()) > 0
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    os.close(terminal)
    assert status == code, shown
    assert ("app hello" in shown) == (code == 0)
    assert ("--device cpu" in shown) == (code == 2)
