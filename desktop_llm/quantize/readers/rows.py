"""The text in one row of a data set, whichever of the usual forms the row has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from desktop_llm.core.errors import AppError, Sentence, sentence

# In the order they are looked for.
TEXT_COLUMNS = ("text", "content")
MESSAGE_COLUMNS = ("messages", "conversations", "conversation")
TURN_COLUMNS = (
    ("prompt", "completion"),
    ("prompt", "response"),
    ("instruction", "input", "output"),
    ("instruction", "output"),
    ("instruction", "response"),
    ("question", "answer"),
)


class RowError(ValueError):
    """A row without a text. `reason` continues "…: "."""

    def __init__(self, reason: Sentence) -> None:
        super().__init__(reason)
        self.reason = reason


def columns_to_read(names: Sequence[str], column: str) -> tuple[str, ...]:
    """Which of a table's columns hold the text: `column`, or the first usual form that is there.

    Raises RowError where there is none.
    """
    if column:
        if column not in names:
            raise RowError(_no_column(column, names))
        return (column,)
    for name in (*TEXT_COLUMNS, *MESSAGE_COLUMNS):
        if name in names:
            return (name,)
    for turns in TURN_COLUMNS:
        if set(turns) <= set(names):
            return turns
    raise RowError(
        sentence("none of its fields ({fields}) is known to hold text", fields=_listed(names))
    )


def text_of(row: Any, column: str = "") -> str:
    """The text of a row: a string, or an object in one of the usual forms. Empty if it is empty.

    Raises RowError for anything else.
    """
    if isinstance(row, str) and not column:
        return row
    if not isinstance(row, Mapping):
        raise RowError(sentence("it is no JSON object"))
    names = columns_to_read([str(name) for name in row], column)
    parts = [_value(name, row[name]) for name in names]
    return "\n\n".join(part for part in parts if part)


def no_text_error(source: str, reason: Sentence) -> AppError:
    """What to raise where a whole table has no text in any usual form."""
    return AppError(
        "quantize.calibration_column",
        sentence("{source} has no text that can be used: {reason}.", source=source, reason=reason),
        sentence("Name the column that holds the text."),
    )


def _value(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence):
        return "\n\n".join(filter(None, (_turn(name, message) for message in value)))
    raise RowError(sentence("its field {name} is neither text nor messages", name=repr(name)))


def _turn(name: str, message: Any) -> str:
    """A message in OpenAI's form (role, content) or ShareGPT's (from, value), as a plain turn."""
    if isinstance(message, Mapping):
        content = message.get("content", message.get("value"))
        if isinstance(content, Sequence) and not isinstance(content, str):
            parts = (part.get("text") for part in content if isinstance(part, Mapping))
            content = "\n".join(part for part in parts if isinstance(part, str))
        if content is None:  # a call of a tool says nothing
            return ""
        if isinstance(content, str):
            role = str(message.get("role", message.get("from", ""))).capitalize()
            return f"{role}: {content}" if role and content else content
    raise RowError(sentence("its field {name} holds something else than messages", name=repr(name)))


def _no_column(column: str, names: Sequence[str]) -> Sentence:
    return sentence(
        "it has no field {column}, only {fields}", column=repr(column), fields=_listed(names)
    )


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(map(repr, names[:12]))
    return f"{shown}, …" if len(names) > 12 else shown or "–"
