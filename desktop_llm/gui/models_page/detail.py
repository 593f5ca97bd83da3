"""One model: what it is, what the engine does with it, and how it is loaded."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_bytes, format_count
from desktop_llm.engine.types import Phase
from desktop_llm.gui.error_card import ErrorCard
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.models_page.entries import entry_name, quantization_text
from desktop_llm.gui.models_page.fit_card import FitCard
from desktop_llm.gui.models_page.load_card import LoadCard
from desktop_llm.gui.models_page.profile_editor import ProfileEditor
from desktop_llm.gui.models_page.undo_bar import UndoBar
from desktop_llm.gui.profile_changes import ProfileChanges
from desktop_llm.gui.quantize_page.sources import source_refusal
from desktop_llm.gui.theme import XL, XS, L, M, S
from desktop_llm.gui.widgets import ElidedLabel, button, clear_layout, hairline, label
from desktop_llm.models.catalog import ModelEntry

_WIDEST = 860
_TWO_COLUMNS = 680  # narrower than that, what stands side by side goes below each other


class ModelDetail(QScrollArea):
    """GUI thread. `fix_asked` carries fix and value for the model on show; `default_asked`: make
    it the default; `quantize_asked` carries its folder."""

    fix_asked = Signal(str, str)
    default_asked = Signal()
    quantize_asked = Signal(object)

    def __init__(self, engine: ModelControl, changes: ProfileChanges) -> None:
        super().__init__()
        self._engine = engine
        self._changes = changes
        self.entry: ModelEntry | None = None
        self.refusal: AppError | None = None
        self.name = ElidedLabel("", "heading")
        self.chip = label("", "chip")
        self.path = ElidedLabel("", "small")
        self.path.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.action = button("", "primary")
        self.action.clicked.connect(self._act)
        self.make_default = button(self.tr("Make default"))
        self.make_default.clicked.connect(self.default_asked)
        self.quantize = button(self.tr("Quantize…"))
        self.quantize.clicked.connect(self.ask_quantize)
        self.load_card = LoadCard()
        self.load_card.cancel_asked.connect(engine.cancel)
        self.failure = ErrorCard()
        self.problem = ErrorCard()
        self.warning = ErrorCard()
        self.warning.set_tone("warning")
        for card in (self.failure, self.problem, self.warning):
            card.fix_asked.connect(self.fix_asked)
        self._facts = QGridLayout()
        self._facts.setHorizontalSpacing(XL)
        self._facts.setVerticalSpacing(XS)
        self.fit = FitCard()
        self.fit.undo.asked.connect(self._undo)
        self.undo = UndoBar()
        self.undo.asked.connect(self._undo)
        self._undo_at_fit = False
        self._narrow = False
        self._head = QHBoxLayout()
        self.editor = ProfileEditor(changes)
        self.editor.reload_asked.connect(self._reload)
        self._build()
        engine.changed.connect(self.refresh)

    def show_entry(self, entry: ModelEntry, *, is_default: bool) -> None:
        """Show a model. What is being written into its load profile stays."""
        another = self.entry is None or entry.path != self.entry.path
        if another:
            self.refusal = None
        self.entry = entry
        self.name.setText(entry_name(entry))
        self.path.setText(str(entry.path))
        self.problem.show_error(entry.problem)
        self.make_default.setVisible(not is_default and entry.problem is None)
        self.quantize.setVisible(source_refusal(entry) is None)
        self.chip.setText(self.tr("Default") if is_default else "")
        self.chip.setVisible(is_default)
        clear_layout(self._facts)
        for row, (name, value) in enumerate(_facts(entry)):
            self._facts.addWidget(label(name, "muted"), row, 0)
            words = label(value, wrap=len(value) > 30)
            words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts.addWidget(words, row, 1)
        self._facts.setColumnStretch(1, 1)
        if another:
            self._undo_at_fit = False
            limit = entry.facts.context_length if entry.facts else None
            self.editor.show_model(entry.path, limit)
        self._profile.setVisible(entry.facts is not None)
        self.show_undo()
        self.refresh()

    def show_refusal(self, refusal: AppError | None) -> None:
        """Say before a load why it would be refused."""
        self.refusal = refusal
        self.refresh()

    def refresh(self) -> None:
        """Show what the engine does with this model."""
        if self.entry is None:
            return
        state, path = self._engine.state, self.entry.path
        ours = state.path == path
        phase = state.phase if ours else Phase.UNLOADED
        texts = {
            Phase.READY: self.tr("Unload"),
            Phase.UNLOADING: self.tr("Unloading…"),
            Phase.LOADING: self.tr("Loading…"),
        }
        self.action.setText(texts.get(phase, self.tr("Load")))
        self.action.setAccessibleName(f"{self.action.text()}: {self.name.text()}")
        broken = self.entry.problem is not None
        self.action.setEnabled(phase not in {Phase.LOADING, Phase.UNLOADING} and not broken)
        self.load_card.show_state(state, ours=ours)
        failure = self._engine.failure_of(path)
        self.failure.show_error(failure)
        self.warning.show_error(self.refusal if failure is None else None)
        self.editor.show_loaded(phase is Phase.READY)

    def apply_profile(self, profile: LoadProfile) -> None:
        """Save the load profile that was chosen in the fit card; it is taken back there too."""
        self._undo_at_fit = True
        self.editor.apply(profile)

    def profile_changed(self, path: Path) -> None:
        """A click has changed the load profile of `path`, or taken a change back."""
        self.editor.read_again(path)
        self.show_undo()

    def show_undo(self, *, by_fix: bool = False) -> None:
        """Offer to take the last change back, near where it was made; `by_fix`: at a failure."""
        self._undo_at_fit &= not by_fix
        undoable = self.entry is not None and self._changes.can_undo(self.entry.path)
        at_fit = self._undo_at_fit and self.fit.report is not None
        self.fit.undo.setVisible(undoable and at_fit)
        self.undo.setVisible(undoable and not at_fit)

    def _undo(self) -> None:
        if self.entry is not None:
            self._changes.undo(self.entry.path)

    def resizeEvent(self, event: QResizeEvent) -> None:
        narrow = self.viewport().width() < _TWO_COLUMNS
        if narrow != self._narrow:
            self._narrow = narrow
            below = QBoxLayout.Direction.TopToBottom
            self._head.setDirection(below if narrow else QBoxLayout.Direction.LeftToRight)
            self.fit.show_narrow(narrow)
            self.editor.show_narrow(narrow)
        super().resizeEvent(event)

    def show_profile(self, field: str = "") -> None:
        """Bring the load profile into view, at one of its fields."""
        self.editor.focus_field(field)
        self.ensureWidgetVisible(self.editor, 0, L)

    def show_fixes(self, field: str = "") -> None:
        """As asked from another page: what helps a failed load, if its card says so, else a field
        of the load profile."""
        if not field and self.failure.error is not None and self.failure.error.remedies:
            self.ensureWidgetVisible(self.failure, 0, L)
        else:
            self.show_profile(field)

    def _act(self) -> None:
        if self.entry is None:
            return
        if self._engine.state.path == self.entry.path and self._engine.state.phase is Phase.READY:
            self._engine.unload()
        else:
            self._reload()

    def ask_quantize(self) -> None:
        """Ask for a smaller version of the model on show."""
        if self.entry is not None:
            self.quantize_asked.emit(self.entry.path)

    def _reload(self) -> None:
        if self.entry is not None:
            self.editor.save()  # a click on a button does not end what is being typed
            self._engine.load(self.entry.path)

    def _build(self) -> None:
        title = QHBoxLayout()
        title.setSpacing(S)
        title.addWidget(self.name, 1)
        title.addWidget(self.chip, 0, Qt.AlignmentFlag.AlignVCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(S)
        for press in (self.make_default, self.quantize, self.action):
            buttons.addWidget(press)
        buttons.addStretch()
        self._head.setSpacing(S)
        self._head.addLayout(title, 1)
        self._head.addLayout(buttons)
        self._profile = QWidget()
        profile = QVBoxLayout(self._profile)
        profile.setContentsMargins(0, S, 0, 0)
        profile.setSpacing(M)
        profile.addWidget(hairline())
        profile.addWidget(label(self.tr("Load profile"), "section"))
        words = self.tr(
            "How this model is loaded. Changes are saved as you make them and apply at the next "
            "load. An empty field uses the value shown in it."
        )
        profile.addWidget(label(words, "small", wrap=True))
        profile.addWidget(self.editor)

        content = QWidget()
        content.setObjectName("scrollContent")
        content.setMaximumWidth(_WIDEST)
        column = QVBoxLayout(content)
        column.setContentsMargins(XL, L + S, XL, XL)
        column.setSpacing(M)
        column.addLayout(self._head)
        column.addWidget(self.path)
        for card in (self.load_card, self.failure, self.problem, self.warning, self.undo):
            column.addWidget(card)
        column.addLayout(self._facts)
        column.addWidget(self.fit)
        column.addWidget(self._profile)
        column.addStretch()
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setWidget(content)


def _facts(entry: ModelEntry) -> list[tuple[str, str]]:
    """Names and values of what is known of a model."""
    translate = QCoreApplication.translate
    rows: list[tuple[str, str]] = []
    if entry.built_in:
        about = translate("Models", "Built-in guide (tiny, knows only this app)")
        rows.append((translate("Models", "About"), about))
    facts = entry.facts
    if facts is None:
        return rows
    rows += [
        (translate("Models", "Architecture"), ", ".join(facts.architectures) or facts.model_type),
        (translate("Models", "Weights"), format_bytes(facts.weight_bytes)),
        (translate("Models", "dtype"), facts.dtype or translate("Models", "not stated")),
        (
            translate("Models", "Quantization"),
            quantization_text(entry) or translate("Models", "none"),
        ),
    ]
    if facts.context_length:
        limit = translate("Models", "{tokens} tokens").format(
            tokens=format_count(facts.context_length)
        )
        rows.append((translate("Models", "Context"), limit))
    if per_token := facts.kv_bytes_per_token():
        size = translate("Models", "{size} per token").format(size=format_bytes(per_token))
        rows.append((translate("Models", "KV cache"), size))
    rows.extend((translate("Models", "Note"), warning) for warning in facts.warnings)
    return rows
