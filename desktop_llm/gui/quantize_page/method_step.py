"""The second step: how the model becomes smaller, what for, and where the result goes."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_llm.gui.forms import Field, SwitchField
from desktop_llm.gui.quantize_page.cards import Fold, FoldingRow, OptionGroup, StepPage
from desktop_llm.gui.quantize_page.settings_form import (
    read_settings,
    settings_fields,
    show_calibrated,
    show_settings,
)
from desktop_llm.gui.quantize_page.sources import method_refusal
from desktop_llm.gui.quantize_page.wording import FP8, proposed_output
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import XL, XS, L, M, S, Theme
from desktop_llm.gui.widgets import Segments, breakable, label
from desktop_llm.models.catalog import ModelEntry
from desktop_llm.quantize.advice import advise
from desktop_llm.quantize.backends import BACKENDS, FP8_AT_LOAD
from desktop_llm.quantize.types import JobRequest, Method, Purpose, QuantizeSettings


class MethodStep(StepPage):
    """GUI thread. `changed`: the method has; `purpose_chosen` carries the new purpose."""

    changed = Signal()
    purpose_chosen = Signal(str)

    def __init__(self, theme: Theme, models: Path) -> None:
        """`models` is the app's own folder of models."""
        super().__init__(self.tr("How?"))
        self._models = models
        self._source: ModelEntry | None = None
        self._proposed = Path()
        self._has_gpu = False
        titles = {
            Method.AWQ: self.tr("AWQ, 4 bits"),
            Method.RTN: self.tr("Round-to-nearest (RTN), 4 bits"),
        }
        self.methods = OptionGroup(
            [
                *((each.method, titles[each.method], translated(each.when)) for each in BACKENDS),
                (FP8, self.tr("FP8 at load, 8 bits"), translated(FP8_AT_LOAD)),
            ],
            self.tr("Method"),
        )
        self.methods.chosen.connect(self._method_chosen)
        self.purpose = Segments(
            [(Purpose.CHAT, self.tr("Chat")), (Purpose.CODE, self.tr("Code"))], self.tr("Purpose")
        )
        self.purpose.chosen.connect(self._purpose_chosen)
        self.advice = label("", "small", wrap=True)
        self.output = QLineEdit()
        self.output.setAccessibleName(self.tr("Output folder"))
        self.output.textEdited.connect(lambda _text: self._show_place())
        self.place = label("", "small", wrap=True)
        self.output_problem = label("", "error", wrap=True)
        self.evaluate = SwitchField(
            "evaluate",
            self.tr("Measure before and after"),
            self.tr(
                "Perplexity, speed, memory and the answers to five prompts, of both models. Takes "
                "some minutes."
            ),
        )
        self.evaluate.explain()
        self.fields: list[Field] = settings_fields()
        for field in self.fields:
            field.explain()
        self.field("group_size").edited.connect(self._say_advice)
        self.advanced = Fold(theme, self.tr("Advanced settings"))
        self.fp8_words = label(
            self.tr(
                "Nothing is run here. In the model's load profile, set Quantize at load to FP8: it "
                "applies at the next load, and can be taken back."
            ),
            "muted",
            wrap=True,
        )
        self._build()
        self.reset()

    @property
    def method(self) -> str:
        """The chosen method's value, or `FP8`."""
        return self.methods.value

    def field(self, name: str) -> Field:
        """The advanced field called `name`. Raises StopIteration for none."""
        return next(field for field in self.fields if field.name == name)

    def reset(self) -> None:
        """What a new quantization begins with."""
        self.methods.select(Method.AWQ)
        self.purpose.select(Purpose.CHAT)
        self.evaluate.show_value(True)
        settings = advise(Purpose.CHAT).settings
        device = "gpu" if self._has_gpu else "cpu"
        show_settings(self.fields, settings.model_copy(update={"device": device}))
        self.advanced.set_open(False)
        self._source = None
        self.output.clear()
        self._show_method()

    def show_devices(self, has_gpu: bool) -> None:
        """Offer the GPU only where there is one, and begin with it there."""
        self._has_gpu = has_gpu
        device = self.field("device")
        device.control.setEnabled(has_gpu)
        device.write("gpu" if has_gpu else "cpu")
        self.methods.cards[FP8].refuse("" if has_gpu else self.tr("Needs an NVIDIA GPU."))

    def show_source(self, entry: ModelEntry) -> None:
        """Offer what supports `entry`, and propose a name for the result."""
        if self._source is None or entry.path != self._source.path:
            self.output.clear()
        self._source = entry
        if entry.facts is not None:
            for method in Method:
                refusal = method_refusal(method, entry.facts)
                self.methods.cards[method].refuse(translated(refusal.message) if refusal else "")
        self._leave_refused()
        self._propose()

    def show_request(self, request: JobRequest) -> None:
        """Write a job's settings into the step, after its source."""
        settings = request.settings
        self.methods.select(settings.method)
        self.purpose.select(Purpose.CODE if settings.group_size == 64 else Purpose.CHAT)
        self.evaluate.show_value(request.evaluate)
        device = settings.device if self._has_gpu else "cpu"
        show_settings(self.fields, settings.model_copy(update={"device": device}))
        self._proposed = proposed_output(self._models, request.source, settings.method)
        self.output.setText(_shown(request.output, self._models))
        self._show_method()

    def show_advanced(self) -> None:
        """Bring the advanced settings into view, with the keyboard at the first."""
        self.advanced.set_open(True)
        self.fields[0].control.setFocus(Qt.FocusReason.OtherFocusReason)
        self.ensureWidgetVisible(self.advanced, 0, L)

    def settings(self) -> QuantizeSettings | None:
        """What is chosen, or None with the refused fields in view."""
        settings = read_settings(self.fields, Method(self.method))
        if settings is None:
            self.advanced.set_open(True)
        return settings

    def output_folder(self) -> Path | None:
        """Where the result goes, or None with the reason shown."""
        name = self.output.text().strip()
        reason = "" if name else self.tr("A name is needed here.")
        folder = self._folder()
        source = self._source.path if self._source else None
        if source is not None and folder in (source, *source.parents):
            reason = self.tr("This is the folder of the original: choose another name.")
        self.output_problem.setText(reason)
        self.output_problem.setVisible(bool(reason))
        return None if reason else folder

    def _folder(self) -> Path:
        return self._models / Path(self.output.text().strip()).expanduser()

    def _propose(self) -> None:
        """Propose a name, unless a person has written one."""
        if self._source is None or self.method == FP8:
            return
        if self.output.text().strip() in ("", _shown(self._proposed, self._models)):
            self._proposed = proposed_output(self._models, self._source.path, self.method)
            self.output.setText(_shown(self._proposed, self._models))
        self._show_place()

    def _method_chosen(self, _value: str) -> None:
        self._propose()
        self._show_method()
        self.changed.emit()

    def _purpose_chosen(self, value: str) -> None:
        advised = advise(Purpose(value)).settings.group_size
        self.field("group_size").write(str(advised))
        self._say_advice()
        self.purpose_chosen.emit(value)

    def _leave_refused(self) -> None:
        """Stand on a method that can be chosen."""
        cards = self.methods.cards
        if self.method and cards[self.method].isEnabled():
            return
        usable = next((value for value, card in cards.items() if card.isEnabled()), "")
        self.methods.select(usable)
        self._method_chosen(usable)

    def _show_method(self) -> None:
        files = self.method != FP8
        self._files.setVisible(files)
        self.fp8_words.setVisible(not files)
        show_calibrated(self.fields, self.method)
        self._say_advice()
        self._show_place()

    def _say_advice(self) -> None:
        advice = advise(Purpose(self.purpose.value))
        chosen = int(self.field("group_size").read())
        if chosen == advice.settings.group_size:
            self.advice.setText(translated(advice.why_group_size))
        else:
            words = self.tr("Group size {chosen}, as you chose. Advised here: {advised}.")
            self.advice.setText(words.format(chosen=chosen, advised=advice.settings.group_size))

    def _show_place(self) -> None:
        self.output_problem.hide()
        folder = self._folder()
        self.place.setText(self.tr("In {folder}").format(folder=breakable(str(folder.parent))))

    def _build(self) -> None:
        purpose = QHBoxLayout()
        purpose.setSpacing(S)
        purpose.addWidget(label(self.tr("What is it for?"), "section"), 1)
        purpose.addWidget(self.purpose)
        output = QVBoxLayout()
        output.setSpacing(XS)
        caption = label(self.tr("Output folder"), "section")
        caption.setBuddy(self.output)
        for line in (caption, self.output, self.place, self.output_problem):
            output.addWidget(line)
        halves = []
        for half in (self.fields[:4], self.fields[4:]):
            part = QWidget()
            column = QVBoxLayout(part)
            column.setContentsMargins(0, 0, 0, 0)
            column.setSpacing(M)
            for field in half:
                column.addWidget(field)
            column.addStretch()
            halves.append(part)
        self.advanced.body.addWidget(FoldingRow(halves, XL + S, stretch=True))
        self._files = QWidget()
        files = QVBoxLayout(self._files)
        files.setContentsMargins(0, S, 0, 0)
        files.setSpacing(M)
        files.addLayout(purpose)
        files.addWidget(self.advice)
        files.addLayout(output)
        files.addWidget(self.evaluate)
        files.addWidget(self.advanced)
        self.body.addWidget(self.methods)
        self.body.addWidget(self.fp8_words)
        self.body.addWidget(self._files)
        self.body.addStretch()


def _shown(folder: Path, models: Path) -> str:
    """A folder among the app's models by its name alone, another one in full."""
    return folder.name if folder.parent == models else str(folder)
