"""The fields of the sampling settings: the usual ones, and behind "Advanced" the others."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, Qt

from desktop_llm.gui.forms import Field, LinesField, NumberField, SwitchField, TextField
from desktop_llm.gui.widgets import button


class AdvancedField(Field):
    """Shows and hides the fields given to it; they are hidden until a person asks for them.

    Its value is whether they are shown, and is no setting.
    """

    def __init__(self, fields: list[Field]) -> None:
        translate = QCoreApplication.translate
        self._fields = fields
        self._shown = False
        self._set = 0
        self.toggle = button("", "quiet")
        self.toggle.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        super().__init__(
            "advanced",
            translate("SamplingForm", "Advanced"),
            self.toggle,
            translate("SamplingForm", "Form of the answer, single tokens, special tokens."),
            wide=False,
        )
        self.explain()
        self.toggle.clicked.connect(lambda: self.show_fields(not self._shown))
        self.show_fields(False)

    def read(self) -> bool:
        return self._shown

    def write(self, value: str | bool) -> None:
        self.show_fields(bool(value))

    def count(self, names_set: set[str]) -> None:
        """Say how many of the hidden fields are set."""
        self._set = sum(field.name in names_set for field in self._fields)
        self._caption()

    def covers(self, names: set[str]) -> bool:
        """Whether one of the fields named is among those hidden or shown here."""
        return any(field.name in names for field in self._fields)

    def show_fields(self, shown: bool) -> None:
        """Show or hide the fields."""
        self._shown = shown
        for field in self._fields:
            field.setVisible(shown)
        self._caption()

    def _caption(self) -> None:
        translate = QCoreApplication.translate
        words = (
            translate("SamplingForm", "Hide") if self._shown else translate("SamplingForm", "Show")
        )
        if self._set and not self._shown:
            words = translate("SamplingForm", "Show ({count} set)").format(count=self._set)
        self.toggle.setText(words)


def sampling_fields() -> list[Field]:
    """One field for each of vLLM's sampling settings, in the order people look for them."""
    advanced = _advanced_fields()
    return [*_usual_fields(), AdvancedField(advanced), *advanced]


def _usual_fields() -> list[Field]:
    default = QCoreApplication.translate("SamplingForm", "Model default")
    translate = QCoreApplication.translate
    return [
        NumberField(
            "temperature",
            translate("SamplingForm", "Temperature"),
            default,
            translate("SamplingForm", "0 always takes the likeliest token; higher is more varied."),
            whole=False,
        ),
        NumberField(
            "top_p",
            translate("SamplingForm", "Top p"),
            default,
            translate(
                "SamplingForm", "Draw from the likeliest tokens that together reach this share."
            ),
            whole=False,
        ),
        NumberField(
            "top_k",
            translate("SamplingForm", "Top k"),
            default,
            translate("SamplingForm", "Draw from this many likeliest tokens; 0 is all."),
        ),
        NumberField(
            "min_p",
            translate("SamplingForm", "Min p"),
            default,
            translate(
                "SamplingForm", "Leave out tokens less likely than this share of the likeliest."
            ),
            whole=False,
        ),
        NumberField(
            "max_tokens",
            translate("SamplingForm", "Max tokens"),
            translate("SamplingForm", "What is left"),
            translate("SamplingForm", "The longest answer, in tokens."),
        ),
        NumberField(
            "presence_penalty",
            translate("SamplingForm", "Presence penalty"),
            default,
            translate("SamplingForm", "Above 0, tokens already in the answer become less likely."),
            whole=False,
        ),
        NumberField(
            "frequency_penalty",
            translate("SamplingForm", "Frequency penalty"),
            default,
            translate("SamplingForm", "Above 0, the more often a token came, the less likely."),
            whole=False,
        ),
        NumberField(
            "repetition_penalty",
            translate("SamplingForm", "Repetition penalty"),
            default,
            translate("SamplingForm", "Above 1, tokens of prompt and answer become less likely."),
            whole=False,
        ),
        NumberField(
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
        LinesField(
            "bad_words",
            translate("SamplingForm", "Words never used"),
            translate("SamplingForm", "One per line"),
            translate("SamplingForm", "These words are never generated."),
            56,
        ),
    ]


def _advanced_fields() -> list[Field]:
    default = QCoreApplication.translate("SamplingForm", "Model default")
    translate = QCoreApplication.translate
    return [
        LinesField(
            "choice",
            translate("SamplingForm", "Answer is one of"),
            translate("SamplingForm", "One per line"),
            translate("SamplingForm", "The answer is exactly one of these texts."),
            56,
        ),
        LinesField(
            "json_schema",
            translate("SamplingForm", "Answer as JSON"),
            translate("SamplingForm", '{"type": "object", …}'),
            translate(
                "SamplingForm",
                "A JSON schema: the answer is JSON of this form. Needs enough max tokens.",
            ),
        ),
        TextField(
            "regex",
            translate("SamplingForm", "Answer matches"),
            translate("SamplingForm", "Regular expression"),
            translate("SamplingForm", "The answer is a text that this regular expression matches."),
            150,
        ),
        NumberField(
            "min_tokens",
            translate("SamplingForm", "Min tokens"),
            default,
            translate("SamplingForm", "The answer does not end before this many tokens."),
        ),
        LinesField(
            "logit_bias",
            translate("SamplingForm", "Token bias"),
            translate("SamplingForm", "One per line, like 15: -5"),
            translate(
                "SamplingForm", "Token id and bias from -100 (never) to 100 (nearly always)."
            ),
            56,
        ),
        TextField(
            "allowed_token_ids",
            translate("SamplingForm", "Only these token ids"),
            translate("SamplingForm", "All"),
            translate("SamplingForm", "Token ids separated by commas; no other is generated."),
            150,
        ),
        TextField(
            "stop_token_ids",
            translate("SamplingForm", "Stop token ids"),
            translate("SamplingForm", "None"),
            translate("SamplingForm", "Token ids separated by commas; the answer ends at any."),
            150,
        ),
        SwitchField(
            "include_stop_str_in_output",
            translate("SamplingForm", "Keep the stop text"),
            translate("SamplingForm", "The answer ends with the stop text, not before it."),
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
        SwitchField(
            "spaces_between_special_tokens",
            translate("SamplingForm", "Space special tokens"),
            translate("SamplingForm", "Put spaces between special tokens where they are shown."),
        ),
    ]
