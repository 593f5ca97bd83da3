"""Sampling settings as text fields: what a person typed, and what it means."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.forms import Field, LinesField, SwitchField, TextField

_LINES = {"stop", "bad_words"}


def sampling_fields() -> list[Field]:
    """One field for each of vLLM's sampling settings, in the order people look for them."""
    default = QCoreApplication.translate("SamplingForm", "Model default")
    translate = QCoreApplication.translate
    return [
        TextField(
            "temperature",
            translate("SamplingForm", "Temperature"),
            default,
            translate("SamplingForm", "0 always takes the likeliest token; higher is more varied."),
        ),
        TextField(
            "top_p",
            translate("SamplingForm", "Top p"),
            default,
            translate(
                "SamplingForm", "Draw from the likeliest tokens that together reach this share."
            ),
        ),
        TextField(
            "top_k",
            translate("SamplingForm", "Top k"),
            default,
            translate("SamplingForm", "Draw from this many likeliest tokens; 0 is all."),
        ),
        TextField(
            "min_p",
            translate("SamplingForm", "Min p"),
            default,
            translate(
                "SamplingForm", "Leave out tokens less likely than this share of the likeliest."
            ),
        ),
        TextField(
            "max_tokens",
            translate("SamplingForm", "Max tokens"),
            translate("SamplingForm", "What is left"),
            translate("SamplingForm", "The longest answer, in tokens."),
        ),
        TextField(
            "min_tokens",
            translate("SamplingForm", "Min tokens"),
            default,
            translate("SamplingForm", "The answer does not end before this many tokens."),
        ),
        TextField(
            "presence_penalty",
            translate("SamplingForm", "Presence penalty"),
            default,
            translate("SamplingForm", "Above 0, tokens already in the answer become less likely."),
        ),
        TextField(
            "frequency_penalty",
            translate("SamplingForm", "Frequency penalty"),
            default,
            translate("SamplingForm", "Above 0, the more often a token came, the less likely."),
        ),
        TextField(
            "repetition_penalty",
            translate("SamplingForm", "Repetition penalty"),
            default,
            translate("SamplingForm", "Above 1, tokens of prompt and answer become less likely."),
        ),
        TextField(
            "seed",
            translate("SamplingForm", "Seed"),
            translate("SamplingForm", "Random"),
            translate("SamplingForm", "The same seed and prompt give the same answer."),
        ),
        LinesField(
            "stop",
            translate("SamplingForm", "Stop texts"),
            translate("SamplingForm", "One per line; \\n is a line break"),
            translate("SamplingForm", "The answer ends before any of these texts."),
        ),
        TextField(
            "stop_token_ids",
            translate("SamplingForm", "Stop token ids"),
            translate("SamplingForm", "None"),
            translate("SamplingForm", "Token ids separated by commas; the answer ends at any."),
        ),
        LinesField(
            "bad_words",
            translate("SamplingForm", "Words never used"),
            translate("SamplingForm", "One per line"),
            translate("SamplingForm", "These words are never generated."),
            56,
        ),
        SwitchField(
            "ignore_eos",
            translate("SamplingForm", "Ignore end of answer"),
            translate("SamplingForm", "Go on after the model's end token, up to max tokens."),
        ),
        SwitchField(
            "skip_special_tokens",
            translate("SamplingForm", "Hide special tokens"),
            translate("SamplingForm", "Leave the template's own tokens out of the text."),
        ),
    ]


def show_sampling(fields: list[Field], sampling: SamplingSettings) -> None:
    """Write the settings into the fields; None is an empty field."""
    for field in fields:
        value = getattr(sampling, field.name)
        if isinstance(field, SwitchField):
            field.show_value(value)
        elif isinstance(field, TextField | LinesField):
            field.show_value(_text(field.name, value))
        field.refuse("")


def read_sampling(fields: list[Field]) -> SamplingSettings | None:
    """The settings the fields spell, or None with each refused field saying why."""
    values: dict[str, Any] = {}
    for field in fields:
        if isinstance(field, SwitchField):
            values[field.name] = field.value
        elif isinstance(field, TextField | LinesField) and (given := field.value.strip("\n")):
            values[field.name] = _value(field.name, given)
    defaults = SamplingSettings()
    values = {name: value for name, value in values.items() if value != getattr(defaults, name)}
    try:
        sampling = SamplingSettings.model_validate(values)
    except ValidationError as error:
        reasons = {
            str(problem["loc"][0]): problem["msg"].replace("Input should", "Must")
            for problem in error.errors()
        }
    else:
        reasons = {}
    for field in fields:
        field.refuse(reasons.get(field.name, ""))
    return None if reasons else sampling


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _LINES:
        return "\n".join(_escape(text) for text in value)
    if name == "stop_token_ids":
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _value(name: str, given: str) -> Any:
    if name in _LINES:
        return tuple(_unescape(line) for line in given.split("\n") if line)
    if name == "stop_token_ids":
        return tuple(part.strip() for part in given.split(",") if part.strip())
    return given


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _unescape(line: str) -> str:
    made: list[str] = []
    characters = iter(line)
    for character in characters:
        if character != "\\":
            made.append(character)
            continue
        after = next(characters, "")
        made.append({"n": "\n", "t": "\t", "\\": "\\"}.get(after, f"\\{after}"))
    return "".join(made)
