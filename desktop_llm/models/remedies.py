"""What can be done about a load that failed for want of memory, as buttons."""

from __future__ import annotations

import json
from dataclasses import replace

from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError, Fix, Remedy
from desktop_llm.models.demand import asked_context
from desktop_llm.models.device_memory import VRAM_MARGIN, DeviceMemory, Surroundings
from desktop_llm.models.fit_changes import changes_that_fit
from desktop_llm.models.fit_question import FitQuestion, Sum, sum_up
from desktop_llm.models.fit_sentences import change_sentence
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.overheads import Overheads
from desktop_llm.models.weights import read_tensors

_LESS = 0.95  # of a sum with which it has failed


def remedies(
    facts: ModelFacts, profile: LoadProfile, around: Surroundings, overheads: Overheads
) -> tuple[Remedy, ...]:
    """Each change of `profile` with which the model fits in what is free now, as a `Fix`.

    Reads the headers: not for the GUI thread. A load that failed although its sum fits had less
    room than the sum says: the changes then have to spare a twentieth of it. None where the config
    does not tell the model's sizes.
    """
    question = load_question(facts, profile, around, overheads)
    asked = sum_up(question)
    if asked is not None and asked.fits:
        question = _with_less(question, asked)
        asked = sum_up(question)
    if asked is None or asked.fits:
        return ()
    return tuple(
        Remedy(change_sentence(change), Fix.CHANGE_PROFILE, changed_fields(profile, change.profile))
        for change in changes_that_fit(question, asked)
        if change.profile is not None
    )


def load_question(
    facts: ModelFacts, profile: LoadProfile, around: Surroundings, overheads: Overheads
) -> FitQuestion:
    """Whether one chat at the profile's context fits. Reads the headers, if they can be read."""
    try:
        tensors = read_tensors(facts.path, facts.weights)
    except AppError:
        tensors = ()
    return FitQuestion(
        facts,
        profile,
        around.memory,
        asked_context(facts, profile),
        cpu=around.cpu,
        given_back=around.given_back,
        overheads=overheads,
        tensors=tensors,
        ram_free=around.ram_free,
        compute_capability=around.compute_capability,
    )


def changed_fields(before: LoadProfile, after: LoadProfile) -> str:
    """The fields of `after` that differ from `before`, as JSON: the value of the fix."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return json.dumps({name: value for name, value in new.items() if value != old[name]})


def _with_less(question: FitQuestion, asked: Sum) -> FitQuestion:
    room = int(asked.demand.total * _LESS)
    free = room * question.profile.tensor_parallel_size if question.cpu else room + VRAM_MARGIN
    memory = DeviceMemory(question.memory.total, min(free, question.free))
    return replace(question, memory=memory, given_back=0)
