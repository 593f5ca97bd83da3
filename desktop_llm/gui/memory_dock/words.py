"""The parts of a bar, a GPU's state and a request's owner, as a person reads them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.engine.statistics import EngineRequest, RequestState
from desktop_llm.engine.types import Owner, OwnerKind, Priority
from desktop_llm.gui.sentences import translated
from desktop_llm.telemetry.ledger import Part, Segment
from desktop_llm.telemetry.nvml.throttling import in_words
from desktop_llm.telemetry.sample import GpuSample, Throttle


def not_reported() -> str:
    """What stands in the place of a value that nobody tells."""
    return QCoreApplication.translate("MemoryDock", "not reported")


def segment_text(segment: Segment) -> str:
    """A part's name; of a process its own name, or its number."""
    if segment.part is Part.PROCESS:
        return segment.name or QCoreApplication.translate("MemoryDock", "Process {pid}").format(
            pid=segment.pid
        )
    translate = QCoreApplication.translate
    return {
        Part.WEIGHTS: translate("MemoryDock", "Weights"),
        Part.KV_USED: translate("MemoryDock", "KV cache, used now"),
        Part.KV_UNUSED: translate("MemoryDock", "KV cache, reserved"),
        Part.OURS: translate("MemoryDock", "This app, other"),
        Part.OTHERS: translate("MemoryDock", "Other programs and system"),
        Part.DRIVER: translate("MemoryDock", "Driver and CUDA contexts"),
        Part.NOT_TOLD: translate("MemoryDock", "In use, by whom is not reported"),
        Part.RESERVED: translate("MemoryDock", "Reserved by the driver"),
        Part.FREE: translate("MemoryDock", "Free"),
    }[segment.part]


def gpu_text(gpu: GpuSample) -> str:
    """What the card does now, or why it cannot be told. What it does not tell is left out."""
    if gpu.problem:
        return translated(gpu.problem)
    translate = QCoreApplication.translate
    parts = []
    if gpu.busy_percent is not None:
        parts.append(translate("MemoryDock", "{percent} % busy").format(percent=gpu.busy_percent))
    if gpu.temperatures.gpu is not None:
        parts.append(f"{gpu.temperatures.gpu} °C")
    if gpu.power is not None and gpu.power_limit is not None:
        parts.append(
            translate("MemoryDock", "{power} of {limit} W").format(
                power=f"{gpu.power:.0f}", limit=f"{gpu.power_limit:.0f}"
            )
        )
    elif gpu.power is not None:
        parts.append(f"{gpu.power:.0f} W")
    if gpu.throttle is not None:
        parts += [translated(cause) for cause in in_words(gpu.throttle & ~Throttle.IDLE)]
    return " · ".join(parts)


def owner_text(owner: Owner) -> str:
    """Whose request it is."""
    if owner.label:
        return owner.label
    translate = QCoreApplication.translate
    return {
        OwnerKind.CHAT: translate("MemoryDock", "Chat"),
        OwnerKind.TERMINAL: translate("MemoryDock", "Terminal"),
        OwnerKind.PORT: translate("MemoryDock", "API client"),
        OwnerKind.MEASUREMENT: translate("MemoryDock", "Measurement"),
        OwnerKind.UNKNOWN: translate("MemoryDock", "Request"),
    }[owner.kind]


def state_text(state: RequestState) -> str:
    """What a request does."""
    translate = QCoreApplication.translate
    return {
        RequestState.RUNNING: translate("MemoryDock", "running"),
        RequestState.WAITING: translate("MemoryDock", "waiting"),
        RequestState.PREEMPTED: translate("MemoryDock", "preempted"),
    }[state]


def priority_text(request: EngineRequest) -> str:
    """Before whom it runs, in words; nothing where nobody gave it a priority."""
    translate = QCoreApplication.translate
    if request.priority == Priority.WINDOW:
        return translate("MemoryDock", "your chat, goes first")
    if request.priority == Priority.CLIENT and request.owner.kind is OwnerKind.PORT:
        return translate("MemoryDock", "port, after your chats")
    if request.priority == Priority.CLIENT:
        return translate("MemoryDock", "after your chats")
    return "" if request.priority is None else str(request.priority)
