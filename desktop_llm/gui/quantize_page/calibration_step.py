"""The third step: the text that AWQ reads to see which weights matter."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop_llm.core.units import format_count
from desktop_llm.gui.forms import TextField
from desktop_llm.gui.quantize_page.cards import OptionGroup, StepPage
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import M, S
from desktop_llm.gui.widgets import button, label
from desktop_llm.quantize.advice import advise
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    Method,
    Purpose,
    QuantizeSettings,
)

_WIDTH = 260


class CalibrationStep(StepPage):
    """GUI thread. The source follows the purpose until a person chooses one."""

    def __init__(self) -> None:
        super().__init__(self.tr("Calibration text"))
        self._by_hand = False
        self._purpose = Purpose.CHAT
        self.sources = OptionGroup(
            [
                (
                    CalibrationSource.CHAT,
                    self.tr("Built-in chat texts"),
                    self.tr("Conversations and explanations. For a model to talk with."),
                ),
                (
                    CalibrationSource.CODE,
                    self.tr("Built-in code texts"),
                    self.tr("Programs and talk about them. For a model that writes code."),
                ),
                (
                    CalibrationSource.CONVERSATIONS,
                    self.tr("Your own conversations"),
                    self.tr(
                        "What you really ask and get. They stay on this machine; only weights are "
                        "written to the new model."
                    ),
                ),
                (
                    CalibrationSource.FILE,
                    self.tr("A file"),
                    self.tr("Text, JSONL or Parquet. For a field or a language of your own."),
                ),
                (
                    CalibrationSource.DATASET,
                    self.tr("A Hugging Face dataset"),
                    self.tr("Downloaded by its name, the first samples of one split."),
                ),
            ],
            self.tr("Calibration text"),
        )
        self.sources.chosen.connect(self._source_chosen)
        self.path = QLineEdit()
        self.path.setAccessibleName(self.tr("Calibration file"))
        self.path.setPlaceholderText(self.tr("A .txt, .jsonl or .parquet file"))
        self.browse = button(self.tr("Browse…"))
        self.browse.clicked.connect(self._ask_file)
        self.column = self._column_field()
        self.fields: dict[str, TextField] = {
            "dataset": TextField("dataset", self.tr("Dataset"), self.tr("owner/name"), "", _WIDTH),
            "subset": TextField(
                "subset",
                self.tr("Subset"),
                self.tr("the only one"),
                self.tr("Needed only where the dataset has several."),
                _WIDTH,
            ),
            "split": TextField("split", self.tr("Split"), "train", "", _WIDTH),
            "column": self._column_field(),
        }
        self.problem = label("", "error", wrap=True)
        self.problem.hide()
        self.why = label("", "small", wrap=True)
        self.amount = label("", "small", wrap=True)
        self.not_needed = label(
            self.tr("Round-to-nearest reads no calibration text: there is nothing to choose."),
            "muted",
            wrap=True,
        )
        self._build()
        self.reset()

    def reset(self) -> None:
        """What a new quantization begins with."""
        self._purpose = Purpose.CHAT
        self.show_choice(CalibrationChoice())
        self._by_hand = False

    def follow(self, purpose: str) -> None:
        """Take the text that suits `purpose`, unless a person has chosen one."""
        self._purpose = Purpose(purpose)
        if not self._by_hand:
            self.sources.select(advise(self._purpose).calibration)
            self._show_fields()

    def show_settings(self, settings: QuantizeSettings) -> None:
        """Say how much text the settings want; RTN wants none."""
        needed = settings.method is Method.AWQ
        self.not_needed.setVisible(not needed)
        self._choice.setVisible(needed)
        self.words.setVisible(needed)
        tokens = settings.samples * settings.sequence_length
        words = self.tr(
            "At most {samples} samples of {length} tokens are used: {tokens} tokens, about "
            "{kilobytes} kB of English text. Longer texts are cut into samples, none is dropped."
        )
        self.amount.setText(
            words.format(
                samples=format_count(settings.samples),
                length=format_count(settings.sequence_length),
                tokens=format_count(tokens),
                kilobytes=format_count(round(tokens * 4 / 1000)),
            )
        )

    def show_choice(self, choice: CalibrationChoice) -> None:
        """Write a job's choice into the step."""
        self._by_hand = True
        self.sources.select(choice.source)
        self.path.setText(str(choice.path) if choice.path else "")
        self.fields["dataset"].show_value(choice.dataset)
        self.fields["subset"].show_value(choice.subset)
        self.fields["split"].show_value("" if choice.split == "train" else choice.split)
        for column in (self.column, self.fields["column"]):
            column.show_value(choice.column)
        self._show_fields()

    def read(self) -> CalibrationChoice | None:
        """What is chosen, or None with the reason shown."""
        source = CalibrationSource(self.sources.value)
        path = self.path.text().strip()
        dataset = self.fields["dataset"].value
        reason = ""
        if source is CalibrationSource.FILE and not path:
            reason = self.tr("Choose a file.")
        if source is CalibrationSource.DATASET:
            self.fields["dataset"].refuse(
                "" if dataset else self.tr("The dataset's name is needed, such as owner/name.")
            )
            if not dataset:
                return None
        self.problem.setText(reason)
        self.problem.setVisible(bool(reason))
        if reason:
            return None
        if source is CalibrationSource.FILE:
            file = Path(path).expanduser()
            return CalibrationChoice(source=source, path=file, column=self.column.value)
        if source is CalibrationSource.DATASET:
            return CalibrationChoice(
                source=source,
                dataset=dataset,
                subset=self.fields["subset"].value,
                split=self.fields["split"].value or "train",
                column=self.fields["column"].value,
            )
        return CalibrationChoice(source=source)

    def _source_chosen(self, _value: str) -> None:
        self._by_hand = True
        self._show_fields()

    def _show_fields(self) -> None:
        source = CalibrationSource(self.sources.value)
        advice = advise(self._purpose)
        self.why.setText(translated(advice.why_calibration))
        self.why.setVisible(source == advice.calibration)
        self._file.setVisible(source is CalibrationSource.FILE)
        self._dataset.setVisible(source is CalibrationSource.DATASET)
        self.fields["dataset"].refuse("")
        self.problem.hide()

    def _column_field(self) -> TextField:
        return TextField(
            "column",
            self.tr("Column"),
            self.tr("found by itself"),
            self.tr("The field that holds the text."),
            _WIDTH,
        )

    def _ask_file(self) -> None:
        dialog = QFileDialog(self, self.tr("Choose a calibration text"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilters(
            [self.tr("Texts (*.txt *.md *.jsonl *.parquet)"), self.tr("All files (*)")]
        )
        dialog.fileSelected.connect(self.path.setText)
        dialog.open()

    def _build(self) -> None:
        self.words.setText(
            self.tr(
                "AWQ runs some text through the model to see which weights matter most. The more "
                "it is like what the model will read, the better."
            )
        )
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self._file = QWidget()
        file = QVBoxLayout(self._file)
        file.addLayout(row)
        file.addWidget(self.problem)
        file.addWidget(self.column)
        self._dataset = QWidget()
        dataset = QVBoxLayout(self._dataset)
        for column in (file, dataset):
            column.setContentsMargins(M, 0, 0, S)
            column.setSpacing(S)
        for field in (self.column, *self.fields.values()):
            field.explain()
        for field in self.fields.values():
            dataset.addWidget(field)
        self.sources.put_under(CalibrationSource.FILE, self._file)
        self.sources.put_under(CalibrationSource.DATASET, self._dataset)
        self._choice = QWidget()
        choice = QVBoxLayout(self._choice)
        choice.setContentsMargins(0, 0, 0, 0)
        choice.setSpacing(M)
        choice.addWidget(self.sources)
        choice.addWidget(self.why)
        choice.addWidget(self.amount)
        self.body.addWidget(self.not_needed)
        self.body.addWidget(self._choice)
        self.body.addStretch()
