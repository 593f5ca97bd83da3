"""Reads whether the model on show fits, and has the fit card say it."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject, Signal

from desktop_llm.config.profiles import KvCacheAuto, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.gui.core import Core
from desktop_llm.gui.model_control import BUSY, ModelControl
from desktop_llm.gui.models_page.entries import entry_name
from desktop_llm.gui.models_page.fit_card import FitCard
from desktop_llm.gui.tasks import Background, Tasks
from desktop_llm.models.catalog import ModelEntry
from desktop_llm.models.demand import asked_context
from desktop_llm.models.fit_changes import FitChange
from desktop_llm.models.fit_question import FitQuestion, sum_up
from desktop_llm.models.fit_report import FitReport, assess, report_on
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.overheads import read_overheads
from desktop_llm.models.tuning import FEWEST_ANSWERS, tune

_FEWEST_CHATS = 2  # that a suggestion has room for


class FitControl(QObject):
    """GUI thread; files and the machine are read, and sums made, on the worker thread.

    `profile_asked` carries the load profile that a person chose in the card, and
    `quantize_asked` nothing: a version in four bits is to be made.
    """

    profile_asked = Signal(object)
    quantize_asked = Signal()

    def __init__(
        self,
        core: Core,
        engine: ModelControl,
        tasks: Tasks,
        background: Background,
        card: FitCard,
    ) -> None:
        super().__init__()
        self._core = core
        self._engine = engine
        self._tasks = tasks
        self._background = background
        self._card = card
        self._entry: ModelEntry | None = None
        self._facts: ModelFacts | None = None
        self._asked_context = 0
        self._profile = LoadProfile()
        self._question: FitQuestion | None = None
        self._wish = 0
        self._summing = False
        self._moved = False
        self._loaded = self._settled()
        card.suggest.asked.connect(lambda: tasks.start(self._suggest()))
        card.suggest.apply_asked.connect(self.profile_asked)
        card.sliders.asked.connect(self._sum_again)
        card.change_asked.connect(self._apply)
        card.sliders.context_asked.connect(self._apply_context)
        engine.changed.connect(self._engine_changed)

    def look(self, entry: ModelEntry) -> None:
        """Read anew, for `entry`. The sliders stay while the model and its profile ask the same."""
        another = self._entry is None or self._entry.path != entry.path
        self._entry = entry
        self._wish += 1
        before, self._profile = self._profile, self._core.profiles.get(entry.path)
        if another or before != self._profile:
            self._card.suggest.clear()
        facts = entry.facts
        if facts is None or entry.problem is not None:
            self._facts = self._question = None
            self._card.show_problem(None)
            return
        if another:
            self._question = None
            self._card.show_problem(None)
        self._facts = replace(facts, name=entry_name(entry))
        profile = self._profile
        asked = asked_context(facts, profile)
        sliders = self._card.sliders
        longest = max(facts.context_length or asked, asked)
        sliders.show_limits(longest, profile.max_sequences, profile_context=asked)
        if another:
            sliders.show_asked(asked, 1)
        elif asked != self._asked_context:
            sliders.show_asked(asked, sliders.chats)
        self._asked_context = asked
        self._tasks.start(self._read(self._facts, profile, self._wish))

    async def _read(self, facts: ModelFacts, profile: LoadProfile, wish: int) -> None:
        context, chats = self._card.sliders.context, self._card.sliders.chats

        def work() -> FitReport:
            around = self._core.fit_surroundings(profile)
            return assess(
                facts,
                self._with_context(facts, profile, context),
                around.memory,
                cpu=around.cpu,
                context=context,
                concurrency=chats,
                given_back=around.given_back,
                others=around.others,
                overheads=read_overheads(self._core.paths.overheads),
                ram_free=around.ram_free,
                compute_capability=around.compute_capability,
            )

        try:
            report = await self._background.run(work)
        except AppError as error:
            if wish == self._wish:
                self._question = None
                self._card.show_problem(error)
            return
        if wish == self._wish:
            self._question = replace(report.question, profile=profile)
            self._card.show_report(report)
            if (self._card.sliders.context, self._card.sliders.chats) != (context, chats):
                self._sum_again()

    def _sum_again(self) -> None:
        """The sliders say something else now. One sum at a time, the latest wish at last."""
        self._moved = True
        if not self._summing and self._question is not None:
            self._summing = True
            self._tasks.start(self._sum())

    async def _sum(self) -> None:
        try:
            while self._moved and self._question is not None:
                self._moved = False
                wish, known = self._wish, self._question
                context, chats = self._card.sliders.context, self._card.sliders.chats
                question = replace(
                    known,
                    profile=self._with_context(known.facts, known.profile, context),
                    context=context,
                    concurrency=chats,
                )
                report = await self._background.run(partial(report_on, question))
                if wish == self._wish:
                    self._card.show_report(report)
        finally:
            self._summing = False

    def _with_context(self, facts: ModelFacts, profile: LoadProfile, context: int) -> LoadProfile:
        """What is proposed is to fit at the slider's context, so it is applied with that."""
        if context == asked_context(facts, profile):
            return profile
        return profile.model_copy(update={"context_length": context})

    def _apply(self, change: FitChange) -> None:
        if change.profile is None:
            self.quantize_asked.emit()
            return
        self._card.sliders.show_asked(change.context, change.concurrency)
        self.profile_asked.emit(change.profile)

    def _apply_context(self) -> None:
        if self._facts is not None:
            context = self._card.sliders.context
            self.profile_asked.emit(self._with_context(self._facts, self._profile, context))

    async def _suggest(self) -> None:
        """Propose a load profile from the lengths of past answers."""
        lengths = await self._core.store.answer_lengths()
        question = self._question
        if question is None:
            return
        if len(lengths) < FEWEST_ANSWERS:
            self._card.suggest.show_too_few(len(lengths))
            return
        facts, profile, cpu = question.facts, question.profile, question.cpu
        chats = max(self._card.sliders.chats, _FEWEST_CHATS)

        def room(changed: LoadProfile) -> int | None:
            alone = changed.model_copy(update={"kv_cache": KvCacheAuto()})
            found = sum_up(replace(question, profile=alone))
            return None if found is None else found.cache_room

        found = await self._background.run(
            lambda: tune(lengths, facts, profile, cpu=cpu, chats=chats, room=room)
        )
        still = self._facts == facts and self._profile == profile
        if found is not None and still:
            self._card.suggest.show_tuning(found)

    def _settled(self) -> tuple[object, bool]:
        """Which model is in memory, and whether that is about to change."""
        state = self._engine.state
        return (state.path if state.model is not None else None, state.phase in BUSY)

    def _engine_changed(self) -> None:
        before, self._loaded = self._loaded, self._settled()
        changed = before != self._loaded and not self._loaded[1]
        # Where it is not on show, it is read when it will be.
        page = self._card.parentWidget()
        if changed and self._entry is not None and page is not None and page.isVisible():
            self.look(self._entry)
