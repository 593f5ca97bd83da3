"""Who holds a device's memory (VRAM, or RAM on the CPU build), and who the KV cache."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MemoryHolder:
    """One process. `bytes` is None where the driver does not say; `ours` are the app's own."""

    pid: int
    name: str
    bytes: int | None
    ours: bool = False


@dataclass(frozen=True)
class MemoryLedger:
    """What a load that failed for memory needed, and what there was, in bytes on one device.

    Read when the load's own processes had ended, so that `free` is what the model could have had.
    `weights_needed` and `kv_cache_needed` are at least what was asked for; activations and the
    runtime come on top. `holders` have the biggest first, and are None where nobody can tell.
    What else is None is not known.
    """

    on_gpu: bool
    total: int | None = None
    free: int | None = None
    weights_needed: int | None = None
    kv_cache_needed: int | None = None
    holders: tuple[MemoryHolder, ...] | None = None


@dataclass(frozen=True)
class KvHolder:
    """One request with tokens in the KV cache: its owner's `name`, else the `kind` of owner.

    By `reference` the owner finds it again: of a chat it is the conversation's id.
    """

    name: str
    kind: str
    tokens: int
    reference: str = ""


@dataclass(frozen=True)
class KvLedger:
    """The KV cache at one moment, in tokens. `holders` have the biggest first; so many wait."""

    capacity: int
    used: int
    holders: tuple[KvHolder, ...] = ()
    waiting: int = 0
