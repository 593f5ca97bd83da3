"""Numbers as people write them: with a decimal comma or point, with thousands apart or not."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from PySide6.QtCore import QCoreApplication, QLocale

_SIGNED = re.compile(r"([+\-−]?)(.+)")
_SEPARATORS = r"[.,'’ \u00a0\u2009\u202f]"
_WHOLE = rf"[0-9]+|[1-9][0-9]{{0,2}}(?P<group>{_SEPARATORS})[0-9]{{3}}(?:(?P=group)[0-9]{{3}})*"


@dataclass(frozen=True)
class Convention:
    """The decimal mark and what stands between thousands."""

    decimal: str
    group: str


def conventions() -> tuple[Convention, ...]:
    """How the person writes numbers (the system's locale) and how the app does (its language)."""
    return tuple(
        Convention(locale.decimalPoint(), locale.groupSeparator())
        for locale in (QLocale.system(), QLocale())
    )


def read_number(text: str, *, whole: bool, ways: tuple[Convention, ...] = ()) -> int | float:
    """The number `text` spells: an int where a `whole` one is asked for, else a float.

    ``1,5`` and ``1.5`` are the same everywhere; ``1,500`` is what all of `ways` (by default
    `conventions`) take it for. Raises ValueError with a sentence for what is no number, is not
    whole, or could be two. GUI thread.
    """
    translate = QCoreApplication.translate
    readings = _readings(text.strip())
    if not readings:
        raise ValueError(translate("Numbers", "This is not a number."))
    possible = {mark: value for mark, value in readings.items() if not whole or value == int(value)}
    if not possible:
        raise ValueError(translate("Numbers", "A whole number is needed here."))
    if len(set(possible.values())) == 1:
        value = next(iter(possible.values()))
    else:
        value = _agreed(possible, ways or conventions())
    return int(value) if whole else float(value)


def number_text(value: float) -> str:
    """`value` in full, with the decimal mark of the app's language; `read_number` reads it."""
    digits = format(Decimal(repr(value)), "f")
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return digits.replace(".", QLocale().decimalPoint())


def _readings(text: str) -> dict[str, Decimal]:
    """What `text` can mean, by the mark it takes for the decimal one (empty: none)."""
    signed = _SIGNED.fullmatch(text)
    if signed is None:
        return {}
    sign, digits = signed.groups()
    found: dict[str, Decimal] = {}
    for mark in ("", ",", "."):
        decimals = rf"{re.escape(mark)}(?P<decimals>[0-9]+)" if mark else "(?P<decimals>)"
        match = re.fullmatch(rf"(?P<whole>{_WHOLE}){decimals}", digits)
        if match is None or (mark and match["group"] == mark):
            continue
        thousands = re.sub(r"[^0-9]", "", match["whole"])
        value = Decimal(f"{thousands}.{match['decimals'] or 0}")
        found[mark] = -value if sign in {"-", "−"} else value
    return found


def _agreed(possible: dict[str, Decimal], ways: tuple[Convention, ...]) -> Decimal:
    """Of two readings of one mark, the one that everybody concerned would write so."""
    mark = next(mark for mark in possible if mark)
    if all(way.decimal == mark for way in ways):
        return possible[mark]
    if all(way.group == mark for way in ways):
        return possible[""]
    one, other = (format(value.normalize(), "f") for value in sorted(possible.values()))
    raise ValueError(
        QCoreApplication.translate(
            "Numbers", "This can mean {one} or {other}: write it without thousands separators."
        ).format(one=one.replace(".", QLocale().decimalPoint()), other=other)
    )
