"""Which single change makes a model fit: each worked out by the same sum as the question itself."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from desktop_llm.config.profiles import KvCacheAuto, KvCacheShare, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import GIB
from desktop_llm.models.checks import check_build
from desktop_llm.models.config_facts import Quantization
from desktop_llm.models.device_memory import DeviceMemory, vram_share
from desktop_llm.models.fit_question import FitQuestion, Sum, sum_up

SHORTEST_CONTEXT = 256  # a question and a short answer
_SHORTEST_STEP = 512  # tokens: fewer make reading a prompt slow
_NATIVE_FP8 = (8, 9)  # before it, only some of vLLM's attention kernels take an FP8 cache
_BLOCK = 16
_OFFLOAD_STEP = 0.5  # GiB
# What the app's own quantizer makes: 4 bits in groups of 128.
_FOUR_BITS = Quantization("awq", 4, 128)


class ChangeKind(StrEnum):
    KV_CACHE_AUTO = "kv_cache_auto"
    SHARE = "share"
    KV_DTYPE = "kv_dtype"
    BATCHED_TOKENS = "batched_tokens"
    SEQUENCES = "sequences"
    CONTEXT = "context"
    CONCURRENCY = "concurrency"
    FP8_WEIGHTS = "fp8_weights"
    FOUR_BITS = "four_bits"
    OFFLOAD = "offload"


@dataclass(frozen=True)
class FitChange:
    """One change with which it fits.

    `profile` is to be applied; None for a version of the model that has to be made or fetched.
    `value` is in tokens, chats, sequences, GiB or a share (0–1), by its kind; `gives` are the bytes
    that are asked for less on each device, `context` and `concurrency` what one then has.
    """

    kind: ChangeKind
    gives: int
    context: int
    concurrency: int
    profile: LoadProfile | None = None
    value: float | None = None


def changes_that_fit(question: FitQuestion, asked: Sum) -> tuple[FitChange, ...]:
    """Every single change that makes `question` fit, what costs least to live with first."""
    return tuple(
        FitChange(
            kind,
            gives=_less(asked, found),
            context=changed.context,
            concurrency=changed.concurrency,
            profile=None if kind is ChangeKind.FOUR_BITS else changed.profile,
            value=value,
        )
        for kind, changed, value in _candidates(question, asked)
        if (found := sum_up(changed)) is not None and found.fits
    )


def _less(asked: Sum, found: Sum) -> int:
    """Where the profile sets the cache's size, the chats take less of it."""
    total = asked.demand.total - found.demand.total
    return max(total, asked.cache_needed - found.cache_needed, 0)


_Candidate = tuple[ChangeKind, FitQuestion, float | None]


def _candidates(question: FitQuestion, asked: Sum) -> Iterator[_Candidate]:
    profile, facts = question.profile, question.facts
    if not isinstance(profile.kv_cache, KvCacheAuto):
        yield ChangeKind.KV_CACHE_AUTO, _with(question, kv_cache=KvCacheAuto()), None
        yield from _lower_shares(question)
    if profile.kv_cache_dtype == "auto" and (smaller := _with_fp8_cache(question)):
        yield ChangeKind.KV_DTYPE, smaller, None
    yield from _smaller_steps(question, asked)
    if chats := _most_chats(question, asked):
        fewer = _with(replace(question, concurrency=chats), max_sequences=chats)
        yield ChangeKind.CONCURRENCY, fewer, chats
    if tokens := _longest_context(question, asked):
        shorter = _with(replace(question, context=tokens), context_length=tokens)
        yield ChangeKind.CONTEXT, shorter, tokens
    if facts.quantization is None and profile.quantization == "none":
        if not question.cpu:
            yield ChangeKind.FP8_WEIGHTS, _with(question, quantization="fp8"), None
        yield ChangeKind.FOUR_BITS, _in_four_bits(question), 4
    yield from _offloads(question, asked)


