"""Sampling settings as fields: what a person typed, and what it means."""

from __future__ import annotations

import re
from typing import Any

from pydantic import ValidationError
from PySide6.QtCore import QCoreApplication

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.chat_page.sampling_fields import AdvancedField, sampling_fields
from desktop_llm.gui.forms import Field, LinesField, NumberField, SwitchField, TextField
from desktop_llm.gui.numbers import number_text, read_number
from desktop_llm.gui.reasons import reason_text

__all__ = ["read_sampling", "sampling_fields", "show_sampling"]

_LINES = {"stop", "bad_words", "choice"}
_TOKEN_IDS = {"stop_token_ids", "allowed_token_ids"}


def show_sampling(fields: list[Field], sampling: SamplingSettings) -> None:
    """Write the settings into the fields; None is an empty field."""
    for field in fields:
        if isinstance(field, AdvancedField):
            _tell_advanced(fields, sampling)
            continue
        value = getattr(sampling, field.name)
        if isinstance(field, NumberField):
            field.show_number(value)
        elif isinstance(field, SwitchField):
            field.show_value(value)
        elif isinstance(field, TextField | LinesField):
            field.show_value(_text(field.name, value))
        field.refuse("")


def read_sampling(fields: list[Field]) -> SamplingSettings | None:
    """The settings the fields spell, or None with each refused field saying why."""
    values: dict[str, Any] = {}
    reasons: dict[str, str] = {}
    for field in fields:
        if isinstance(field, AdvancedField):
            continue
        try:
            values[field.name] = _read(field)
        except ValueError as error:
            reasons[field.name] = str(error)
    defaults = SamplingSettings()
    values = {name: value for name, value in values.items() if value != getattr(defaults, name)}
    sampling = None
    try:
        sampling = SamplingSettings.model_validate(values)
    except ValidationError as error:
        for problem in error.errors():
            reasons.setdefault(str(problem["loc"][0]), reason_text(problem))
    for field in fields:
        field.refuse(reasons.get(field.name, ""))
    if reasons or sampling is None:
        _show_refused(fields, set(reasons))
        return None
    _tell_advanced(fields, sampling)
    return sampling


def _tell_advanced(fields: list[Field], sampling: SamplingSettings) -> None:
    """Have the advanced part say how many of its fields are set."""
    defaults = SamplingSettings()
    changed = {
        name
        for name in SamplingSettings.model_fields
        if getattr(sampling, name) != getattr(defaults, name)
    }
    for field in fields:
        if isinstance(field, AdvancedField):
            field.count(changed)


def _show_refused(fields: list[Field], names: set[str]) -> None:
    """No refusal stays hidden: its field says why nothing is saved."""
    for field in fields:
        if isinstance(field, AdvancedField) and field.covers(names):
            field.show_fields(True)


def _read(field: Field) -> Any:
    """What `field` says, as `SamplingSettings` takes it. Raises ValueError with a sentence."""
    if isinstance(field, NumberField):
        return field.number()
    if isinstance(field, SwitchField):
        return field.value
    given = str(field.read())
    if field.name in _LINES:
        return tuple(_unescape(line) for line in given.split("\n") if line)
    if field.name in _TOKEN_IDS:
        return tuple(_token_id(part) for part in re.split(r"[,;\s]+", given) if part)
    if field.name == "logit_bias":
        return dict(_bias(line) for line in given.split("\n") if line.strip())
    return given.strip() or None


def _token_id(text: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise ValueError(
            QCoreApplication.translate(
                "SamplingForm", "“{text}” is no token id: they are whole numbers from 0."
            ).format(text=text)
        )
    return int(text)


def _bias(line: str) -> tuple[int, float]:
    token, colon, bias = line.partition(":")
    if not colon:
        raise ValueError(
            QCoreApplication.translate(
                "SamplingForm", "Write a token id, a colon and the bias, like 15: -5."
            )
        )
    return _token_id(token.strip()), read_number(bias, whole=False)


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in _LINES:
        return "\n".join(_escape(text) for text in value)
    if name in _TOKEN_IDS:
        return ", ".join(map(str, value))
    if name == "logit_bias":
        return "\n".join(f"{token}: {number_text(bias)}" for token, bias in value.items())
    return str(value)


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
