"""Where every byte of a device's memory is: parts that add up to all of it, exactly."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.core.units import GIB
from desktop_llm.telemetry.sample import GpuProcess, GpuSample, RamSample

# What the driver and the processes' CUDA contexts were seen to take beside what it tells of each
# process. What is left beyond it is somebody's of whom the driver does not tell.
_MOST_OF_THE_DRIVER = GIB


class Part(StrEnum):
    """In the order of the bar."""

    WEIGHTS = "weights"
    KV_USED = "kv_used"
    KV_UNUSED = "kv_unused"  # reserved for the KV cache, and empty
    OURS = "ours"  # activations, graphs, CUDA contexts, the window
    PROCESS = "process"
    OTHERS = "others"  # RAM alone: other programs and the system, together
    DRIVER = "driver"
    NOT_TOLD = "not_told"  # in use, and the driver does not tell by whom
    RESERVED = "reserved"  # by the driver, for itself
    FREE = "free"


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the bar. `name` and `pid` are a process's; the name may be empty."""

    part: Part
    bytes: int
    name: str = ""
    pid: int | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The `segments` add up to `total` bytes; none is empty. Not `consistent`: what was told did
    not fit into what is in use, and was cut."""

    total: int
    segments: tuple[Segment, ...]
    consistent: bool = True

    def bytes_of(self, *parts: Part) -> int:
        return sum(segment.bytes for segment in self.segments if segment.part in parts)


@dataclass(frozen=True, slots=True)
class Ours:
    """What this app has on the device, in bytes, as the engine tells it; None where it does not.

    `pids` are this app's processes, the engine's children among them.
    """

    pids: frozenset[int] = frozenset()
    weights: int | None = None
    kv_reserved: int | None = None
    kv_used: int | None = None


def gpu_ledger(gpu: GpuSample, ours: Ours) -> Ledger | None:
    """The bar of one GPU; None while its memory is not known. Pure.

    In a container the driver may tell of no process, of none of ours, or not how much each has:
    then what is left beside the engine's own figures is NOT_TOLD as a whole.
    """
    memory = gpu.memory
    if memory is None:
        return None
    total = max(memory.total, 0)
    reserved = _within(memory.reserved or 0, total)
    free = _within(memory.free, total - reserved)
    bar = _Bar(total - reserved - free)
    mine = [process for process in gpu.processes or () if process.pid in ours.pids]
    others = [process for process in gpu.processes or () if process.pid not in ours.pids]
    claimed = (ours.weights or 0) + (ours.kv_reserved or 0)
    if claimed and not mine:
        others = []  # ours may be among them, under a number that is not known here
    bar.add_ours(ours, _sum(mine) if mine else None)
    for process in others:
        if process.bytes:
            bar.add(Part.PROCESS, process.bytes, process.name, process.pid)
    told = gpu.processes is not None and (bool(mine) or not claimed)
    told = told and all(process.bytes is not None for process in (*mine, *others))
    bar.add_rest(Part.DRIVER if told and bar.left <= _MOST_OF_THE_DRIVER else Part.NOT_TOLD)
    return bar.ledger(total, Segment(Part.RESERVED, reserved), Segment(Part.FREE, free))


def ram_ledger(ram: RamSample, ours: Ours) -> Ledger:
    """The bar of the machine's memory, for the CPU build. Pure.

    Ours is what the processes have resident. Pages they share are in each, so it is cut to what
    is in use.
    """
    total = max(ram.total, 0)
    free = _within(ram.available, total)
    bar = _Bar(total - free)
    bar.add_ours(ours, sum(process.resident for process in ram.ours))
    bar.add_rest(Part.OTHERS)
    return bar.ledger(total, Segment(Part.FREE, free))


class _Bar:
    """Fills what is in use, part by part, and no further."""

    def __init__(self, used: int) -> None:
        self.left = used
        self._segments: list[Segment] = []
        self._consistent = True

    def add(self, part: Part, size: int, name: str = "", pid: int | None = None) -> int:
        taken = _within(size, self.left)
        self._consistent &= taken == size
        self.left -= taken
        self._segments.append(Segment(part, taken, name, pid))
        return taken

    def add_ours(self, ours: Ours, told: int | None) -> None:
        """The engine's parts, within what is `told` of our processes, and what is beyond them."""
        left = self.left if told is None else _within(told, self.left)
        self._consistent &= told is None or told == left
        kv_used = _within(ours.kv_used or 0, ours.kv_reserved or 0)
        for part, size in (
            (Part.WEIGHTS, ours.weights or 0),
            (Part.KV_USED, kv_used),
            (Part.KV_UNUSED, (ours.kv_reserved or 0) - kv_used),
        ):
            self._consistent &= size <= left
            left -= self.add(part, min(size, left))
        if told is not None:
            self.add(Part.OURS, left)

    def add_rest(self, part: Part) -> None:
        self._segments.append(Segment(part, self.left))
        self.left = 0

    def ledger(self, total: int, *last: Segment) -> Ledger:
        segments = tuple(part for part in (*self._segments, *last) if part.bytes)
        return Ledger(total, segments, self._consistent)


def _sum(processes: list[GpuProcess]) -> int | None:
    sizes = [process.bytes for process in processes]
    return None if None in sizes else sum(size or 0 for size in sizes)


def _within(size: int, most: int) -> int:
    return max(0, min(size, most))
