"""What a real driver answered, byte for byte, and the real pynvml reading it again.

On a machine with an NVIDIA GPU, `python -m tests.helpers.nvml.recorded FILE` writes two moments:
with nothing to do, and with a process that fills memory of the first GPU over and over. The UUIDs
are replaced: nothing in the file tells whose machine it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pynvml

from desktop_llm.telemetry.nvml.reader import NvmlReader

# Bigger ones are buffers that are only written to.
_BIGGEST_INPUT = 256
_BUSY = """
import ctypes, sys, time
cuda = ctypes.CDLL("libcuda.so.1")
context, memory = ctypes.c_void_p(), ctypes.c_void_p()
assert cuda.cuInit(0) == 0
assert cuda.cuCtxCreate_v2(ctypes.byref(context), 0, 0) == 0
assert cuda.cuMemAlloc_v2(ctypes.byref(memory), ctypes.c_size_t(2**32)) == 0
print("busy", flush=True)
until = time.monotonic() + 60
while time.monotonic() < until:
    for value in range(50):
        cuda.cuMemsetD8_v2(memory, value, ctypes.c_size_t(2**32))
    cuda.cuCtxSynchronize()
"""


class Recorder:
    """In place of `pynvml.nvmlLib`: passes every call on and notes what came back."""

    def __init__(self, library: Any) -> None:
        self._library = library
        self.calls: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Any:
        function = getattr(self._library, name)

        def call(*arguments: Any) -> int:
            key = _key(name, arguments)
            code = int(function(*arguments))
            written = {
                place: bytes(target).rstrip(b"\0").hex()
                for place, argument in enumerate(arguments)
                if (target := _target(argument)) is not None
            }
            self.calls[key] = [code, written]
            return code

        return call


class Replay:
    """In place of `pynvml.nvmlLib`: answers as recorded, and not found to what was not asked."""

    def __init__(self, calls: dict[str, Any]) -> None:
        self._calls = calls
        self._names = {key.split("|")[0] for key in calls}

    def __getattr__(self, name: str) -> Any:
        if name not in self._names:
            raise AttributeError(name)

        def call(*arguments: Any) -> int:
            code, written = self._calls.get(
                _key(name, arguments), [pynvml.NVML_ERROR_NOT_FOUND, {}]
            )
            for place, text in written.items():
                target, content = _target(arguments[int(place)]), bytes.fromhex(text)
                ctypes.memset(ctypes.addressof(target), 0, ctypes.sizeof(target))
                ctypes.memmove(ctypes.addressof(target), content, len(content))
            return int(code)

        return call


@contextlib.contextmanager
def played_by(library: Any) -> Iterator[None]:
    """The pynvml of this process on `library`."""
    before = (pynvml.nvmlLib, dict(pynvml._nvmlGetFunctionPointer_cache))
    pynvml.nvmlLib = library
    pynvml._nvmlGetFunctionPointer_cache.clear()
    try:
        yield
    finally:
        pynvml.nvmlLib = before[0]
        pynvml._nvmlGetFunctionPointer_cache.clear()
        pynvml._nvmlGetFunctionPointer_cache.update(before[1])


def record() -> dict[str, Any]:
    """Both moments: the calls of the second look of a session, and those that open it."""
    moments = {"idle": _moment()}
    with subprocess.Popen([sys.executable, "-c", _BUSY], stdout=subprocess.PIPE, text=True) as busy:
        assert busy.stdout is not None
        assert busy.stdout.readline() == "busy\n"
        time.sleep(2)
        moments["busy"] = _moment()
        busy.kill()
    return moments


def _moment() -> dict[str, Any]:
    recorder = Recorder(ctypes.CDLL("libnvidia-ml.so.1"))
    with played_by(recorder):
        reader = NvmlReader()
        reader.read(0)
        gpus = reader.read(20).gpus
        reader.close()
    text = json.dumps(recorder.calls)
    for gpu in gpus:
        made_up = f"GPU-00000000-0000-4000-8000-{gpu.index:012}"
        text = text.replace(gpu.uuid.encode().hex(), made_up.encode().hex())
    calls: dict[str, Any] = json.loads(text)
    return calls


def _key(name: str, arguments: tuple[Any, ...]) -> str:
    """The function and all that goes in: numbers, handles, and what small structures hold."""
    return "|".join([name, *map(_input, arguments)])


def _input(argument: Any) -> str:
    if argument is None or isinstance(argument, int):
        return str(argument)
    if isinstance(argument, ctypes._SimpleCData):
        return str(argument.value)
    if isinstance(argument, ctypes._Pointer):
        return f"at {ctypes.cast(argument, ctypes.c_void_p).value}"
    target = _target(argument)
    assert target is not None
    content = bytes(target)
    return content.rstrip(b"\0").hex() if len(content) <= _BIGGEST_INPUT else "buffer"


def _target(argument: Any) -> Any:
    """What a call may write to; None for what is passed by value."""
    if isinstance(argument, ctypes.Array):
        return argument
    return getattr(argument, "_obj", None)  # of a `byref`


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(record(), indent=0) + "\n", "utf-8")
