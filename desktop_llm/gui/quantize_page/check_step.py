"""The fourth step: what the job will need, against what is free, before it begins."""

from __future__ import annotations

from enum import StrEnum
from functools import partial

from PySide6.QtCore import QCoreApplication, Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import format_bytes, format_seconds
from desktop_llm.gui.core import QuantizeCheck, QuantizeEstimate
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.forms import SwitchField
from desktop_llm.gui.quantize_page.cards import Fold, Rows, StepPage
from desktop_llm.gui.quantize_page.wording import request_rows
from desktop_llm.gui.sentences import translated
from desktop_llm.gui.theme import XL, XS, Theme
from desktop_llm.gui.widgets import Card, breakable, clear_layout, label
from desktop_llm.quantize.types import JobRequest


class Place(StrEnum):
    """Where among the steps a problem can be solved."""

    METHOD = "method"
    SETTINGS = "settings"
    OUTPUT = "output"
    TEXT = "text"


class CheckStep(StepPage):
    """GUI thread. `changed`: whether the job can begin may have. `fix_asked` carries fix and value,
    `place_asked` the place among the steps where a problem can be solved.

    A job whose problems are all about memory can begin once the loaded model makes room.
    """

    changed = Signal()
    fix_asked = Signal(str, str)
    place_asked = Signal(str)

    def __init__(self, theme: Theme) -> None:
        super().__init__(self.tr("Ready to begin?"))
        self.request: JobRequest | None = None
        self._check: QuantizeCheck | None = None
        self._loaded = ""
        self.busy = label(self.tr("Reading the model's headers and what is free…"), "muted")
        self._table = QGridLayout()
        self._table.setHorizontalSpacing(XL)
        self._table.setVerticalSpacing(XS)
        self._table.setColumnStretch(2, 1)
        self.card = Card()
        self.card.body.addLayout(self._table)
        self.problems = QVBoxLayout()
        self.problems.setSpacing(XS)
        self.cards: list[ErrorCard] = []
        self.notes = label("", "small", wrap=True)
        self.replace = SwitchField("replace", self.tr("Replace it when the new model is whole"))
        self.replace.edited.connect(self.changed)
        self.replace_card = Card("warning")
        self._exists = label("", "section", wrap=True)
        self.replace_card.body.addWidget(self._exists)
        self.replace_card.body.addWidget(self.replace)
        self.replace_card.body.addWidget(
            label(
                self.tr("Or go back to Method and choose another name for the output folder."),
                "muted",
                wrap=True,
            )
        )
        self.room_card = Card("warning")
        self._room_words = label("", "section", wrap=True)
        self.room_card.body.addWidget(self._room_words)
        self.room = SwitchField(
            "make_room", self.tr("Unload it first, and load it again after the job")
        )
        self.room.edited.connect(self.changed)
        self.room_card.body.addWidget(self.room)
        self.settings = Rows()
        self.fold = Fold(theme, self.tr("All settings of this job"))
        self.fold.body.addWidget(self.settings)
        self.fold.set_open(True)
        self.body.addWidget(self.busy)
        self.body.addWidget(self.card)
        self.body.addLayout(self.problems)
        for below in (self.room_card, self.replace_card, self.notes, self.fold):
            self.body.addWidget(below)
        self.body.addStretch()
        self.show_checking(None)

    @property
    def can_start(self) -> bool:
        """Whether nothing refuses the job as it is answered here."""
        check = self._check
        if check is None or (check.output_exists and not self.replace.value):
            return False
        return not check.problems or (self.make_room and self._only_memory)

    @property
    def make_room(self) -> bool:
        """Whether the loaded model shall be unloaded first."""
        return bool(self._loaded) and not self.room_card.isHidden() and self.room.value

    def answered(self) -> JobRequest | None:
        """The job as it is to begin."""
        if self.request is None:
            return None
        return self.request.model_copy(update={"replace": self.replace.value})

    def show_checking(self, request: JobRequest | None) -> None:
        """Wait for the check of `request`. An answer to the same question stays."""
        if request is None or self.request is None or request.output != self.request.output:
            self.replace.show_value(False)
        self.request = request
        self._check = None
        self.busy.show()
        for part in (self.card, self.room_card, self.replace_card, self.notes):
            part.hide()
        self._show_problems(())
        self.settings.show_rows(request_rows(request) if request else ())
        self.fold.setVisible(request is not None)
        self.changed.emit()

    def show_refusal(self, error: AppError) -> None:
        """The check itself could not be made, or the start was refused."""
        self.busy.hide()
        self._show_problems((error,))
        self.changed.emit()

    def show_check(self, check: QuantizeCheck, loaded: str) -> None:
        """Show what was found; `loaded` is the name of the model in the engine, or empty."""
        self._check = check
        self.busy.hide()
        self._show_estimate(check.estimate)
        self._exists.setText(
            self.tr("{name} is there already.").format(
                name=breakable(self.request.output.name) if self.request else ""
            )
        )
        self.replace_card.setVisible(check.output_exists)
        self.notes.setText("\n".join(translated(note) for note in check.notes))
        self.notes.setVisible(bool(check.notes))
        self._show_problems(check.problems)
        self.show_loaded(loaded)

    def show_loaded(self, loaded: str) -> None:
        """Another model is in the engine now, or none."""
        self._loaded = loaded
        short = self._check is not None and _memory_is_short(self._check)
        self._room_words.setText(
            self.tr("{model} is loaded and holds memory that this job needs.").format(
                model=breakable(loaded)
            )
        )
        self.room_card.setVisible(bool(loaded) and short)
        for card in self.cards:
            solved = bool(loaded) and card.error is not None and _about_memory(card.error)
            card.set_tone("warning" if solved else "danger")
        self.changed.emit()

    @property
    def _only_memory(self) -> bool:
        return self._check is not None and all(map(_about_memory, self._check.problems))

    def _show_estimate(self, estimate: QuantizeEstimate) -> None:
        clear_layout(self._table)
        on_gpu = self.request is not None and self.request.settings.device == "gpu"
        memory = self.tr("VRAM") if on_gpu else self.tr("RAM")
        for row, (name, needed, free, enough) in enumerate(_estimate_rows(estimate, memory)):
            self._table.addWidget(label(name, "muted"), row, 0)
            self._table.addWidget(label(needed, "section"), row, 1)
            words = label(free, "muted" if enough else "worse", wrap=True)
            words.setAccessibleName(f"{name}: {needed}, {free}")
            self._table.addWidget(words, row, 2)
        self.card.show()

    def _show_problems(self, problems: tuple[AppError, ...]) -> None:
        clear_layout(self.problems)
        self.cards = []
        for problem in problems:
            card = ErrorCard()
            self.problems.addWidget(card)  # first: shown without a place it would be a window
            card.show_error(problem)
            card.fix_asked.connect(self.fix_asked)
            if (place := _place_of(problem)) is not None:
                card.offer(_place_text(place), partial(self.place_asked.emit, place))
            self.cards.append(card)


