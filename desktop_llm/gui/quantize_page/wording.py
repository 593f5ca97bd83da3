"""What the quantize page calls methods, phases, sources and states."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QDate, QDateTime, QLocale

from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.gui.numbers import number_text
from desktop_llm.models.folder import model_name
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    Job,
    JobPhase,
    JobRequest,
    Method,
    QuantizeSettings,
)

FP8 = "fp8"
"""The third card: no method of a job, but a field of the load profile."""


def method_name(method: str) -> str:
    """The method as people write it."""
    return {Method.AWQ: "AWQ", Method.RTN: "RTN", FP8: "FP8"}.get(method, str(method).upper())


def phase_text(phase: JobPhase) -> str:
    """What a job does now, or how it has ended."""
    translate = QCoreApplication.translate
    return {
        JobPhase.PREPARING: translate("Quantize", "Preparing"),
        JobPhase.MEASURING_BEFORE: translate("Quantize", "Measuring the original"),
        JobPhase.QUANTIZING: translate("Quantize", "Quantizing"),
        JobPhase.VERIFYING: translate("Quantize", "Checking the new model"),
        JobPhase.MEASURING_AFTER: translate("Quantize", "Measuring the new model"),
        JobPhase.DONE: translate("Quantize", "Done"),
        JobPhase.FAILED: translate("Quantize", "Failed"),
        JobPhase.CANCELLED: translate("Quantize", "Cancelled"),
        JobPhase.INTERRUPTED: translate("Quantize", "Interrupted"),
    }[phase]


def calibration_text(choice: CalibrationChoice) -> str:
    """Where the text comes from, in a few words."""
    translate = QCoreApplication.translate
    match choice.source:
        case CalibrationSource.CHAT:
            return translate("Quantize", "Built-in chat texts")
        case CalibrationSource.CODE:
            return translate("Quantize", "Built-in code texts")
        case CalibrationSource.FILE:
            return choice.path.name if choice.path else ""
        case CalibrationSource.DATASET:
            return choice.dataset
        case _:
            return translate("Quantize", "Your own conversations")


def request_rows(request: JobRequest) -> Iterator[tuple[str, str]]:
    """Everything a job was asked, by name and value."""
    translate = QCoreApplication.translate
    settings = request.settings
    yes, no = translate("Quantize", "yes"), translate("Quantize", "no")
    yield translate("Quantize", "Model"), model_name(request.source)
    yield translate("Quantize", "Method"), method_text(settings)
    yield translate("Quantize", "Group size"), str(settings.group_size)
    yield translate("Quantize", "Zero point"), yes if settings.zero_point else no
    if settings.modules_left_out:
        left_out = ", ".join(settings.modules_left_out)
        yield translate("Quantize", "Modules left out"), left_out
    if settings.method is Method.AWQ:
        yield translate("Quantize", "Calibration text"), calibration_text(request.calibration)
        yield translate("Quantize", "Calibration samples"), samples_text(settings)
    device = translate("Quantize", "GPU") if settings.device == "gpu" else "CPU"
    yield translate("Quantize", "Device"), device
    yield translate("Quantize", "Shard size"), f"{number_text(settings.shard_gib)} GiB"
    yield translate("Quantize", "Measured before and after"), yes if request.evaluate else no
    yield translate("Quantize", "Output folder"), str(request.output)


def method_text(settings: QuantizeSettings) -> str:
    """``AWQ 4-bit``."""
    return QCoreApplication.translate("Quantize", "{method} {bits}-bit").format(
        method=method_name(settings.method), bits=settings.bits
    )


def samples_text(settings: QuantizeSettings) -> str:
    """``at most 128, of 512 tokens each``."""
    return QCoreApplication.translate(
        "Quantize", "at most {samples}, of {length} tokens each"
    ).format(samples=format_count(settings.samples), length=format_count(settings.sequence_length))


def job_name(job: Job) -> str:
    """What the list calls a job: the model it makes."""
    return job.request.output.name


def job_line(job: Job) -> str:
    """One line: what it does or how it ended, method, change of size, when."""
    progress = job.progress
    parts = [] if progress.phase is JobPhase.DONE else [phase_text(progress.phase)]
    if not job.ended:
        return f"{parts[0]} · {progress.fraction:.0%}"
    parts.append(method_name(job.request.settings.method))
    if change := size_change(job):
        parts.append(change)
    parts.append(day_text(job.started_at))
    return " · ".join(parts)


def size_change(job: Job) -> str:
    """``15.2 → 5.4 GiB``; only the new size where the old one was not measured."""
    if job.result is None:
        return ""
    after = format_bytes(job.result.output_bytes)
    original = original_bytes(job)
    if not original:
        return after
    before = format_bytes(original)
    if before.rpartition(" ")[2] == after.rpartition(" ")[2]:
        before = before.rpartition(" ")[0]
    return f"{before} → {after}"


def original_bytes(job: Job) -> int | None:
    """The original's size on disk, as it was measured or as its headers say."""
    if job.result is not None and job.result.before is not None:
        return job.result.before.disk_bytes
    told = job.facts.get("weight_bytes")
    return int(told) if told else None


def date_text(seconds: float) -> str:
    """The day and the minute."""
    moment = QDateTime.fromSecsSinceEpoch(int(seconds))
    return QLocale().toString(moment, "d MMM yyyy, HH:mm")


def day_text(seconds: float) -> str:
    """The day and month, with the year where it is not this one."""
    day = QDateTime.fromSecsSinceEpoch(int(seconds)).date()
    form = "d MMM" if day.year() == QDate.currentDate().year() else "d MMM yyyy"
    return QLocale().toString(day, form)


def proposed_output(folder: Path, source: Path, method: str) -> Path:
    """A name that says what it is: ``NAME-AWQ-4bit``, in the app's models folder."""
    name = model_name(source).rpartition("/")[2]
    return folder / f"{name}-{method_name(method)}-4bit"
