"""The memory that models live in, and the share of it that vLLM may be told to take."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB

# Of the free RAM, what the KV cache may take: a desktop needs some for other things.
RAM_SHARE = 0.4
_VRAM_SHARE = 0.92
VRAM_MARGIN = GIB // 4


@dataclass(frozen=True)
class DeviceMemory:
    """The memory the model will live in, in bytes: RAM on the CPU build, else one GPU's VRAM."""

    total: int
    free: int


@dataclass(frozen=True)
class Surroundings:
    """The device that models are loaded on, and who holds some of it.

    `given_back` bytes will be free once the present model is unloaded. `ram_free` is what layers
    may be left in, in bytes; None on the CPU build. `compute_capability` is the oldest GPU's, None
    where it is not known.
    """

    cpu: bool
    memory: DeviceMemory
    others: tuple[MemoryHolder, ...] = ()
    ram_free: int | None = None
    given_back: int = 0
    compute_capability: tuple[int, int] | None = None


def tightest(devices: Iterable[DeviceMemory]) -> DeviceMemory | None:
    """A device that has no more free than any of these, in bytes and as a share of its total.

    vLLM is told one number for all GPUs of a tensor-parallel model. None without any.
    """
    known = [device for device in devices if device.total > 0]
    if not known:
        return None
    free = min(device.free for device in known)
    roomiest = max(known, key=lambda device: device.total * free / max(device.free, 1))
    return DeviceMemory(max(roomiest.total * free // max(roomiest.free, 1), free, 1), free)


def vram_share(memory: DeviceMemory) -> float:
    """The share of all VRAM that is free now, less a margin; vLLM fails if asked for more.

    A desktop's own windows hold some VRAM, so a fixed 92 % of the total would often be refused.
    """
    free = max(memory.free - VRAM_MARGIN, 0) / max(memory.total, 1)
    return max(min(_VRAM_SHARE, int(free * 100) / 100), 0.05)
