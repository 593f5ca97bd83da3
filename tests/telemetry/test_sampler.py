"""The thread that looks at the machine: only while watched, and never in anybody's way."""

from __future__ import annotations

import contextlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pynvml
import pytest

from desktop_llm.core.units import GIB
from desktop_llm.telemetry.gpus import read_gpus
from desktop_llm.telemetry.ram import read_ram
from desktop_llm.telemetry.sample import DriverState, RamSample, Sample
from desktop_llm.telemetry.sampler import SILENT_AFTER_SECONDS, Sampler
from tests.helpers.nvml.stand_in import CONTROL_VARIABLE, StandIn


class Looks:
    """A source that notes when it was asked, and fails or blocks on command."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.closed = 0
        self.failing = False
        self.gate = threading.Event()
        self.gate.set()

    def read(self) -> Sample:
        self.times.append(time.monotonic())
        self.gate.wait(20)
        if self.failing:
            raise ZeroDivisionError
        return Sample(self.times[-1], 0, RamSample(8 * GIB, GIB), DriverState.ABSENT, "None.")

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def looks() -> Looks:
    return Looks()


@pytest.fixture
def sampler(looks: Looks) -> Iterator[Sampler]:
    sampler = Sampler(lambda: looks)
    yield sampler
    looks.gate.set()
    sampler.close()


def collected(sampler: Sampler) -> queue.Queue[Sample]:
    samples: queue.Queue[Sample] = queue.Queue()
    sampler.sampled.subscribe(samples.put)
    return samples


def wake_ups(name: str) -> int:
    """How often the thread of this name gave up the processor by itself."""
    (thread,) = (thread for thread in threading.enumerate() if thread.name == name)
    status = Path(f"/proc/self/task/{thread.native_id}/status").read_text("ascii")
    line = next(line for line in status.splitlines() if line.startswith("voluntary"))
    return int(line.split()[1])


def test_that_samples_come_while_somebody_looks(sampler: Sampler, looks: Looks) -> None:
    samples = collected(sampler)
    with sampler.watch(0.5):
        first, second = samples.get(timeout=5), samples.get(timeout=5)
    assert 0.4 < second.at - first.at < 3
    assert sampler.latest in {first, second}


def test_that_nothing_wakes_up_when_nobody_looks(sampler: Sampler, looks: Looks) -> None:
    samples = collected(sampler)
    assert looks.times == []
    with sampler.watch():
        samples.get(timeout=5)
    until = time.monotonic() + 5
    while not looks.closed and time.monotonic() < until:
        time.sleep(0.01)
    assert looks.closed == 1  # the driver was let go
    time.sleep(0.05)
    before, asked = wake_ups("telemetry"), len(looks.times)
    time.sleep(1.2)
    assert wake_ups("telemetry") == before
    assert len(looks.times) == asked
    with sampler.watch():
        samples.get(timeout=5)


def test_that_there_is_no_thread_before_the_first_watch(sampler: Sampler) -> None:
    assert all(thread.name != "telemetry" for thread in threading.enumerate())
    assert sampler.latest is None


def test_that_the_most_impatient_watch_sets_the_pace(sampler: Sampler, looks: Looks) -> None:
    samples = collected(sampler)
    slow = sampler.watch(30)
    samples.get(timeout=5)
    quick = sampler.watch(0.5)
    samples.get(timeout=3)
    samples.get(timeout=3)
    quick.close()
    quick.close()  # a second time does nothing
    while not samples.empty():
        samples.get()
    with pytest.raises(queue.Empty):
        samples.get(timeout=1.2)
    slow.close()


def test_that_no_watch_asks_oftener_than_twice_a_second(sampler: Sampler) -> None:
    assert sampler.watch(0.001).interval == 0.5


def test_that_a_look_that_fails_is_not_the_last(sampler: Sampler, looks: Looks) -> None:
    samples = collected(sampler)
    looks.failing = True
    with sampler.watch(0.5):
        until = time.monotonic() + 5
        while len(looks.times) < 2 and time.monotonic() < until:
            time.sleep(0.01)
        looks.failing = False
        samples.get(timeout=5)


def test_that_a_driver_that_hangs_is_said_and_left_behind(looks: Looks) -> None:
    now = [100.0]
    sampler = Sampler(lambda: looks, clock=lambda: now[0])
    samples = collected(sampler)
    sampler.watch()
    samples.get(timeout=5)
    looks.gate.clear()
    now[0] += 1.1
    with sampler._state:
        sampler._state.notify()
    until = time.monotonic() + 5
    while len(looks.times) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    latest = sampler.latest
    assert latest is not None
    assert latest.problem == "None."
    now[0] += SILENT_AFTER_SECONDS
    latest = sampler.latest
    assert latest is not None
    assert latest.driver is DriverState.FAILING
    assert "has not answered for 10 s" in latest.problem
    start = time.monotonic()
    assert sampler.close(0.2) is False
    assert time.monotonic() - start < 1
    looks.gate.set()
    with pytest.raises(queue.Empty):
        samples.get(timeout=0.3)  # nothing more is told after the close


def _latest(sampler: Sampler) -> Sample | None:
    return sampler.latest


def test_that_a_driver_that_hangs_from_the_first_look_on_is_said_too(looks: Looks) -> None:
    now = [100.0]
    sampler = Sampler(lambda: looks, clock=lambda: now[0])
    looks.gate.clear()
    sampler.watch()
    until = time.monotonic() + 5
    while not looks.times and time.monotonic() < until:
        time.sleep(0.01)
    assert _latest(sampler) is None
    now[0] += SILENT_AFTER_SECONDS
    latest = _latest(sampler)
    assert latest is not None
    assert latest.driver is DriverState.FAILING
    assert latest.ram.total > 0
    looks.gate.set()
    assert sampler.close()


def test_that_closing_ends_the_thread_and_later_watches_do_nothing(
    sampler: Sampler, looks: Looks
) -> None:
    sampler.watch()
    assert sampler.close() is True
    assert all(thread.name != "telemetry" for thread in threading.enumerate())
    sampler.watch().close()
    assert all(thread.name != "telemetry" for thread in threading.enumerate())


def test_that_this_machine_is_sampled_over_a_driver_that_comes_and_goes(
    stand_in: StandIn,
) -> None:
    sampler = Sampler()
    samples = collected(sampler)
    with sampler.watch(0.5):
        assert samples.get(timeout=5).driver is DriverState.OK
        stand_in.set(every_error=pynvml.NVML_ERROR_DRIVER_NOT_LOADED)
        while (sample := samples.get(timeout=5)).driver is DriverState.OK:
            pass
        assert sample.problem == "No NVIDIA driver was found."
        assert sample.ram.total > sample.ram.available > 0
        stand_in.set(every_error=0)
        while samples.get(timeout=5).driver is not DriverState.OK:
            pass
    assert sampler.close() is True
    assert stand_in.get("opened") == 0


def test_that_ram_holds_this_process_and_its_children() -> None:
    with subprocess.Popen(["sleep", "30"]) as child:
        try:
            ram = read_ram()
        finally:
            child.kill()
    ours = {process.pid: process for process in ram.ours}
    assert ours[os.getpid()].resident > 10_000_000
    assert child.pid in ours
    assert ram.total > ram.available > 0


CHILD = """
import sys, time
from desktop_llm.telemetry.sampler import Sampler
assert "pynvml" not in sys.modules
sampler = Sampler()
sampler.sampled.subscribe(lambda s: print(s.driver, len(s.gpus), s.problem, flush=True))
sampler.watch(0.5)
sys.stdin.readline()
print("closed", sampler.close(0.5), flush=True)
"""


@contextlib.contextmanager
def child(stand_in: StandIn, folder: Path) -> Iterator[tuple[subprocess.Popen[str], IO[str]]]:
    """A process that samples, with `folder` for its libraries, and what it prints."""
    variables = os.environ | {
        "LD_LIBRARY_PATH": str(folder),
        CONTROL_VARIABLE: str(stand_in.file),
    }
    with subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env=variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        yield process, process.stdout
        process.kill()


def end(process: subprocess.Popen[str], printed: IO[str]) -> str:
    """Have it close its sampler; returns what it says of that."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()
    while not (line := printed.readline()).startswith("closed"):
        pass
    assert process.wait(5) == 0
    return line


def test_that_a_process_whose_driver_hangs_can_end(stand_in: StandIn, nvml_library: Path) -> None:
    with child(stand_in, nvml_library.parent) as (process, printed):
        assert printed.readline() == "ok 1 \n"  # pynvml found the library by its name
        stand_in.hang("DeviceGetPowerUsage")
        until = time.monotonic() + 10
        while not stand_in.get("hung") and time.monotonic() < until:
            time.sleep(0.01)
        assert end(process, printed) == "closed False\n"


@pytest.mark.skipif(
    bool(read_gpus().gpus), reason="With a driver there is no moment without its library."
)
def test_that_a_driver_installed_later_is_found(
    stand_in: StandIn, nvml_library: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "libraries"
    folder.mkdir()
    with child(stand_in, folder) as (process, printed):
        assert printed.readline() == "absent 0 No NVIDIA driver was found.\n"
        shutil.copyfile(nvml_library, folder / nvml_library.name)
        while (line := printed.readline()).startswith("absent"):
            pass
        assert line == "ok 1 \n"
        assert end(process, printed) == "closed True\n"
