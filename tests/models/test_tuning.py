"""A profile from how somebody chats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.units import GIB, KIB
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.tuning import FEWEST_ANSWERS, Setting, percentile, tune
from tests.helpers.model_folders import make_model


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> ModelFacts:
    """Llama 3 8B with a long context: 128 KiB of KV cache a token."""
    folder = tmp_path_factory.mktemp("models") / "m"
    return inspect_folder(make_model(folder, max_position_embeddings=131072))


def test_that_the_percentile_is_a_value_that_occurred() -> None:
    assert percentile(list(range(1, 101))) == 95
    assert percentile([7]) == 7
    assert percentile([1, 2, 3]) == 3


def test_that_short_chats_get_a_short_context_and_what_it_spares(facts: ModelFacts) -> None:
    lengths = [(1200, 300)] * 99 + [(60_000, 4000)]
    tuning = tune(lengths, facts, LoadProfile(), cpu=False, chats=4)
    assert tuning is not None
    assert (tuning.prompt_tokens, tuning.answer_tokens) == (1200, 300)
    assert tuning.covered == 0.99
    assert tuning.profile.context_length == 2048
    assert tuning.profile.max_batched_tokens == 2048
    assert tuning.profile.kv_cache == KvCacheSize(gib=1.25)  # four chats and a block
    by_setting = {each.setting: each for each in tuning.proposals}
    assert by_setting[Setting.CONTEXT].before == 131072
    assert "15.8 GiB" in by_setting[Setting.CONTEXT].text
    assert "spared" in by_setting[Setting.BATCHED_TOKENS].text
    assert "4 chats at 2,048 tokens each" in by_setting[Setting.KV_CACHE].text


def test_that_long_prompts_get_fewer_steps(facts: ModelFacts) -> None:
    tuning = tune([(12_000, 800)] * 30, facts, LoadProfile(context_length=8192), cpu=False)
    assert tuning is not None
    assert tuning.profile.context_length == 12_800
    assert tuning.profile.max_batched_tokens == 12_288
    texts = {each.setting: each.text for each in tuning.proposals}
    assert "12,000 tokens: 1 instead of 3" in texts[Setting.BATCHED_TOKENS]
    assert "longer chats" in texts[Setting.CONTEXT]


def test_that_the_cache_is_no_larger_than_there_is_room_for(facts: ModelFacts) -> None:
    asked: list[LoadProfile] = []

    def room(changed: LoadProfile) -> int:
        asked.append(changed)
        return int(1.1 * GIB)

    lengths = [(3000, 500)] * 30  # 448 MiB and a block each
    tuning = tune(lengths, facts, LoadProfile(), cpu=False, chats=4, room=room)
    assert tuning is not None
    assert asked[0].context_length == tuning.profile.context_length == 3584
    assert tuning.profile.kv_cache == KvCacheSize(gib=1.0)
    assert "2 chats at 3,584 tokens each" in tuning.proposals[-1].text

    one = tune(lengths, facts, LoadProfile(), cpu=False, chats=4, room=lambda _: GIB // 2)
    assert one is not None
    assert "holds one chat at 3,584 tokens" in one.proposals[-1].text

    none = tune(lengths, facts, LoadProfile(), cpu=False, chats=4, room=lambda _: GIB // 8)
    assert none is not None
    assert Setting.KV_CACHE not in {each.setting for each in none.proposals}
    assert none.profile.kv_cache == LoadProfile().kv_cache


def test_that_too_few_answers_tell_nothing(facts: ModelFacts) -> None:
    assert tune([(10, 10)] * (FEWEST_ANSWERS - 1), facts, LoadProfile(), cpu=False) is None


def test_that_what_is_right_already_is_not_proposed(facts: ModelFacts) -> None:
    first = tune([(3000, 500)] * 30, facts, LoadProfile(), cpu=True)
    assert first is not None
    again = tune([(3000, 500)] * 30, facts, first.profile, cpu=True)
    assert again is not None
    assert again.proposals == ()
    assert again.profile == first.profile


@given(
    st.lists(st.tuples(st.integers(1, 200_000), st.integers(1, 50_000)), min_size=20, max_size=60),
    st.integers(1, 8),
    st.booleans(),
)
def test_that_the_cache_holds_the_chats_and_the_profile_is_valid(
    facts: ModelFacts, lengths: list[tuple[int, int]], chats: int, cpu: bool
) -> None:
    tuning = tune(lengths, facts, LoadProfile(), cpu=cpu, chats=chats)
    assert tuning is not None
    profile = LoadProfile.model_validate(tuning.profile.model_dump())
    assert profile.context_length is not None
    assert profile.context_length <= 131072
    assert isinstance(profile.kv_cache, KvCacheSize)
    assert profile.kv_cache.gib * GIB >= profile.context_length * chats * 128 * KIB
