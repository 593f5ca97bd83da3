"""Whether a model fits: the sum, the verdict, and changes that really make it fit."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.config.profiles import KvCacheShare, KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError
from desktop_llm.core.memory import MemoryHolder
from desktop_llm.core.units import GIB, KIB, MIB
from desktop_llm.models.config_facts import Quantization
from desktop_llm.models.demand import Part
from desktop_llm.models.device_memory import DeviceMemory
from desktop_llm.models.fit_changes import ChangeKind, FitChange
from desktop_llm.models.fit_question import FitQuestion, Shortfall, sum_up
from desktop_llm.models.fit_report import FitReport, Verdict, assess, report_on
from desktop_llm.models.fit_sentences import (
    asked_sentence,
    basis_sentence,
    change_sentence,
    part_name,
    room_sentences,
    verdict_sentence,
)
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.weight_memory import WeightSource
from desktop_llm.models.weights import TensorFacts
from tests.helpers.model_folders import LLAMA_3_8B, make_model, write_json
from tests.models.published import PUBLISHED

CARD = DeviceMemory(24 * GIB, 24 * GIB)
WEIGHTS = 8_030_261_248 * 2
LLAMA = LLAMA_3_8B | {"intermediate_size": 14336}


@cache
def facts_of(name: str) -> ModelFacts:
    """The facts of a published model's config alone."""
    config = next(model.config for model in PUBLISHED if model.name == name)
    with TemporaryDirectory() as folder:
        write_json(Path(folder) / "config.json", {"max_position_embeddings": 131072} | config)
        return inspect_folder(Path(folder))


def llama(
    memory: DeviceMemory = CARD,
    profile: LoadProfile | None = None,
    context: int = 8192,
    concurrency: int = 1,
) -> FitQuestion:
    return FitQuestion(
        facts_of("Llama-3-8B"), profile or LoadProfile(), memory, context, concurrency
    )


def change(report: FitReport, kind: ChangeKind) -> FitChange:
    return next(change for change in report.changes if change.kind is kind)


def applied(question: FitQuestion, change: FitChange) -> FitQuestion:
    """The question after `change`, as the window would ask it again."""
    if change.profile is None:
        four_bits = replace(question.facts, quantization=Quantization("awq", 4, 128))
        question = replace(question, facts=four_bits, tensors=(), listing=None)
    profile = change.profile or question.profile
    return replace(
        question, profile=profile, context=change.context, concurrency=change.concurrency
    )


def test_that_a_model_that_fits_says_so_with_its_sum() -> None:
    report = report_on(llama())
    assert report.verdict is Verdict.FITS
    assert report.changes == ()
    rows = {row.part: row.bytes for row in report.rows}
    assert rows[Part.WEIGHTS] == WEIGHTS
    assert rows[Part.KV_CACHE] == (8192 + 16) * 128 * KIB
    assert sum(rows.values()) == report.total <= report.available < CARD.total
    assert report.kv_cache_tokens == 8192 + 16


def test_that_what_makes_it_fit_is_told() -> None:
    report = report_on(llama(context=131072))
    assert report.verdict is Verdict.FITS_WITH_CHANGE
    assert report.shortfall is Shortfall.KV_CACHE
    kinds = [change.kind for change in report.changes]
    assert ChangeKind.CONTEXT in kinds
    assert ChangeKind.CONCURRENCY not in kinds  # one chat is the fewest
    shorter = change(report, ChangeKind.CONTEXT)
    assert shorter.profile is not None
    assert shorter.profile.context_length == shorter.context
    assert 16_000 < shorter.context < 60_000

    many = report_on(llama(concurrency=12))
    fewer = change(many, ChangeKind.CONCURRENCY)
    assert 1 < fewer.concurrency < 12
    assert change(many, ChangeKind.OFFLOAD).profile is not None


def test_that_nothing_helps_a_model_far_too_large() -> None:
    question = FitQuestion(facts_of("DeepSeek-V3"), LoadProfile(), CARD, 4096, ram_free=64 * GIB)
    report = report_on(question)
    assert report.verdict is Verdict.DOES_NOT_FIT
    assert report.shortfall is Shortfall.WEIGHTS
    assert report.short_by > 1000 * GIB