def _estimate_rows(estimate: QuantizeEstimate, memory: str) -> list[tuple[str, str, str, bool]]:
    """Name, what is needed, what is free, and whether that is enough."""
    translate = QCoreApplication.translate
    unknown = translate("Quantize", "not known")
    free = translate("Quantize", "{size} free")
    rows = []
    seconds = estimate.seconds
    time = (
        unknown
        if seconds is None
        else translate("Quantize", "about {time}").format(time=_rough(seconds))
    )
    rows.append((translate("Quantize", "Time"), time, "", True))
    disk = estimate.temp_bytes
    for name, needed, there in (
        (translate("Quantize", "Disk"), disk, estimate.free_disk),
        (memory, estimate.peak_bytes, estimate.free_memory),
    ):
        rows.append(
            (
                name,
                unknown if needed is None else format_bytes(needed),
                "" if there is None else free.format(size=format_bytes(there)),
                needed is None or there is None or needed <= there,
            )
        )
    size = format_bytes(estimate.output_bytes)
    rows.append((translate("Quantize", "New model"), size, "", True))
    return rows


def _rough(seconds: float) -> str:
    """An estimate, not told more exactly than it is."""
    if seconds < 55:
        return format_seconds(max(5, round(seconds / 5) * 5)).replace(".0", "")
    minutes = max(1, round(seconds / 60))
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _place_of(problem: AppError) -> Place | None:
    """Where a person can solve `problem`; None where a button does, or it is not in the steps."""
    if problem.fix is not Fix.NONE:
        return None
    code = problem.code.removeprefix("quantize.")
    if code.startswith("calibration"):
        return Place.TEXT
    return {
        "unsupported": Place.METHOD,
        "bad_group_size": Place.SETTINGS,
        "nothing_to_quantize": Place.SETTINGS,
        "out_of_memory": Place.SETTINGS,
        "disk_full": Place.OUTPUT,
        "exists": Place.OUTPUT,
        "in_the_way": Place.OUTPUT,
        "not_replaceable": Place.OUTPUT,
        "not_written": Place.OUTPUT,
        "same_folder": Place.OUTPUT,
    }.get(code)


def _place_text(place: Place) -> str:
    translate = QCoreApplication.translate
    return {
        Place.METHOD: translate("Quantize", "Choose another method"),
        Place.SETTINGS: translate("Quantize", "Change the settings"),
        Place.OUTPUT: translate("Quantize", "Change the output folder"),
        Place.TEXT: translate("Quantize", "Choose another text"),
    }[place]


def _about_memory(problem: AppError) -> bool:
    return "memory" in problem.code


def _memory_is_short(check: QuantizeCheck) -> bool:
    needed, free = check.estimate.peak_bytes, check.estimate.free_memory
    short = needed is not None and free is not None and needed > free
    return short or any(map(_about_memory, check.problems))
