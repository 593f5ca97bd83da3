"""Why a value is refused, in a plain sentence: what pydantic found, told by kind and limit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from desktop_llm.gui.numbers import number_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


def reason_text(problem: ErrorDetails) -> str:
    """The sentence under the field; pydantic's own words for a kind not met in this app."""
    translate = QCoreApplication.translate
    limits = {
        name: number_text(value) if isinstance(value, int | float) else str(value)
        for name, value in problem.get("ctx", {}).items()
    }
    sentences = {
        "greater_than_equal": translate("Reasons", "Must be at least {ge}."),
        "greater_than": translate("Reasons", "Must be more than {gt}."),
        "less_than_equal": translate("Reasons", "Must be at most {le}."),
        "less_than": translate("Reasons", "Must be less than {lt}."),
        "int_parsing": translate("Reasons", "A whole number is needed here."),
        "int_type": translate("Reasons", "A whole number is needed here."),
        "int_from_float": translate("Reasons", "A whole number is needed here."),
        "float_parsing": translate("Reasons", "This is not a number."),
        "float_type": translate("Reasons", "This is not a number."),
        "finite_number": translate("Reasons", "This is not a number."),
        "int_parsing_size": translate("Reasons", "This number is too large."),
        "missing": translate("Reasons", "A value is needed here."),
        "string_too_short": translate("Reasons", "A text is needed here."),
        "batch_below_sequences": translate(
            "Reasons",
            "Must be at least max sequences ({sequences}): each running sequence needs one token "
            "a step.",
        ),
        "min_above_max": translate(
            "Reasons", "Min tokens ({least}) must be at most max tokens ({most})."
        ),
        "clears_above": translate("Reasons", "Must be at most what raises the alert ({above})."),
        "bad_json": translate("Reasons", "This is not valid JSON: look at line {line}."),
        "bad_schema": translate("Reasons", "A JSON schema is an object, in braces."),
        "bad_regex": translate("Reasons", "This is not a valid regular expression: {reason}."),
        "two_forms": translate(
            "Reasons", "Only one of choices, JSON schema and regular expression can be set."
        ),
    }
    return sentences.get(problem["type"], problem["msg"]).format(**limits)
