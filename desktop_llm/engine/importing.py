"""Importing vLLM without stalling the window."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from desktop_llm.engine.environment import prepare_environment

_SWITCH_SECONDS = 0.001


def import_vllm() -> None:
    """Import all of vLLM that a load and a generation use. Seconds; any thread but the GUI's."""
    prepare_environment()
    with _yielding():
        _map_torch()
        import desktop_llm.engine.generation  # noqa: F401  # it imports vllm


@contextlib.contextmanager
def _yielding() -> Iterator[None]:
    """Hand the GIL to a waiting thread after 1 ms rather than 5, and collect no garbage.

    A million objects come to stay: walking them again and again would take over a second in all,
    up to 0.4 s at a time. They are kept out of later collections too, as vLLM's server does.
    """
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_SWITCH_SECONDS)
    gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval)
        if collects:
            gc.freeze()
            gc.enable()


def _map_torch() -> None:
    """Load torch's libraries ahead of its import, which would hold the GIL for all that time.

    In the order and the way of torch itself. A library that cannot be loaded is left to torch,
    which knows more ways and says what is wrong.
    """
    spec = importlib.util.find_spec("torch")
    if "torch" in sys.modules or spec is None or spec.origin is None:
        return
    folder = Path(spec.origin).parent / "lib"
    try:
        dlopen = ctypes.CDLL(None).dlopen  # called by ctypes, it runs without the GIL
    except AttributeError:
        return
    dlopen.argtypes, dlopen.restype = (ctypes.c_char_p, ctypes.c_int), ctypes.c_void_p
    dlopen(os.fsencode(folder / "libtorch_global_deps.so"), os.RTLD_NOW | os.RTLD_GLOBAL)
    dlopen(os.fsencode(folder / "libtorch.so"), os.RTLD_NOW)
