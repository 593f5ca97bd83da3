"""JSONL: a JSON value in each line."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.core.units import MIB, format_bytes, format_count
from desktop_llm.quantize.readers.rows import RowError, text_of

_LONGEST_LINE = 16 * MIB


def read_jsonl(path: Path, column: str) -> Iterator[str]:
    """The text of each line in turn; empty lines are passed over. Lazy.

    Raises OSError, or AppError ``quantize.calibration_line`` with the line's number and why.
    """
    with path.open("rb") as stream:
        number = 0
        while line := stream.readline(_LONGEST_LINE + 1):
            number += 1
            if number == 1:
                line = line.removeprefix(codecs.BOM_UTF8)
            if len(line) > _LONGEST_LINE:
                reason = sentence("it is longer than {size}", size=format_bytes(_LONGEST_LINE))
                raise _bad_line(path, number, reason)
            if not line.strip():
                continue
            try:
                text = text_of(_parse(line.strip()), column)
            except RowError as error:
                raise _bad_line(path, number, error.reason) from error
            if text:
                yield text


def _parse(line: bytes) -> Any:
    """The line's value. RowError says why there is none."""
    try:
        return json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise RowError(
            sentence(
                "byte {place} (0x{byte}) is not UTF-8",
                place=error.start + 1,
                byte=f"{error.object[error.start]:02x}",
            )
        ) from error
    except json.JSONDecodeError as error:
        raise RowError(
            sentence(
                "it is not valid JSON ({reason}, at character {place})",
                reason=error.msg,
                place=error.colno,
            )
        ) from error
    except RecursionError as error:
        raise RowError(sentence("it is nested too deeply")) from error


def _bad_line(path: Path, number: int, reason: Sentence) -> AppError:
    return AppError(
        "quantize.calibration_line",
        sentence(
            "Line {number} of {name} cannot be used: {reason}.",
            number=format_count(number),
            name=path.name,
            reason=reason,
        ),
        sentence(
            "Each line must be a JSON object with its text in a field such as text, content,"
            " messages, prompt and completion, or instruction and output; or name the field."
        ),
    )
