"""Who holds the RAM, on the real machine, and a GPU's memory, on the stand-in for NVML."""

from __future__ import annotations

import os
import subprocess
import sys

import psutil
import pynvml

from desktop_llm import app
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB
from desktop_llm.telemetry.holders import gpu_holders, ram_holders
from tests.helpers.nvml.stand_in import StandIn


def test_that_a_process_that_takes_ram_is_found_as_our_own() -> None:
    program = "held = bytearray(b'1') * (300 << 20); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "held\n"
        found = {holder.pid: holder for holder in ram_holders(most=500)}
        child.communicate("\n")
    holder = found[child.pid]
    assert holder.ours
    assert holder.name.startswith("python")
    assert 300 << 20 <= (holder.bytes or 0) < 400 << 20


def test_that_the_biggest_come_first_and_no_more_than_asked_for() -> None:
    sizes = [holder.bytes or 0 for holder in ram_holders(most=3)]
    assert 0 < len(sizes) <= 3
    assert sizes == sorted(sizes, reverse=True)


def test_that_a_gpus_processes_are_told_by_name(stand_in: StandIn) -> None:
    stand_in.set(processes=1, process_pid=os.getpid(), process_bytes=2 * GIB)
    own = MemoryHolder(os.getpid(), psutil.Process().name(), 2 * GIB, ours=True)
    assert app.read_memory_holders(False, 1) == (own,)


def test_that_nobody_is_named_where_the_driver_does_not_tell(stand_in: StandIn) -> None:
    for kind in ("Compute", "Graphics"):
        function = f"DeviceGet{kind}RunningProcesses_v3"
        stand_in.fail(function, pynvml.NVML_ERROR_NOT_SUPPORTED)
    assert app.read_memory_holders(False, 1) is None
    assert gpu_holders(()) is None
