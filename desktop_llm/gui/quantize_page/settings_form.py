"""The advanced settings of a job as fields: what a person typed, and what it means."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import format_count
from desktop_llm.gui.forms import ChoiceField, Field, NumberField, SwitchField, TextField
from desktop_llm.gui.numbers import number_text
from desktop_llm.gui.reasons import reason_text
from desktop_llm.quantize.types import Method, QuantizeSettings

_DEFAULTS = QuantizeSettings()
_CALIBRATED = ("samples", "sequence_length")
_WIDTH = 150


def settings_fields() -> list[Field]:
    """One field for each value of `QuantizeSettings` that the cards do not choose."""
    translate = QCoreApplication.translate
    return [
        ChoiceField(
            "group_size",
            translate("QuantizeForm", "Group size"),
            [("128", "128"), ("64", "64")],
            translate("QuantizeForm", "Weights that share one scale. Smaller rounds more exactly."),
            _WIDTH,
        ),
        NumberField(
            "samples",
            translate("QuantizeForm", "Calibration samples"),
            format_count(_DEFAULTS.samples),
            translate("QuantizeForm", "The most that are used; more takes longer and more memory."),
        ),
        NumberField(
            "sequence_length",
            translate("QuantizeForm", "Sequence length (tokens)"),
            format_count(_DEFAULTS.sequence_length),
            translate("QuantizeForm", "The length of each sample."),
        ),
        TextField(
            "modules_left_out",
            translate("QuantizeForm", "Modules left out"),
            translate("QuantizeForm", "none"),
            translate(
                "QuantizeForm",
                "Parts of module names with commas between, such as down_proj. They keep their "
                "16 bits; lm_head always does.",
            ),
            _WIDTH,
        ),
        ChoiceField(
            "device",
            translate("QuantizeForm", "Device"),
            [("gpu", translate("QuantizeForm", "GPU")), ("cpu", "CPU")],
            translate("QuantizeForm", "Where the work is done. The CPU is slower."),
            _WIDTH,
        ),
        NumberField(
            "shard_gib",
            translate("QuantizeForm", "Shard size (GiB)"),
            number_text(_DEFAULTS.shard_gib),
            translate("QuantizeForm", "The largest size of one weight file."),
            whole=False,
        ),
        SwitchField(
            "zero_point",
            translate("QuantizeForm", "Zero point"),
            translate("QuantizeForm", "Each group has its own zero: rounds more exactly."),
        ),
    ]


def show_settings(fields: list[Field], settings: QuantizeSettings) -> None:
    """Write `settings` into the fields; a default is an empty field that names it."""
    for field in fields:
        field.refuse("")
        value = getattr(settings, field.name)
        if isinstance(field, NumberField):
            field.show_number(None if value == getattr(_DEFAULTS, field.name) else value)
        elif field.name == "modules_left_out":
            field.write(", ".join(value))
        else:
            field.write(value if isinstance(value, bool) else str(value))


def show_calibrated(fields: list[Field], method: str) -> None:
    """Samples are asked for only where the method reads any."""
    for field in fields:
        if field.name in _CALIBRATED:
            field.setVisible(method == Method.AWQ)


def read_settings(fields: list[Field], method: Method) -> QuantizeSettings | None:
    """The settings the fields spell, or None with each refused field saying why."""
    values: dict[str, Any] = {"method": method}
    refusals: dict[str, str] = {}
    for field in fields:
        if isinstance(field, NumberField):
            try:
                number = field.number()
            except ValueError as error:
                refusals[field.name] = str(error)
            else:
                if number is not None:
                    values[field.name] = number
        elif field.name == "modules_left_out":
            parts = str(field.read()).replace(";", ",").split(",")
            values[field.name] = tuple(part.strip() for part in parts if part.strip())
        elif field.name == "group_size":
            values[field.name] = int(field.read())
        else:
            values[field.name] = field.read()
    settings = None
    try:
        settings = QuantizeSettings.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            refusals.setdefault(str(problem["loc"][0]), reason_text(problem))
    for field in fields:
        field.refuse(refusals.get(field.name, ""))
    return None if refusals else settings
