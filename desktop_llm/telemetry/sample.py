"""What one look at the machine saw. A value that a device does not report is None, never zero."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Flag, StrEnum, auto


class GpuState(StrEnum):
    OK = "ok"
    LOST = "lost"  # fell off the bus, or was taken out
    UNREADABLE = "unreadable"  # there, but its memory cannot be read


class DriverState(StrEnum):
    OK = "ok"
    ABSENT = "absent"  # no driver, or none loaded
    NO_GPU = "no_gpu"
    OUTDATED = "outdated"  # the driver was replaced under a running process
    FAILING = "failing"


class Throttle(Flag):
    """Why clocks are below what the card could do: NVML's clocks event reasons."""

    NOTHING = 0
    IDLE = auto()
    CLOCK_SETTING = auto()
    POWER_CAP = auto()
    HARDWARE_SLOWDOWN = auto()
    SYNC_BOOST = auto()
    HEAT = auto()
    HARDWARE_HEAT = auto()
    POWER_BRAKE = auto()
    DISPLAY_CLOCK = auto()
    OTHER = auto()

    @property
    def thermal(self) -> bool:
        return bool(self & (Throttle.HEAT | Throttle.HARDWARE_HEAT))

    @property
    def power(self) -> bool:
        return bool(self & (Throttle.POWER_CAP | Throttle.POWER_BRAKE))


@dataclass(frozen=True, slots=True)
class GpuMemory:
    """Bytes. `used` is without `reserved`, but where that is None: then `used` contains it.

    With `unified` the GPU has no memory of its own: the sizes are the machine's RAM.
    """

    total: int
    used: int
    free: int
    reserved: int | None = None
    unified: bool = False


@dataclass(frozen=True, slots=True)
class GpuProcess:
    """A process on a GPU; `bytes` of VRAM. `name` is empty where nobody tells it."""

    pid: int
    name: str
    bytes: int | None
    compute: bool = True
    graphics: bool = False


@dataclass(frozen=True, slots=True)
class Temperatures:
    """Degrees Celsius. `slowdown` and `shutdown` are where the card acts by itself."""

    gpu: int | None = None
    memory: int | None = None
    maximum: int | None = None
    slowdown: int | None = None
    shutdown: int | None = None


@dataclass(frozen=True, slots=True)
class Clocks:
    """MHz."""

    sm: int | None = None
    sm_maximum: int | None = None
    memory: int | None = None
    memory_maximum: int | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """The PCIe link; throughput in bytes per second as the card measured it over 20 ms."""

    generation: int | None = None
    generation_maximum: int | None = None
    width: int | None = None
    width_maximum: int | None = None
    sent: int | None = None
    received: int | None = None


@dataclass(frozen=True, slots=True)
class Ecc:
    """Error correction; errors since the driver was loaded."""

    enabled: bool
    corrected: int | None = None
    uncorrected: int | None = None


@dataclass(frozen=True, slots=True)
class NvLink:
    """The NVLinks that are up; `version` such as ``4.0``.

    Throughput (data, all links) in bytes per second, over the last 5 s or so.
    """

    links: int
    version: str | None = None
    sent: float | None = None
    received: float | None = None


@dataclass(frozen=True, slots=True)
class GpuSample:
    """One GPU at one moment. Unless `state` is OK, `problem` says why and the rest is None.

    `memory_busy_percent` is the share of time in which memory was read or written (memory
    bandwidth use), not how full it is. Power in watts. `energy` is in joules since the driver
    was loaded; it, `ecc` and `mig_instances` are up to 10 s old. `processes` is None where the
    driver does not tell them; `throttle` likewise.
    """

    index: int
    name: str
    uuid: str
    state: GpuState = GpuState.OK
    problem: str = ""
    memory: GpuMemory | None = None
    processes: tuple[GpuProcess, ...] | None = None
    busy_percent: int | None = None
    memory_busy_percent: int | None = None
    power: float | None = None
    power_limit: float | None = None
    temperatures: Temperatures = Temperatures()
    clocks: Clocks = Clocks()
    throttle: Throttle | None = None
    link: Link = Link()
    fan_percent: int | None = None
    ecc: Ecc | None = None
    mig_instances: int | None = None
    nvlink: NvLink | None = None
    energy: float | None = None


@dataclass(frozen=True, slots=True)
class OurProcess:
    """A process of this app; `resident` bytes of RAM, pages shared with others counted in each."""

    pid: int
    name: str
    resident: int


@dataclass(frozen=True, slots=True)
class RamSample:
    """The machine's memory in bytes, and this process with all its descendants."""

    total: int
    available: int
    ours: tuple[OurProcess, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at the machine. `at` on the monotonic clock, `wall` since the epoch, in seconds.

    Unless `driver` is OK, `problem` says why in a sentence, and what helps.
    """

    at: float
    wall: float
    ram: RamSample
    driver: DriverState
    problem: str = ""
    driver_version: str | None = None
    gpus: tuple[GpuSample, ...] = ()