def _with(question: FitQuestion, **changes: object) -> FitQuestion:
    """The question with a changed profile, validated as any other."""
    values = question.profile.model_dump() | changes
    return replace(question, profile=LoadProfile.model_validate(values))


def _with_fp8_cache(question: FitQuestion) -> FitQuestion | None:
    changed = _with(question, kv_cache_dtype="fp8")
    return changed if takes_fp8_cache(changed) else None


def takes_fp8_cache(question: FitQuestion) -> bool:
    """Whether this build and the card can surely keep a KV cache in FP8, as the profile says."""
    card = question.compute_capability
    if not question.cpu and card is not None and card < _NATIVE_FP8:
        return False
    try:
        check_build(question.profile, cpu=question.cpu, head_size=question.facts.shape.head_size)
    except AppError:
        return False
    return True


def _lower_shares(question: FitQuestion) -> Iterator[_Candidate]:
    """The share that is free now, where more was asked for than others leave."""
    kv_cache = question.profile.kv_cache
    if not isinstance(kv_cache, KvCacheShare):
        return
    share = vram_share(DeviceMemory(question.memory.total, question.free))
    if share < kv_cache.share and int(kv_cache.share * question.memory.total) > question.free:
        yield ChangeKind.SHARE, _with(question, kv_cache=KvCacheShare(share=share)), share


def _smaller_steps(question: FitQuestion, asked: Sum) -> Iterator[_Candidate]:
    """Fewer tokens a step, or fewer sequences in it: where activations are what is missing."""
    profile = question.profile
    fewest = max(_SHORTEST_STEP, profile.max_sequences)
    if (tokens := _halved(question, asked, "max_batched_tokens", fewest)) is not None:
        yield ChangeKind.BATCHED_TOKENS, _with(question, max_batched_tokens=tokens), tokens
    # For several chats at once the change that names their number says the same.
    if question.concurrency == 1:
        fewer = _halved(question, asked, "max_sequences", question.concurrency)
        if fewer is not None:
            yield ChangeKind.SEQUENCES, _with(question, max_sequences=fewer), fewer


def _halved(question: FitQuestion, asked: Sum, field: str, fewest: int) -> int | None:
    """Half of what the profile has, a quarter and so on: the most with which it fits."""
    value = int(getattr(question.profile, field)) // 2
    while value >= fewest:
        found = sum_up(_with(question, **{field: value}))
        if found is None or found.demand.total >= asked.demand.total:
            return None
        if found.fits:
            return value
        value //= 2
    return None


def _most_chats(question: FitQuestion, asked: Sum) -> int | None:
    """How many chats at once fit at this context, if fewer than asked for; None if not even one."""
    chats = asked.pool.requests(asked.cache_room, question.context)
    return chats if 0 < chats < question.concurrency else None


def _longest_context(question: FitQuestion, asked: Sum) -> int | None:
    most = asked.pool.longest_context(asked.cache_room, question.concurrency, question.context - 1)
    tokens = most // _BLOCK * _BLOCK
    return tokens if tokens >= SHORTEST_CONTEXT else None


def _in_four_bits(question: FitQuestion) -> FitQuestion:
    """As the config of its quantized version would have it, whose files are not there yet."""
    facts = replace(question.facts, quantization=_FOUR_BITS)
    return replace(question, facts=facts, tensors=(), listing=None)


def _offloads(question: FitQuestion, asked: Sum) -> Iterator[_Candidate]:
    """As much as is missing, in half GiB, and no more than RAM and the model's layers have."""
    if question.cpu:
        return
    steps = math.ceil(asked.short_by / GIB / _OFFLOAD_STEP)
    gib = question.profile.cpu_offload_gib + steps * _OFFLOAD_STEP
    if gib * GIB > asked.weights.layers:
        return
    everywhere = gib * GIB * question.profile.tensor_parallel_size
    if question.ram_free is not None and everywhere > question.ram_free:
        return
    if gib <= 2048:
        yield ChangeKind.OFFLOAD, _with(question, cpu_offload_gib=gib), gib
