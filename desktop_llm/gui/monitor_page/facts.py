"""Everything that is known of a GPU or the RAM, in named groups of names and values."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.gui.memory_dock.words import not_reported
from desktop_llm.gui.sentences import translated
from desktop_llm.telemetry.nvml.throttling import in_words
from desktop_llm.telemetry.sample import Ecc, GpuProcess, GpuSample, NvLink, Sample, Throttle

JOULES_PER_WH = 3600
_MOST_PROCESSES = 12

translate = QCoreApplication.translate

Rows = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Group:
    """A titled table."""

    title: str
    rows: Rows


@dataclass(frozen=True)
class Facts:
    """One device. Where its values cannot be told, `problem` says why."""

    name: str
    groups: tuple[Group, ...]
    problem: str = ""


def device_facts(sample: Sample) -> tuple[Facts, ...]:
    """The GPUs, then the RAM. Pure. A value that a card does not give is "not reported"."""
    return (*(_gpu(gpu, sample.driver_version) for gpu in sample.gpus), _ram(sample))


def _gpu(gpu: GpuSample, driver: str | None) -> Facts:
    name = translate("MonitorPage", "GPU {index}: {name}").format(
        index=gpu.index, name=gpu.name or "GPU"
    )
    identity = Group(
        translate("MonitorPage", "Device"),
        (
            (translate("MonitorPage", "Driver"), driver or not_reported()),
            ("UUID", gpu.uuid or not_reported()),
            (translate("MonitorPage", "MIG instances"), _mig(gpu.mig_instances)),
            ("ECC", _ecc(gpu.ecc)),
        ),
    )
    if gpu.problem:
        return Facts(name, (identity,), translated(gpu.problem))
    groups = [_memory(gpu), _load(gpu), _heat(gpu), _links(gpu), identity]
    if gpu.processes is None:
        groups.append(Group(_processes_title(), ((not_reported(), ""),)))
    elif gpu.processes:
        groups.append(Group(_processes_title(), _processes(gpu.processes)))
    return Facts(name, tuple(groups))


def _memory(gpu: GpuSample) -> Group:
    memory = gpu.memory
    total = memory.total if memory else None
    rows = [
        (translate("MonitorPage", "Used"), _bytes(memory.used if memory else None)),
        (translate("MonitorPage", "Free"), _bytes(memory.free if memory else None)),
        (
            translate("MonitorPage", "Reserved by the driver"),
            _bytes(memory.reserved if memory else None),
        ),
        (translate("MonitorPage", "Total"), _bytes(total)),
    ]
    if memory is not None and memory.unified:
        rows.append(
            (translate("MonitorPage", "Shared with the RAM"), translate("MonitorPage", "yes"))
        )
    return Group(translate("MonitorPage", "Memory"), tuple(rows))


def _load(gpu: GpuSample) -> Group:
    clocks = gpu.clocks
    return Group(
        translate("MonitorPage", "Load and clocks"),
        (
            (translate("MonitorPage", "GPU utilization"), _percent(gpu.busy_percent)),
            (translate("MonitorPage", "Memory bandwidth use"), _percent(gpu.memory_busy_percent)),
            (translate("MonitorPage", "SM clock"), _of(clocks.sm, clocks.sm_maximum, "MHz")),
            (
                translate("MonitorPage", "Memory clock"),
                _of(clocks.memory, clocks.memory_maximum, "MHz"),
            ),
            (translate("MonitorPage", "Clocks held back"), _throttle(gpu.throttle)),
        ),
    )


def _heat(gpu: GpuSample) -> Group:
    heat = gpu.temperatures
    return Group(
        translate("MonitorPage", "Power and temperature"),
        (
            (translate("MonitorPage", "Power"), _of(gpu.power, gpu.power_limit, "W")),
            (translate("MonitorPage", "Energy since the driver was loaded"), _energy(gpu.energy)),
            (translate("MonitorPage", "GPU temperature"), _celsius(heat.gpu)),
            (translate("MonitorPage", "Memory temperature"), _celsius(heat.memory)),
            (translate("MonitorPage", "Highest in regular use"), _celsius(heat.maximum)),
            (translate("MonitorPage", "Slows down at"), _celsius(heat.slowdown)),
            (translate("MonitorPage", "Shuts down at"), _celsius(heat.shutdown)),
            (translate("MonitorPage", "Fan"), _percent(gpu.fan_percent)),
        ),
    )


def _links(gpu: GpuSample) -> Group:
    link = gpu.link
    return Group(
        translate("MonitorPage", "Links"),
        (
            (
                translate("MonitorPage", "PCIe generation"),
                _of(link.generation, link.generation_maximum),
            ),
            (translate("MonitorPage", "PCIe lanes"), _of(link.width, link.width_maximum)),
            (translate("MonitorPage", "PCIe sent"), _rate(link.sent)),
            (translate("MonitorPage", "PCIe received"), _rate(link.received)),
            *_nvlink(gpu.nvlink),
        ),
    )


def _nvlink(nvlink: NvLink | None) -> Rows:
    if nvlink is None:
        return (("NVLink", translate("MonitorPage", "none")),)
    links = translate("MonitorPage", "{count} links").format(count=nvlink.links)
    if nvlink.version:
        links = translate("MonitorPage", "{count} links, version {version}").format(
            count=nvlink.links, version=nvlink.version
        )
    return (
        ("NVLink", links),
        (translate("MonitorPage", "NVLink sent"), _rate(nvlink.sent)),
        (translate("MonitorPage", "NVLink received"), _rate(nvlink.received)),
    )


def _ram(sample: Sample) -> Facts:
    ram = sample.ram
    ours = tuple(
        (_process_name(process.name, process.pid), format_bytes(process.resident))
        for process in ram.ours[:_MOST_PROCESSES]
    )
    memory = (
        (translate("MonitorPage", "Used"), format_bytes(ram.total - ram.available)),
        (translate("MonitorPage", "Free for programs"), format_bytes(ram.available)),
        (translate("MonitorPage", "Total"), format_bytes(ram.total)),
    )
    groups = [Group(translate("MonitorPage", "Memory"), memory)]
    if ours:
        groups.append(Group(translate("MonitorPage", "Processes of this app"), ours))
    problem = "" if sample.gpus else translated(sample.problem)
    return Facts(translate("MonitorPage", "RAM"), tuple(groups), problem)


def _processes_title() -> str:
    return translate("MonitorPage", "Processes on this GPU")


def _processes(processes: tuple[GpuProcess, ...]) -> Rows:
    rows = [
        (_process_name(process.name, process.pid), _bytes(process.bytes))
        for process in processes[:_MOST_PROCESSES]
    ]
    if left := len(processes) - len(rows):
        rows.append((translate("MonitorPage", "{count} more").format(count=left), ""))
    return tuple(rows)


def _process_name(name: str, pid: int) -> str:
    return f"{name or translate('MonitorPage', 'Process')} ({pid})"


def _throttle(throttle: Throttle | None) -> str:
    if throttle is None:
        return not_reported()
    causes = in_words(throttle)
    return ", ".join(map(translated, causes)) if causes else translate("MonitorPage", "by nothing")


def _ecc(ecc: Ecc | None) -> str:
    if ecc is None:
        return not_reported()
    if not ecc.enabled:
        return translate("MonitorPage", "off")
    return translate(
        "MonitorPage", "on; errors corrected {corrected}, not corrected {not_corrected}"
    ).format(corrected=_count(ecc.corrected), not_corrected=_count(ecc.uncorrected))


def _mig(instances: int | None) -> str:
    return translate("MonitorPage", "not divided") if instances is None else str(instances)


def _energy(joules: float | None) -> str:
    if joules is None:
        return not_reported()
    watt_hours = joules / JOULES_PER_WH
    return f"{watt_hours / 1000:,.2f} kWh" if watt_hours >= 1000 else f"{watt_hours:,.1f} Wh"


def _of(value: float | None, most: float | None, unit: str = "") -> str:
    """``300 of 450 W``; what is not known of the two is left out, or said."""
    if value is None:
        return not_reported()
    text = format_count(round(value))
    if most is not None:
        text = translate("MonitorPage", "{value} of {most}").format(
            value=text, most=format_count(round(most))
        )
    return f"{text} {unit}".strip()


def _bytes(size: int | None) -> str:
    return not_reported() if size is None else format_bytes(size)


def _rate(rate: float | None) -> str:
    return not_reported() if rate is None else f"{format_bytes(rate)}/s"


def _percent(value: int | None) -> str:
    return not_reported() if value is None else f"{value} %"


def _celsius(value: int | None) -> str:
    return not_reported() if value is None else f"{value} °C"


def _count(value: int | None) -> str:
    return not_reported() if value is None else format_count(value)
