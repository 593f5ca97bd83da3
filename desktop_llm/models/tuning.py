"""A load profile for how somebody really chats: from the lengths of their past answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.errors import Sentence, sentence
from desktop_llm.core.units import GIB, format_bytes, format_count
from desktop_llm.models.demand import asked_context, load_shape, pool_of
from desktop_llm.models.folder import ModelFacts
from desktop_llm.models.kv_groups import KvPool

FEWEST_ANSWERS = 20
_PERCENTILE = 0.95
_SHORTEST_CONTEXT = 2048
_CONTEXT_STEP = 512
_BATCH_STEP = 512
_FEWEST_BATCHED, _MOST_BATCHED = 2048, 16384
_CACHE_STEP = GIB // 4


class Setting(StrEnum):
    CONTEXT = "context_length"
    BATCHED_TOKENS = "max_batched_tokens"
    KV_CACHE = "kv_cache"


@dataclass(frozen=True)
class Proposal:
    """One setting: `before` and `after` in tokens, or bytes for the KV cache (None: automatic).

    `text` says what the change would give.
    """

    setting: Setting
    before: int | None
    after: int
    text: Sentence


@dataclass(frozen=True)
class Tuning:
    """What past answers ask for, in tokens at the 95th percentile, and a profile for it.

    `covered` is the share of past answers that the proposed context would have held.
    """

    answers: int
    prompt_tokens: int
    answer_tokens: int
    covered: float
    proposals: tuple[Proposal, ...]
    profile: LoadProfile


def tune(
    lengths: Sequence[tuple[int, int]],
    facts: ModelFacts,
    profile: LoadProfile,
    *,
    cpu: bool,
    chats: int = 2,
    room: Callable[[LoadProfile], int | None] = lambda _profile: None,
) -> Tuning | None:
    """Propose for `lengths` of (prompt, answer) in tokens, with room for `chats` at once.

    `room` is the most that the KV cache of a profile can have, in bytes on each device; None where
    that is not known. For fewer chats where more do not fit; none is proposed where not even one
    would.

    A prompt holds the conversation before it, so prompt and answer together are the context that
    was used. None for fewer than FEWEST_ANSWERS, or where the config does not tell the model's
    sizes. Pure arithmetic: any thread.
    """
    pool = pool_of(facts, profile, cpu=cpu)
    if len(lengths) < FEWEST_ANSWERS or pool is None:
        return None
    prompt = percentile([prompt for prompt, _ in lengths])
    answer = percentile([answer for _, answer in lengths])
    limit = facts.context_length or asked_context(facts, profile)
    context = min(max(_up(prompt + answer, _CONTEXT_STEP), _SHORTEST_CONTEXT), limit)
    most = max(_MOST_BATCHED, profile.max_sequences)
    batched = min(max(_up(prompt, _BATCH_STEP), _FEWEST_BATCHED, profile.max_sequences), most)
    changed = profile.model_copy(update={"context_length": context, "max_batched_tokens": batched})
    # The batch decides how much of a sliding window is held, so the pool is another one now.
    tuned = pool_of(facts, changed, cpu=cpu) or pool
    cache = _cache(tuned, context, chats, room(changed))
    if cache is not None:
        changed = changed.model_copy(update={"kv_cache": KvCacheSize(gib=cache / GIB)})
    before = asked_context(facts, profile)
    spared = pool.request_bytes(before) - tuned.request_bytes(context)
    given = profile.kv_cache
    size = int(given.gib * GIB) if isinstance(given, KvCacheSize) else None
    proposals = [
        Proposal(Setting.CONTEXT, before, context, _context_text(before, context, spared)),
        Proposal(
            Setting.BATCHED_TOKENS,
            profile.max_batched_tokens,
            batched,
            _batch_text(facts, profile, changed, prompt, cpu=cpu),
        ),
    ]
    if cache is not None:
        words = _cache_text(cache, tuned.requests(cache, context), context)
        proposals.append(Proposal(Setting.KV_CACHE, size, cache, words))
    covered = sum(prompt + answer <= context for prompt, answer in lengths) / len(lengths)
    kept = tuple(each for each in proposals if each.before != each.after)
    return Tuning(len(lengths), prompt, answer, covered, kept, changed)


def percentile(values: Sequence[int], share: float = _PERCENTILE) -> int:
    """The smallest of `values` that at least `share` of them do not exceed (nearest rank)."""
    return sorted(values)[max(math.ceil(len(values) * share) - 1, 0)]


def _cache(pool: KvPool, context: int, chats: int, room: int | None) -> int | None:
    """Bytes for `chats`, or as many of them as there is room for; None without room for one."""
    for count in range(chats, 0, -1):
        needed = pool.bytes_for(context, count)
        if room is None or needed <= room:
            stepped = _up(needed, _CACHE_STEP)
            return stepped if room is None or stepped <= room else needed
    return None


def _cache_text(size: int, chats: int, context: int) -> Sentence:
    values = {"size": format_bytes(size), "context": format_count(context)}
    if chats == 1:
        return sentence("A KV cache of {size} holds one chat at {context} tokens.", **values)
    return sentence(
        "A KV cache of {size} holds {count} chats at {context} tokens each.",
        count=format_count(chats),
        **values,
    )


def _context_text(before: int, after: int, spared: int) -> Sentence:
    if after < before:
        return sentence(
            "A context of {after} tokens instead of {before} spares {size} of KV cache a chat.",
            after=format_count(after),
            before=format_count(before),
            size=format_bytes(max(spared, 0)),
        )
    return sentence(
        "A context of {after} tokens instead of {before} lets longer chats go on; each takes "
        "{size} more of the KV cache.",
        after=format_count(after),
        before=format_count(before),
        size=format_bytes(max(-spared, 0)),
    )


def _batch_text(
    facts: ModelFacts, before: LoadProfile, after: LoadProfile, prompt: int, *, cpu: bool
) -> Sentence:
    saved = (
        load_shape(facts, before, cpu=cpu).activations
        - load_shape(facts, after, cpu=cpu).activations
    )
    steps = math.ceil(prompt / after.max_batched_tokens)
    if saved >= 0:
        return sentence(
            "Steps to read a prompt of {prompt} tokens: {steps}; {size} of activations are spared.",
            prompt=format_count(prompt),
            steps=steps,
            size=format_bytes(saved),
        )
    return sentence(
        "Steps to read a prompt of {prompt} tokens: {steps} instead of {more}, for {size} more of "
        "activations.",
        prompt=format_count(prompt),
        steps=steps,
        more=math.ceil(prompt / before.max_batched_tokens),
        size=format_bytes(-saved),
    )


def _up(count: int, step: int) -> int:
    return math.ceil(count / step) * step
