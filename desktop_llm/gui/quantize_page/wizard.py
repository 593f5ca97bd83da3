"""The wizard: six steps in one place, going back loses nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from desktop_llm.core.errors import AppError
from desktop_llm.gui.core import Core
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.quantize_page.calibration_step import CalibrationStep
from desktop_llm.gui.quantize_page.cards import WIDEST, StepPage
from desktop_llm.gui.quantize_page.check_step import CheckStep, Place
from desktop_llm.gui.quantize_page.control import QuantizeControl
from desktop_llm.gui.quantize_page.method_step import MethodStep
from desktop_llm.gui.quantize_page.model_step import ModelStep
from desktop_llm.gui.quantize_page.result_step import ResultStep
from desktop_llm.gui.quantize_page.run_step import RunStep
from desktop_llm.gui.quantize_page.step_bar import StepBar
from desktop_llm.gui.quantize_page.wording import FP8
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.gui.theme import XL, M, S, Theme
from desktop_llm.gui.widgets import PassesFocus, button, label
from desktop_llm.models.catalog import ModelEntry, read_entry
from desktop_llm.quantize.types import Job, JobRequest, Method

MODEL, METHOD, CALIBRATION, CHECK, RUN, RESULT = range(6)


class Wizard(PassesFocus):
    """GUI thread. The first four steps ask, the last two show a job, the one asked for here or
    another one of the list. What was written stays until `begin_anew`.

    `started` carries the new job; `asking`: a step that asks is on show now; `job_asked` carries
    the id of the job that was begun here, to be shown again; `profile_asked` the model whose load
    profile is wanted; `fix_asked` a fix, its value and the model.
    """

    started = Signal(object)
    asking = Signal()
    job_asked = Signal(str)
    profile_asked = Signal(object)
    fix_asked = Signal(str, str, object)

    def __init__(
        self,
        core: Core,
        engine: ModelControl,
        control: QuantizeControl,
        theme: Theme,
        tasks: Tasks,
        background: Background,
    ) -> None:
        super().__init__()
        self._core = core
        self._engine = engine
        self._control = control
        self._tasks = tasks
        self._background = background
        self._entries: list[ModelEntry] = []
        self._wanted: Path | None = None
        self._again: JobRequest | None = None
        self._own_job = ""
        self._wish = 0
        self._starting = False
        self.step = self._last_asked = MODEL
        self.model = ModelStep(theme)
        self.method = MethodStep(theme, core.paths.models)
        self.calibration = CalibrationStep()
        self.check = CheckStep(theme)
        self.run = RunStep(theme, tasks, control)
        self.result = ResultStep(theme, tasks, control)
        self.pages: list[StepPage] = [
            self.model, self.method, self.calibration, self.check, self.run, self.result,
        ]  # fmt: skip
        names = (
            self.tr("Model"), self.tr("Method"), self.tr("Calibration"), self.tr("Check"),
            self.tr("Run"), self.tr("Result"),
        )  # fmt: skip
        self.bar = StepBar(names)
        self.back = button(self.tr("Back"))
        self.next = button(self.tr("Next"), "primary")
        self.hint = label("", "small", wrap=True)
        self._build()
        self._connect()
        self.show_step(MODEL)

    @property
    def asks(self) -> bool:
        """Whether one of the steps that ask is on show."""
        return self.step < RUN

    def begin_anew(self) -> None:
        """Where one was; at the first step once what was written there has become a job."""
        if self._own_job:
            self._clear()
            self._tasks.start(self.read_models())  # what was made meanwhile is there
        self.show_step(self._last_asked)

    def choose_model(self, path: Path) -> None:
        """Begin with the model in `path`; what was written for it already stays."""
        entry = self.model.entry
        if not self._own_job and entry is not None and entry.path == path:
            self.show_step(max(self._last_asked, METHOD))
            return
        self._clear()
        self.show_step(MODEL)
        self._wanted = path
        self._tasks.start(self.read_models())

    def run_again(self, request: JobRequest) -> None:
        """Write what a job was asked into the steps, and check it."""
        self._own_job = ""
        self._again = request
        self._tasks.start(self.read_models())

    async def read_models(self) -> None:
        """Look at the disk and list what is there; the choice stays."""
        self._entries = await self._core.catalog.scan()
        self.model.show_entries(self._entries)
        wanted, self._wanted = self._wanted, None
        again, self._again = self._again, None
        if again is not None:
            wanted = again.source
        if wanted is None:
            return
        chosen = self.model.choose(wanted)
        if not chosen and not self.model.model.index_of(wanted).isValid():
            entry = await self._background.run(lambda: read_entry(wanted))
            chosen = self.model.add(entry, self._entries)
        if again is not None and chosen and self.model.entry is not None:
            self.method.show_source(self.model.entry)
            self.method.show_request(again)
            self.calibration.follow(self.method.purpose.value)
            self.calibration.show_choice(again.calibration)
            self.show_step(CHECK)
        else:
            self.show_step(METHOD if chosen else MODEL)

    def show_job(self, job: Job) -> None:
        """Show a job: as it runs, or what came of it."""
        if job.ended:
            self.result.show_job(job)
        else:
            self.run.show_job(job)
        self._turn_to(RESULT if job.ended else RUN, framed=job.id == self._own_job)

    def show_step(self, step: int) -> None:
        """Show one of the steps that ask, or the one before it that is not answered. The check is
        made anew each time."""
        step = self._reached(step)
        self._last_asked = step
        self._turn_to(step, framed=True)
        self.asking.emit()

    def go_back(self) -> None:
        """The step before; from a job, its check."""
        self.show_step(min(self.step, RUN) - 1 if self.step <= RUN else CHECK)

    def go_on(self) -> None:
        """The step after, if this one is answered."""
        match self.step:
            case n if n == MODEL and self.model.entry is not None:
                self.method.show_source(self.model.entry)
                self.show_step(METHOD)
            case n if n == METHOD and self.method.method == FP8:
                if self.model.entry is not None:
                    self.profile_asked.emit(self.model.entry.path)
            case n if n in {METHOD, CALIBRATION}:
                self.show_step(n + 1)
            case n if n == CHECK and self.check.can_start and self._control.running is None:
                self._tasks.start(self._start())

    def refresh(self) -> None:
        """A job or the engine has changed."""
        if self.step == CHECK:
            self.check.show_loaded(self._loaded_name())
        self._refresh()

    def _clear(self) -> None:
        self._own_job = ""
        self._last_asked = MODEL
        self.model.choose(None)
        self.method.reset()
        self.calibration.reset()

    def _turn_to(self, step: int, *, framed: bool) -> None:
        """Show a step; `framed` by the bar of steps and Back, which another job does not have."""
        follow = step != self.step and self.isVisible() and self._has_focus()
        self.step = step
        self.bar.setVisible(framed)
        self.footer.setVisible(framed)
        self._stack.setCurrentWidget(self.pages[step])
        if step == CALIBRATION and (settings := self.method.settings()) is not None:
            self.calibration.show_settings(settings)
        if step == CHECK:
            self._check()
        self._refresh()
        if follow:
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _has_focus(self) -> bool:
        """Whether the keyboard is here: a list at the left keeps it while one walks along it."""
        focus = QApplication.focusWidget()
        return focus is not None and self.isAncestorOf(focus)

    def _go_to(self, step: int) -> None:
        if step < RUN:
            self.show_step(step)
        else:
            self.job_asked.emit(self._own_job)

    def _reached(self, step: int) -> int:
        """`step`, or the first before it that lacks an answer; that one says so itself."""
        if step > MODEL and self.model.entry is None:
            return MODEL
        if step > METHOD and not self._method_answered():
            return METHOD
        if step > CALIBRATION and self.calibration.read() is None:
            return CALIBRATION
        return step

    def _method_answered(self) -> bool:
        if self.method.method not in set(Method):
            return False
        settings, output = self.method.settings(), self.method.output_folder()
        return settings is not None and output is not None

    def _request(self) -> JobRequest | None:
        """The job as the steps spell it."""
        entry, choice = self.model.entry, self.calibration.read()
        settings, output = self.method.settings(), self.method.output_folder()
        if entry is None or settings is None or output is None or choice is None:
            return None
        return JobRequest(
            source=entry.path,
            output=output,
            settings=settings,
            calibration=choice,
            evaluate=self.method.evaluate.value,
        )

    def _check(self) -> None:
        self._wish += 1
        request = self._request()
        self.check.show_checking(request)
        if request is not None:
            self._tasks.start(self._make_check(request, self._wish))

    async def _make_check(self, request: JobRequest, wish: int) -> None:
        try:
            check = await self._control.check(request)
        except AppError as error:
            if wish == self._wish:
                self.check.show_refusal(error)
        else:
            if wish == self._wish:
                self.check.show_check(check, self._loaded_name())

    async def _start(self) -> None:
        request = self.check.answered()
        if request is None or self._starting:
            return
        self._starting = True
        self._refresh()
        try:
            job = await self._control.start(request, make_room=self.check.make_room)
        except AppError as error:
            self.check.show_refusal(error)
        else:
            self._own_job = job.id
            self.started.emit(job)
        finally:
            self._starting = False
            self._refresh()

    async def _add_folder(self, folder: Path) -> None:
        entry = await self._background.run(lambda: read_entry(folder))
        self.model.add(entry, self._entries)
        self._refresh()

    def _loaded_name(self) -> str:
        model = self._engine.state.model
        return self._engine.name_of(model.path) if model is not None else ""

    def _solve(self, place: str) -> None:
        """Go to where a problem of the check can be solved."""
        self.show_step(CALIBRATION if place == Place.TEXT else METHOD)
        if place == Place.SETTINGS:
            self.method.show_advanced()
        elif place == Place.OUTPUT:
            self.method.output.setFocus(Qt.FocusReason.OtherFocusReason)

    def _fix(self, fix: str, value: str) -> None:
        entry = self.model.entry
        self.fix_asked.emit(fix, value, entry.path if entry else None)

    def _refresh(self) -> None:
        """What can be done now, and where one can go."""
        running = self._control.running
        reachable = {self.step, *range(min(self.step, RUN))}
        own = self._control.job(self._own_job)
        if own is not None:
            reachable.add(RESULT if own.ended else RUN)
        self.bar.show_step(self.step, reachable)
        self.back.setEnabled(self.step != MODEL and not self._starting)
        self.next.setVisible(self.asks)
        texts = {CHECK: self.tr("Starting…") if self._starting else self.tr("Start")}
        fp8 = self.step == METHOD and self.method.method == FP8
        self.next.setText(
            self.tr("Open its load profile") if fp8 else texts.get(self.step, self.tr("Next"))
        )
        can, why = True, ""
        if self.step == MODEL:
            can = self.model.entry is not None
            why = "" if can else self.tr("Choose a model.")
        elif self.step == METHOD:
            can = bool(self.method.method)
        elif self.step == CHECK:
            # Disabled while it starts, the button would give the focus away.
            can = self._starting or (self.check.can_start and running is None)
            if self._starting:
                why = ""
            elif running is not None and running is own:
                why = self.tr("This job is running.")
            elif running is not None:
                why = self.tr("Another job is running: start this one when it has ended.")
        self.next.setEnabled(can)
        self.hint.setText(why)

    def first_control(self) -> QWidget:
        """What the keyboard begins with on the step on show."""
        if self.step == RESULT:
            return self.result.first_button()
        method, source = self.method.method, self.calibration.sources.value
        if self.step == METHOD and method:
            return self.method.methods.cards[method]
        if self.step == CALIBRATION and not self.calibration.sources.isHidden():
            return self.calibration.sources.cards[source]
        if self.step == CHECK and not self.next.isEnabled():
            return self.back
        return {MODEL: self.model.list, RUN: self.run.card.cancel}.get(self.step, self.next)

    def _build(self) -> None:
        self._stack = QStackedWidget()
        for page in self.pages:
            self._stack.addWidget(page)
        self.footer = QFrame()
        self.footer.setObjectName("stepFooter")
        # As wide as the steps above it: Next is at their edge, not at the screen's.
        frame = QHBoxLayout(self.footer)
        frame.setContentsMargins(0, 0, 0, 0)
        inside = QWidget()
        inside.setMaximumWidth(WIDEST)
        frame.addWidget(inside, 1000)
        frame.addStretch(1)
        row = QHBoxLayout(inside)
        row.setContentsMargins(XL, M - 2, XL, M - 2)
        row.setSpacing(S)
        row.addWidget(self.back)
        row.addWidget(self.hint, 1)
        row.addWidget(self.next)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.bar)
        column.addWidget(self._stack, 1)
        column.addWidget(self.footer)

    def _connect(self) -> None:
        self.bar.asked.connect(self._go_to)
        self.back.clicked.connect(self.go_back)
        self.next.clicked.connect(self.go_on)
        self.model.chosen.connect(self._refresh)
        self.model.opened.connect(self.go_on)
        self.model.folder_asked.connect(lambda folder: self._tasks.start(self._add_folder(folder)))
        self.method.changed.connect(self._refresh)
        self.method.purpose_chosen.connect(self.calibration.follow)
        self.check.changed.connect(self._refresh)
        self.check.fix_asked.connect(self._fix)
        self.check.place_asked.connect(self._solve)
        self.result.fix_asked.connect(self._fix)
