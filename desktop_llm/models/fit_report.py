"""The answer to whether a model fits, with its sum and what would make it fit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.models.checks import check_build, check_context
from desktop_llm.models.demand import MemoryRow, asked_context
from desktop_llm.models.device_memory import DeviceMemory
from desktop_llm.models.fit_changes import FitChange, changes_that_fit
from desktop_llm.models.fit_question import FitQuestion, Shortfall, Sum, sum_up
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.overheads import Overheads
from desktop_llm.models.weight_memory import WeightSource
from desktop_llm.models.weights import read_tensors


class Verdict(StrEnum):
    FITS = "fits"
    FITS_WITH_CHANGE = "fits_with_change"
    DOES_NOT_FIT = "does_not_fit"


@dataclass(frozen=True)
class FitReport:
    """The verdict on `question`, and the sum behind it; bytes are those on each device."""

    question: FitQuestion
    sum: Sum
    changes: tuple[FitChange, ...] = ()

    @property
    def verdict(self) -> Verdict:
        if self.sum.fits:
            return Verdict.FITS
        return Verdict.FITS_WITH_CHANGE if self.changes else Verdict.DOES_NOT_FIT

    @property
    def shortfall(self) -> Shortfall:
        return self.sum.shortfall

    @property
    def rows(self) -> tuple[MemoryRow, ...]:
        """The sum, part by part."""
        return self.sum.demand.rows

    @property
    def total(self) -> int:
        return self.sum.demand.total

    @property
    def available(self) -> int:
        return self.sum.available

    @property
    def short_by(self) -> int:
        return self.sum.short_by

    @property
    def held_by_others(self) -> int:
        """What is not free now and is not given back either."""
        return max(self.question.memory.total - self.question.free, 0)

    @property
    def kv_cache_tokens(self) -> int:
        """Tokens that a KV cache of this sum holds, as vLLM counts them."""
        cache = self.sum.cache_needed if self.sum.fits else self.sum.cache_room
        return self.sum.pool.tokens(cache, self.question.context)

    @property
    def weights_from(self) -> WeightSource:
        return self.sum.weights.source


def assess(
    facts: ModelFacts,
    profile: LoadProfile,
    memory: DeviceMemory,
    *,
    cpu: bool,
    context: int | None = None,
    concurrency: int = 1,
    given_back: int = 0,
    others: tuple[MemoryHolder, ...] = (),
    overheads: Overheads | None = None,
    listing: Mapping[str, int] | None = None,
    ram_free: int | None = None,
    compute_capability: tuple[int, int] | None = None,
) -> FitReport:
    """Whether a folder's model, or one of a hub's `listing`, fits on a device. Reads the headers.

    Not for the GUI thread; where only context, concurrency or profile change, `report_on` with
    a changed `question` reads nothing. Raises AppError as `report_on`, `read_tensors`,
    `check_context` and `check_build` do.
    """
    context = context or asked_context(facts, profile)
    check_context(facts, context)
    check_build(profile, cpu=cpu, head_size=facts.shape.head_size)
    if listing is None and facts.weights.pickle and facts.weight_bytes:
        listing = dict.fromkeys(facts.weights.pickle, 0) | {
            facts.weights.pickle[0]: facts.weight_bytes
        }
    question = FitQuestion(
        facts,
        profile,
        memory,
        context,
        concurrency,
        cpu=cpu,
        given_back=given_back,
        others=others,
        overheads=overheads or Overheads(),
        tensors=() if listing else read_tensors(facts.path, facts.weights),
        listing=listing,
        ram_free=ram_free,
        compute_capability=compute_capability,
    )
    return report_on(question)


def report_on(question: FitQuestion) -> FitReport:
    """The report on a question. Milliseconds, reads nothing: any thread.

    Raises AppError ``fit.unknown_shape`` where the config does not tell the model's sizes.
    """
    asked = sum_up(question)
    if asked is None:
        raise AppError(
            "fit.unknown_shape",
            sentence(
                "Whether {model} fits cannot be told: its config.json does not name its sizes.",
                model=question.facts.name,
            ),
            sentence("Load it to find out; vLLM measures it then."),
        )
    changes = () if asked.fits else changes_that_fit(question, asked)
    return FitReport(question, asked, changes)
