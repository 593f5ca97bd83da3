"""What helps an answer that the KV cache had no room for, or that the context was too short for.

Each is worked out by the same sum as the fit of a load, with the present model unloaded.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from desktop_llm.config.profiles import KvCacheAuto, KvCacheSize, LoadProfile
from desktop_llm.core.errors import Fix, Remedy, Sentence, in_a_row, sentence
from desktop_llm.core.memory import KvLedger
from desktop_llm.core.units import GIB, MIB, format_bytes, format_count
from desktop_llm.models.demand import asked_context
from desktop_llm.models.device_memory import Surroundings
from desktop_llm.models.fit_changes import ChangeKind, changes_that_fit, takes_fp8_cache
from desktop_llm.models.fit_question import FitQuestion, sum_up
from desktop_llm.models.fit_sentences import change_sentence
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.overheads import Overheads
from desktop_llm.models.remedies import changed_fields, load_question

_CONTEXT_STEP = 1024
_CACHE_STEP = 8 * MIB
_WORTH = 1.25  # times the present cache: less would hardly help
_TWICE = 2


def longer_context(
    facts: ModelFacts,
    profile: LoadProfile,
    around: Surroundings,
    overheads: Overheads,
    needed: int,
) -> tuple[Remedy, ...]:
    """Each load profile that has `needed` tokens of context and fits; none beyond the model's own.

    Reads the headers: not for the GUI thread.
    """
    limit = facts.context_length or 0
    if not asked_context(facts, profile) < needed <= limit:
        return ()
    context = min(math.ceil(needed / _CONTEXT_STEP) * _CONTEXT_STEP, limit)
    longer = profile.model_copy(update={"context_length": context})
    question = load_question(facts, longer, around, overheads)
    asked = sum_up(question)
    if asked is None:
        return ()
    text = sentence("Set the context length to {context} tokens.", context=format_count(context))
    if asked.fits:
        return (_remedy(text, profile, longer),)
    return tuple(
        _remedy(in_a_row(text, change_sentence(change)), profile, change.profile)
        for change in changes_that_fit(question, asked)
        if change.profile is not None and change.kind is not ChangeKind.CONTEXT
    )


def more_room(
    facts: ModelFacts,
    profile: LoadProfile,
    around: Surroundings,
    overheads: Overheads,
    ledger: KvLedger,
) -> tuple[Remedy, ...]:
    """Each load profile with which those who held the cache would not have pushed each other out.

    Reads the headers: not for the GUI thread.
    """
    question = load_question(facts, profile, around, overheads)
    return tuple(
        _remedy(text, profile, changed)
        for text, changed in _roomier(question, ledger)
        if (found := sum_up(replace(question, profile=changed))) is not None and found.fits
    )


def _roomier(question: FitQuestion, ledger: KvLedger) -> Iterator[tuple[Sentence, LoadProfile]]:
    profile, present = question.profile, _present_cache(question, ledger)
    automatic = profile.model_copy(update={"kv_cache": KvCacheAuto()})
    alone = sum_up(replace(question, profile=automatic))
    if alone is not None and present:
        room = min(alone.cache_room, _TWICE * present) // _CACHE_STEP * _CACHE_STEP
        if room >= _WORTH * present:
            tokens = round(ledger.capacity * room / present)
            yield (
                sentence(
                    "Give the KV cache {size}: about {tokens} tokens instead of {before}.",
                    size=format_bytes(room),
                    tokens=format_count(tokens),
                    before=format_count(ledger.capacity),
                ),
                profile.model_copy(update={"kv_cache": KvCacheSize(gib=room / GIB)}),
            )
        if (smaller := _in_fp8(question, present)) is not None:
            yield (
                sentence(
                    "Keep the KV cache in FP8: about {tokens} tokens instead of {before} in the "
                    "same memory.",
                    tokens=format_count(2 * ledger.capacity),
                    before=format_count(ledger.capacity),
                ),
                smaller,
            )
    fewer = len(ledger.holders) - 1
    if 1 <= fewer < profile.max_sequences:
        yield (
            sentence(
                "Set max sequences to {count}: the others wait in line instead of being set back.",
                count=format_count(fewer),
            ),
            profile.model_copy(update={"max_sequences": fewer}),
        )


def _present_cache(question: FitQuestion, ledger: KvLedger) -> int:
    """Bytes on each device of the cache that the ledger tells of; 0 where that is not known."""
    asked = sum_up(question)
    return 0 if asked is None else asked.pool.request_bytes(max(ledger.capacity, 1))


def _in_fp8(question: FitQuestion, size: int) -> LoadProfile | None:
    """As much memory, half as much a token; None where this build or model cannot."""
    profile = question.profile
    if profile.kv_cache_dtype != "auto":
        return None
    changes = {"kv_cache_dtype": "fp8", "kv_cache": KvCacheSize(gib=size / GIB)}
    changed = profile.model_copy(update=changes)
    return changed if takes_fp8_cache(replace(question, profile=changed)) else None


def _remedy(text: Sentence, before: LoadProfile, after: LoadProfile) -> Remedy:
    return Remedy(text, Fix.CHANGE_PROFILE, changed_fields(before, after))
