"""The sampling form: what is typed becomes settings, and every refusal is a sentence."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.gui.chat_page.sampling_fields import AdvancedField, sampling_fields
from desktop_llm.gui.chat_page.sampling_form import read_sampling, show_sampling
from desktop_llm.gui.forms import Field


class Form(QWidget):
    def __init__(self) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        self.fields = sampling_fields()
        for field in self.fields:
            column.addWidget(field)
        self.by_name: dict[str, Field] = {field.name: field for field in self.fields}
        advanced = self.by_name["advanced"]
        assert isinstance(advanced, AdvancedField)
        self.advanced = advanced

    def type(self, **texts: str) -> SamplingSettings | None:
        for name, text in texts.items():
            self.by_name[name].write(text)
        return read_sampling(self.fields)

    def reason(self, name: str) -> str:
        return self.by_name[name].problem.text()


@pytest.fixture
def form(qapp: QApplication) -> Iterator[Form]:
    made = Form()
    show_sampling(made.fields, SamplingSettings())
    yield made
    made.deleteLater()


def test_that_every_setting_has_a_field_that_gives_back_what_it_was_shown(form: Form) -> None:
    every = SamplingSettings(
        temperature=0.7,
        top_k=40,
        seed=2**60 + 1,
        max_tokens=2000,
        min_tokens=5,
        stop=("a\nb", "\\n"),
        stop_token_ids=(3, 4),
        include_stop_str_in_output=True,
        bad_words=("never",),
        logit_bias={15: -5, 3: 1.25},
        allowed_token_ids=(3, 15),
        choice=("yes", "no"),
        ignore_eos=True,
        skip_special_tokens=False,
        spaces_between_special_tokens=False,
    )
    show_sampling(form.fields, every)
    assert read_sampling(form.fields) == every
    for shape in (SamplingSettings(regex="a|b"), SamplingSettings(json_schema='{\n"type": "x"}')):
        show_sampling(form.fields, shape)
        assert read_sampling(form.fields) == shape
    assert set(SamplingSettings.model_fields) == set(form.by_name) - {"advanced"}


def test_that_a_decimal_comma_is_understood(form: Form) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.German))
    try:
        read = form.type(temperature="0,7", logit_bias="15: -2,5", max_tokens="1 000")
        assert read == SamplingSettings(temperature=0.7, logit_bias={15: -2.5}, max_tokens=1000)
        show_sampling(form.fields, read)
        assert form.by_name["temperature"].read() == "0,7"
    finally:
        QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("temperature", "warm", "This is not a number."),
        ("temperature", "3", "Must be at most 2."),
        ("top_p", "0", "Must be more than 0."),
        ("top_k", "1.5", "A whole number is needed here."),
        ("stop_token_ids", "3, end", "“end” is no token id"),
        ("logit_bias", "15 -5", "a colon"),
        ("logit_bias", "15: 500", "Must be at most 100."),
        ("json_schema", '{"type":\n:}', "not valid JSON: look at line 2."),
        ("json_schema", "[1]", "in braces"),
        ("regex", "(a", "not a valid regular expression"),
    ],
)
def test_that_a_refusal_is_a_sentence_at_its_field(
    form: Form, name: str, text: str, reason: str
) -> None:
    assert form.type(**{name: text}) is None
    assert reason in form.reason(name)
    assert form.type(**{name: ""}) == SamplingSettings()
    assert not form.reason(name)


def test_that_settings_that_contradict_each_other_name_both(form: Form) -> None:
    assert form.type(max_tokens="10", min_tokens="20") is None
    assert form.reason("min_tokens") == "Min tokens (20) must be at most max tokens (10)."
    assert form.type(min_tokens="", regex="a", choice="a") is None
    assert "Only one" in form.reason("choice")


def test_that_advanced_fields_are_hidden_until_asked_for_and_say_what_is_set(form: Form) -> None:
    regex = form.by_name["regex"]
    assert regex.isHidden()
    assert not form.by_name["temperature"].isHidden()
    show_sampling(form.fields, SamplingSettings(regex="a", ignore_eos=True))
    assert form.advanced.toggle.text() == "Show (2 set)"
    form.advanced.toggle.click()
    assert not regex.isHidden()
    form.advanced.toggle.click()
    assert regex.isHidden()


def test_that_a_refusal_is_never_hidden(form: Form) -> None:
    assert form.type(regex="(") is None
    assert not form.by_name["regex"].isHidden()