def test_that_the_model_to_be_unloaded_and_other_programs_count() -> None:
    """The commonest wrong estimate: the model that makes room, and a desktop that holds some."""
    busy = DeviceMemory(24 * GIB, 4 * GIB)
    alone = report_on(llama(busy))
    assert alone.verdict is Verdict.DOES_NOT_FIT or alone.changes
    assert alone.held_by_others == 20 * GIB
    following = report_on(
        replace(llama(busy), given_back=18 * GIB, others=(MemoryHolder(7, "blender", 2 * GIB),))
    )
    assert following.verdict is Verdict.FITS
    assert following.held_by_others == 2 * GIB
    assert any("blender" in text for text in room_sentences(following))


def test_that_a_profile_which_sets_the_cache_is_taken_at_its_word() -> None:
    small = report_on(llama(profile=LoadProfile(kv_cache=KvCacheSize(gib=0.5))))
    assert small.shortfall is Shortfall.CACHE_SIZE
    assert change(small, ChangeKind.KV_CACHE_AUTO).profile is not None
    share = LoadProfile(kv_cache=KvCacheShare(share=0.92))
    held = report_on(llama(DeviceMemory(24 * GIB, 21 * GIB), share))
    assert held.shortfall is Shortfall.SHARE_NOT_FREE
    assert [each.kind for each in held.changes] == [ChangeKind.KV_CACHE_AUTO, ChangeKind.SHARE]
    lower = change(held, ChangeKind.SHARE)
    assert lower.profile is not None
    assert lower.profile.kv_cache == KvCacheShare(share=0.86), "21 of 24 GiB, less a margin"
    assert change_sentence(lower) == "Ask for 86 % of the memory, for others hold the rest."
    assert report_on(applied(held.question, lower)).verdict is Verdict.FITS
    large = report_on(llama(profile=LoadProfile(kv_cache=KvCacheSize(gib=4))))
    assert large.sum.demand.of(Part.KV_CACHE) == 4 * GIB


