"""Who holds the RAM, on the real machine."""

from __future__ import annotations

import subprocess
import sys

from desktop_llm.telemetry.ram_holders import ram_holders


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
