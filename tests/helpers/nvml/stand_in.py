"""Builds the stand-in library, and tells it what to answer."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pynvml

from desktop_llm.core.units import GIB

SOURCE = Path(__file__).with_name("stand_in.c")
LIBRARY = "libnvidia-ml.so.1"
CONTROL_VARIABLE = "NVML_STAND_IN"
_FIRST_ERROR, _FUNCTIONS_A_GPU, _MOST_GPUS = 64, 64, 16
_DEFAULTS = {
    "count": 1,
    "total": 24 * GIB,
    "reserved": GIB // 2,
    "used": 3 * GIB,
    "free": 24 * GIB - GIB // 2 - 3 * GIB,
    "busy": 55,
    "memory_busy": 21,
    "power": 212_500,
    "power_limit": 450_000,
    "temperature": 64,
    "sm_clock": 2520,
    "energy": 1_234_000,
}


def build(folder: Path) -> Path:
    """The library, compiled into `folder`. Raises LookupError where there is no C compiler."""
    compiler = shutil.which("gcc") or shutil.which("cc")
    if compiler is None:
        raise LookupError("The stand-in for NVML is built with gcc, which is not installed.")
    library = folder / LIBRARY
    options = ["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-Wno-unused-parameter"]
    subprocess.run([compiler, *options, "-o", str(library), str(SOURCE)], check=True)
    return library


class StandIn:
    """What the library answers; every change holds from its next call on, in any process."""

    def __init__(self, file: Path) -> None:
        size = (_FIRST_ERROR + _MOST_GPUS * _FUNCTIONS_A_GPU) * 8
        file.write_bytes(bytes(size))
        self.file = file
        with file.open("r+b") as opened:
            self._map = mmap.mmap(opened.fileno(), size)
        self._values = (ctypes.c_int64 * (size // 8)).from_buffer(self._map)
        text = SOURCE.read_text("utf-8")
        self._names = _listed(text, "VALUES")
        self.functions = _listed(text, "FUNCTIONS")
        self.set(**_DEFAULTS)

    def set(self, **values: int) -> None:
        for name, value in values.items():
            self._values[self._names.index(name)] = value

    def get(self, name: str) -> int:
        return self._values[self._names.index(name)]

    def fail(self, function: str, error: int, gpu: int = 0) -> None:
        """Have a function (without "nvml") return `error` for a GPU; 0 makes it answer again."""
        place = gpu * _FUNCTIONS_A_GPU + self.functions.index(function)
        self._values[_FIRST_ERROR + place] = error

    def lose(self, gpu: int, error: int = pynvml.NVML_ERROR_GPU_IS_LOST) -> None:
        """Have every function fail for a GPU; with error 0 it is back."""
        for function in self.functions[1:]:
            if function.startswith("DeviceGet") and not function.startswith("DeviceGetCount"):
                self.fail(function, error, gpu)

    def hang(self, function: str = "none") -> None:
        """Have calls of this function not return until another, or none, is to hang."""
        self.set(hanging=self.functions.index(function))


@contextlib.contextmanager
def loaded(library: Path, control: Path) -> Iterator[StandIn]:
    """The real pynvml of this process on the stand-in, with one healthy GPU."""
    stand_in = StandIn(control)
    before = (pynvml.nvmlLib, dict(pynvml._nvmlGetFunctionPointer_cache))
    os.environ[CONTROL_VARIABLE] = str(control)
    # A copy by the name of the control file: a library once loaded keeps the file it mapped.
    own = control.with_suffix(".so")
    shutil.copyfile(library, own)
    pynvml.nvmlLib = ctypes.CDLL(str(own))
    pynvml._nvmlGetFunctionPointer_cache.clear()
    try:
        yield stand_in
    finally:
        stand_in.hang()
        pynvml.nvmlLib = before[0]
        pynvml._nvmlGetFunctionPointer_cache.clear()
        pynvml._nvmlGetFunctionPointer_cache.update(before[1])
        del os.environ[CONTROL_VARIABLE]


def _listed(text: str, macro: str) -> list[str]:
    found = re.search(rf"#define {macro}\(X\)((?:.*\\\n)+.*\n)", text)
    assert found is not None
    return re.findall(r"X\((\w+)\)", found[1])