def test_that_smaller_steps_help_where_activations_are_too_much() -> None:
    large_steps = LoadProfile(max_batched_tokens=65536, max_sequences=64)
    question = llama(profile=large_steps)
    smaller = change(report_on(question), ChangeKind.BATCHED_TOKENS)
    assert smaller.profile is not None
    assert 512 <= smaller.profile.max_batched_tokens < 65536
    assert report_on(applied(question, smaller)).verdict is Verdict.FITS

    crowded = llama(profile=LoadProfile(max_batched_tokens=1024, max_sequences=1024))
    room = report_on(crowded).total - 512 * MIB
    memory = DeviceMemory(24 * GIB, room + GIB // 4)
    fewer = change(report_on(replace(crowded, memory=memory)), ChangeKind.SEQUENCES)
    assert fewer.profile is not None
    assert 1 <= fewer.profile.max_sequences < 1024
    assert report_on(applied(replace(crowded, memory=memory), fewer)).verdict is Verdict.FITS


@pytest.mark.parametrize(
    ("card", "offered"), [(None, True), ((7, 5), False), ((8, 6), False), ((8, 9), True)]
)
def test_that_an_fp8_cache_is_offered_on_cards_that_surely_can_keep_one(
    card: tuple[int, int] | None, offered: bool
) -> None:
    report = report_on(replace(llama(context=50_000), compute_capability=card))
    assert (ChangeKind.KV_DTYPE in [each.kind for each in report.changes]) is offered


def test_that_the_cpu_build_leaves_the_desktop_its_ram() -> None:
    ram = DeviceMemory(32 * GIB, 20 * GIB)
    report = report_on(replace(llama(ram, context=65536), cpu=True))
    assert report.shortfall is Shortfall.KV_CACHE
    assert not any(each.kind is ChangeKind.OFFLOAD for each in report.changes)
    assert not any(each.kind is ChangeKind.FP8_WEIGHTS for each in report.changes)


def test_that_a_folder_is_counted_from_its_headers_and_a_listing_from_its_sizes(
    tmp_path: Path,
) -> None:
    folder = inspect_folder(make_model(tmp_path / "m", LLAMA))
    report = assess(folder, LoadProfile(), CARD, cpu=False)
    assert report.weights_from is WeightSource.HEADERS
    assert report.sum.demand.of(Part.WEIGHTS) == 8 * 4 * 2 + 16 * 2  # float32 becomes 16 bits

    listing = {"model-00001.safetensors": 9 * GIB, "model-00002.safetensors": 6 * GIB}
    hub = assess(facts_of("Llama-3-8B"), LoadProfile(), CARD, cpu=False, listing=listing)
    assert hub.weights_from is WeightSource.LISTING
    assert hub.sum.demand.of(Part.WEIGHTS) == 15 * GIB


def test_that_what_cannot_be_told_is_said(tmp_path: Path) -> None:
    strange = inspect_folder(make_model(tmp_path / "m", {"model_type": "strange"}))
    with pytest.raises(AppError) as unknown:
        assess(strange, LoadProfile(), CARD, cpu=False)
    assert unknown.value.code == "fit.unknown_shape"
    with pytest.raises(AppError) as long:
        assess(facts_of("Llama-3-8B"), LoadProfile(), CARD, cpu=False, context=200_000)
    assert long.value.code == "model.context_too_long"


def test_that_everything_has_a_sentence() -> None:
    for question in (llama(), llama(context=131072, concurrency=3), llama(DeviceMemory(1, 1))):
        report = report_on(question)
        assert "fit" in verdict_sentence(report)
        assert asked_sentence(report)
        assert basis_sentence(report)
        assert all(part_name(row.part) for row in report.rows)
        assert all(change_sentence(each).endswith(".") for each in report.changes)


questions = st.builds(
    lambda name, free, context, concurrency, cpu, ram: FitQuestion(
        facts_of(name),
        LoadProfile(),
        DeviceMemory(80 * GIB, free * MIB),
        context,
        concurrency,
        cpu=cpu,
        ram_free=None if cpu else ram * GIB,
    ),
    st.sampled_from(
        ["Llama-3-8B", "Gemma-3-1B", "Mistral-7B-v0.1", "DeepSeek-V2-Lite", "Qwen3-Next-80B-A3B",
         "gpt-oss-20b", "Qwen2.5-0.5B"]
    ),
    st.integers(1, 80 * 1024),
    st.integers(256, 131072),
    st.integers(1, 64),
    st.booleans(),
    st.integers(0, 256),
)  # fmt: skip


@given(questions)
def test_that_a_proposed_change_really_makes_it_fit(question: FitQuestion) -> None:
    report = report_on(question)
    for proposed in report.changes:
        assert not report.sum.fits
        again = report_on(applied(question, proposed))
        assert again.verdict is Verdict.FITS, proposed
        assert proposed.gives > 0


@given(questions)
def test_that_the_sum_adds_up_and_decides(question: FitQuestion) -> None:
    report = report_on(question)
    assert sum(row.bytes for row in report.rows) == report.total
    assert (report.short_by == 0) == report.sum.fits
    if report.sum.fits:
        assert report.total <= report.available <= question.memory.free


@given(questions, st.integers(1, 50_000), st.integers(1, 20))
def test_that_more_never_takes_less(question: FitQuestion, tokens: int, chats: int) -> None:
    base, longer, more = (
        sum_up(asked)
        for asked in (
            question,
            replace(question, context=question.context + tokens),
            replace(question, concurrency=question.concurrency + chats),
        )
    )
    assert base is not None
    assert longer is not None
    assert more is not None
    assert longer.demand.total >= base.demand.total
    assert more.demand.total > base.demand.total


def test_that_tensors_are_counted_once_and_other_ones_anew() -> None:
    one = TensorFacts("model.layers.0.mlp.up_proj.weight", "BF16", (1024, 1024), 2 << 20)
    question = replace(llama(), tensors=(one,))
    held = report_on(question).sum.weights.held
    longer = replace(question, context=512)
    assert report_on(longer).sum.weights.held == held
    assert len(longer.counted) == 1, "the slider's sums share what was counted"
    assert report_on(replace(longer, tensors=(one, one))).sum.weights.held == 2 * held
