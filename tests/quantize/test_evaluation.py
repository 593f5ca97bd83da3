"""The verdict says what the figures support, and no more."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.core.errors import Sentence
from desktop_llm.core.units import GIB
from desktop_llm.quantize.evaluation import kv_tokens_beside, memory_budget, verdict
from desktop_llm.quantize.perplexity import perplexity
from desktop_llm.quantize.types import Measurement

BEFORE = Measurement(disk_bytes=310, tokens_per_s=100.0, tokens_per_s_16=800.0)


def scored(measurement: Measurement, means: list[float], digest: str = "same") -> Measurement:
    """With windows of 100 tokens that have these mean losses."""
    losses = tuple((mean * 100, 100) for mean in means)
    found = perplexity(losses)
    return replace(
        measurement,
        perplexity=found.value,
        perplexity_error=found.error,
        tokens_scored=found.tokens,
        tokens_digest=digest,
        window_losses=losses,
    )


def quality(before: list[float], after: list[float]) -> str:
    plain = Measurement(disk_bytes=0)
    return verdict(scored(plain, before), scored(plain, after))


def test_that_all_is_said_in_sentences_that_can_be_translated() -> None:
    before = scored(BEFORE, [2.0, 2.2, 1.9, 2.1])
    after = scored(
        replace(BEFORE, disk_bytes=100, tokens_per_s=180.0, tokens_per_s_16=700.0),
        [2.02, 2.24, 1.91, 2.13],
    )
    said = verdict(before, after)
    assert isinstance(said, Sentence)
    assert said == (
        "Perplexity rises by 0.20 (2.5 %). The model is 3.1× smaller. It answers 1.8× faster. "
        "16 answers at once come 1.1× slower."
    )
    assert all(isinstance(part, Sentence) for part in parts(before, after))


def parts(before: Measurement, after: Measurement) -> list[object]:
    from desktop_llm.quantize import evaluation

    return [
        evaluation._quality(before, after),
        evaluation._size(before, after),
        *evaluation._speed(before, after),
    ]


def test_that_a_difference_like_chance_is_called_so() -> None:
    base = [2.0, 2.2, 1.9, 2.1]
    assert quality(base, [2.1, 2.1, 1.99, 2.02]).endswith("within its standard error.")
    near = quality(base, [2.1, 2.19, 1.99, 2.12])
    assert near.endswith("within twice its standard error.")
    assert quality(base, base) == "Perplexity stays at 7.77."
    assert quality(base, [m - 0.01 for m in base]) == "Perplexity falls by 0.077 (1.0 %)."


def test_that_one_window_rules_nothing_out() -> None:
    assert quality([2.0], [2.1]).endswith("on too little text to rule out chance.")
    assert quality([2.1], [2.0]).startswith("Perplexity falls")


def test_that_text_the_original_does_not_know_is_told_to_say_little() -> None:
    assert quality([8.9, 9.1], [8.6, 8.8]).endswith(
        "The original hardly knows this kind of text, so that says little."
    )
    assert "hardly" not in quality([2.0, 2.2], [2.1, 2.3])


def test_that_other_tokens_are_not_compared() -> None:
    plain = Measurement(disk_bytes=0)
    said = verdict(scored(plain, [2.0, 2.1]), scored(plain, [2.0, 2.1], "other"))
    assert said.startswith("The perplexities cannot be compared")


def test_that_without_the_windows_the_errors_of_both_count() -> None:
    """What differs less than the two errors together is not told from chance."""
    base = [2.0, 2.4, 1.7, 2.1]
    before, after = (
        replace(scored(Measurement(disk_bytes=0), means), window_losses=())
        for means in (base, [mean + 0.01 for mean in base])
    )
    assert verdict(before, after).endswith("within its standard error.")


def test_that_what_was_not_measured_is_not_told() -> None:
    nothing = Measurement(disk_bytes=0)
    assert verdict(nothing, nothing) == ""
    assert verdict(BEFORE, nothing) == ""
    assert verdict(replace(BEFORE, tokens_per_s_16=None), BEFORE) == (
        "The model is about as large. It answers about as fast."
    )


@given(st.floats(1, 1e6), st.floats(1, 1e6))
def test_that_no_ratio_is_told_larger_than_it_is(before: float, after: float) -> None:
    said = verdict(
        Measurement(disk_bytes=0, tokens_per_s=before),
        Measurement(disk_bytes=0, tokens_per_s=after),
    )
    faster = max(before, after) / min(before, after)
    if (found := re.search(r"([\d.]+)×", said)) is None:
        assert faster < 1.1 + 1e-9
        assert said == "It answers about as fast."
    else:
        assert float(found[1]) + 1e-9 >= 1.1
        assert float(found[1]) <= faster + 1e-9
        assert ("faster" in said) == (after > before)


@given(st.lists(st.floats(0.5, 4), min_size=2, max_size=20), st.data())
def test_that_the_direction_is_never_wrong(before: list[float], data: st.DataObject) -> None:
    after = data.draw(st.lists(st.floats(0.5, 4), min_size=len(before), max_size=len(before)))
    said = quality(before, after)
    difference = math.fsum(after) - math.fsum(before)
    if "rises" in said:
        assert difference > 0
    elif "falls" in said:
        assert difference < 0
    else:
        assert abs(math.expm1(difference / len(before))) < 0.0006


class TestKvTokens:
    @given(
        st.integers(0, 200 * GIB), st.integers(1, 200 * GIB), st.integers(1, 64), st.integers(1, 99)
    )
    def test_that_weights_and_cache_stay_within_the_budget(
        self, weights: int, budget: int, blocks: int, per_token: int
    ) -> None:
        block = 16
        tokens = kv_tokens_beside(
            weights,
            budget=budget,
            kv_bytes=blocks * block * per_token,
            kv_tokens=blocks * block,
            block=block,
        )
        assert tokens % block == 0
        assert tokens == 0 or weights + tokens * per_token <= budget
        assert weights + (tokens + block) * per_token > budget

    def test_that_smaller_weights_leave_room_for_more(self) -> None:
        """Llama-3-8B, 128 KiB a token, on a card of 24 GiB: 16-bit weights, and 4-bit ones."""
        budget = memory_budget(24 * GIB, cpu=False)
        given = {"budget": budget, "kv_bytes": GIB, "kv_tokens": 8192, "block": 16}
        assert kv_tokens_beside(16 * 10**9, **given) == 58_800
        assert kv_tokens_beside(57 * 10**8, **given) == 137_376

    @pytest.mark.parametrize("cpu", [True, False])
    def test_that_something_is_left_to_others(self, cpu: bool) -> None:
        assert 0.5 * GIB < memory_budget(GIB, cpu=cpu) < GIB
