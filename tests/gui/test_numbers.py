"""Numbers as people write them are never misread."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QLocale

from desktop_llm.gui.numbers import Convention, number_text, read_number

ENGLISH = Convention(".", ",")
GERMAN = Convention(",", ".")
SWISS = Convention(".", "’")
FRENCH = Convention(",", "\u202f")
AS_ENGLISH, AS_GERMAN = (ENGLISH, ENGLISH), (GERMAN, GERMAN)
MIXED = (GERMAN, ENGLISH)


@pytest.fixture
def german_texts() -> Iterator[None]:
    QLocale.setDefault(QLocale("de"))
    yield
    QLocale.setDefault(QLocale("en"))


@pytest.mark.parametrize("ways", [AS_ENGLISH, AS_GERMAN, MIXED])
@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,5", 1.5), ("1.5", 1.5), ("2,5", 2.5), ("0,125", 0.125), ("0.125", 0.125),
        ("12", 12.0), ("-0,5", -0.5), ("−1.25", -1.25), (" 3 ", 3.0), ("1,2345", 1.2345),
        ("1.024,5", 1024.5), ("1,024.5", 1024.5), ("1 024,5", 1024.5), ("1’024.5", 1024.5),
        ("1,048,576", 1048576.0), ("1.048.576", 1048576.0), ("1\u202f024", 1024.0),
    ],
)  # fmt: skip
def test_that_what_has_one_meaning_is_read_everywhere(
    text: str, number: float, ways: tuple[Convention, ...]
) -> None:
    assert read_number(text, whole=False, ways=ways) == number


@pytest.mark.parametrize(
    ("text", "ways", "number"),
    [
        ("1,500", AS_ENGLISH, 1500), ("1.500", AS_ENGLISH, 1.5),
        ("1,500", AS_GERMAN, 1.5), ("1.500", AS_GERMAN, 1500),
        ("1.500", (SWISS, ENGLISH), 1.5), ("1,500", (FRENCH, GERMAN), 1.5),
    ],
)  # fmt: skip
def test_that_one_mark_before_three_digits_is_what_the_person_and_the_app_take_it_for(
    text: str, ways: tuple[Convention, ...], number: float
) -> None:
    assert read_number(text, whole=False, ways=ways) == number


@pytest.mark.parametrize(
    ("text", "ways"),
    [
        ("1,500", MIXED), ("1.500", MIXED),
        ("1.500", (FRENCH, FRENCH)), ("1,500", (SWISS, SWISS)),
    ],
)  # fmt: skip
def test_that_what_has_two_meanings_is_refused_with_both(
    text: str, ways: tuple[Convention, ...]
) -> None:
    with pytest.raises(ValueError, match=r"can mean 1\.5 or 1500"):
        read_number(text, whole=False, ways=ways)


@pytest.mark.parametrize("ways", [AS_ENGLISH, AS_GERMAN, MIXED])
def test_that_a_whole_number_may_have_its_thousands_apart(ways: tuple[Convention, ...]) -> None:
    for text in ("131,072", "131.072", "131 072", "131072"):
        number = read_number(text, whole=True, ways=ways)
        assert number == 131072
        assert isinstance(number, int)
    for text in ("1,5", "1.5", "0,5", "1.024,5"):
        with pytest.raises(ValueError, match="whole number"):
            read_number(text, whole=True, ways=ways)
    assert read_number("4.000", whole=True, ways=AS_GERMAN) == 4000
    with pytest.raises(ValueError, match="4 or 4000"):
        read_number("4.000", whole=True, ways=MIXED)


@pytest.mark.parametrize(
    "text",
    ["", "some", "1,,5", "1,5,2", "1.5.2", "1 5", "12,34.5", "1,024.5,6", "5,", ",", "--1", "0x10",
     "1e3", "nan", "inf", "1,024 GiB", "1234,567,890", "١"],
)  # fmt: skip
def test_that_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        read_number(text, whole=False, ways=AS_ENGLISH)


@pytest.mark.usefixtures("german_texts")
def test_that_numbers_are_shown_as_the_language_writes_them() -> None:
    assert [number_text(value) for value in (0.5, 3.0, 512, 1e-05)] == [
        "0,5",
        "3",
        "512",
        "0,00001",
    ]


@given(value=st.floats(0, 1e6) | st.integers(0, 2**63))
def test_that_what_is_shown_is_read_back_exactly(value: float) -> None:
    for locale, ways in ((QLocale("en"), AS_ENGLISH), (QLocale("de"), AS_GERMAN)):
        QLocale.setDefault(locale)
        try:
            shown = number_text(value)
        finally:
            QLocale.setDefault(QLocale("en"))
        assert read_number(shown, whole=isinstance(value, int), ways=ways) == value
