"""Which part of a job's phase is being worked on, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import format_count
from desktop_llm.engine.types import Stage
from desktop_llm.gui.status_bar import stage_text
from desktop_llm.quantize.types import JobPhase, JobProgress


def part_text(progress: JobProgress) -> str:
    """The part by its name and number, such as “layer 14 of 32 · model.layers.13.mlp”.

    Names and units are those that the job's processes say; one not known here is shown as it is.
    """
    if progress.phase.ended or progress.phase is JobPhase.PREPARING:
        return ""
    if not progress.total:
        return _stage(progress.what)
    if progress.unit == "load":
        known = progress.what in set(Stage)
        engine = stage_text(Stage(progress.what)) if known else progress.what
        return _joined(_stage("loading"), engine, f"{progress.done / progress.total:.0%}")
    total = format_count(int(progress.total))
    words = _units().get(progress.unit)
    if words is None:
        done = format_count(int(progress.done))
        return _joined(f"{done} / {total} {progress.unit}".strip(), progress.what)
    began = progress.unit not in _DONE_UNITS
    number = min(int(progress.done) + began, int(progress.total))
    return _joined(words.format(number=format_count(number), total=total), progress.what)


# Units of which the number says how many are done, not which one is worked on.
_DONE_UNITS = ("tokens", "prompts", "tensors")


def _units() -> dict[str, str]:
    translate = QCoreApplication.translate
    return {
        "layers": translate("Quantize", "layer {number} of {total}"),
        "tensors": translate("Quantize", "tensor {number} of {total}"),
        "tokens": translate("Quantize", "perplexity, {number} of {total} tokens"),
        "rounds": translate("Quantize", "speed, round {number} of {total}"),
        "prompts": translate("Quantize", "{number} of {total} prompts answered"),
    }


def _stage(name: str) -> str:
    translate = QCoreApplication.translate
    return {
        "importing": translate("Quantize", "starting"),
        "calibrating": translate("Quantize", "reading the calibration text"),
        "loading": translate("Quantize", "loading the model"),
        "loading_again": translate("Quantize", "loading the model again, for its time"),
        "quantizing": "",
        "saving": translate("Quantize", "writing the new model"),
        "scoring": translate("Quantize", "perplexity"),
        "speed_1": translate("Quantize", "speed of one stream"),
        "speed_16": translate("Quantize", "speed of 16 streams"),
        "answering": translate("Quantize", "answering the prompts"),
    }.get(name, name)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)
