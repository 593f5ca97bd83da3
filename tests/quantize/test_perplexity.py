"""Windows, losses, perplexity and its error: pure arithmetic."""

from __future__ import annotations

import itertools
import math
import random
import statistics

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from desktop_llm.core.errors import AppError
from desktop_llm.quantize.perplexity import (
    Loss,
    change,
    cut,
    digest,
    loss,
    perplexity,
    prefix_of,
    scored_tokens,
)

tokens = st.integers(0, 50)
texts = st.lists(st.lists(tokens, max_size=60), max_size=6)
prefixes = st.lists(st.integers(100, 103), max_size=2)
losses = st.lists(
    st.tuples(st.floats(0, 5_000), st.integers(1, 511)).map(
        lambda of: (min(of[0], of[1] * 9), of[1])
    ),
    min_size=2,
    max_size=40,
)


class TestWindows:
    @given(texts, prefixes, st.integers(4, 40))
    def test_that_every_token_with_one_before_it_is_scored_once(
        self, given_texts: list[list[int]], prefix: list[int], length: int
    ) -> None:
        windows = cut(given_texts, prefix, length, 10**9)
        assert all(len(window) <= length for window in windows)
        assert all(list(window[: len(prefix)]) == prefix for window in windows)
        step = length - len(prefix)
        alone = 0 if prefix else 1  # the first token of a window has nothing before it
        scored = sum(scored_tokens(len(window), len(prefix)) for window in windows)
        pieces = [
            text[start : start + step]
            for text in given_texts
            for start in range(0, len(text), step)
        ]
        assert scored == sum(max(len(piece) - alone, 0) for piece in pieces)
        kept = [piece for piece in pieces if len(piece) > alone]
        assert [list(window[len(prefix) :]) for window in windows] == kept

    @given(st.integers(1, 5_000), st.integers(1, 200))
    def test_that_too_many_windows_are_thinned_out_evenly(self, most: int, count: int) -> None:
        text = list(range(count * 10))
        windows = cut([text], [], 10, most)
        assert len(windows) == min(max(most // 10, 1), count)
        starts = [window[0] for window in windows]
        gaps = [later - earlier for earlier, later in itertools.pairwise(starts)]
        assert max(gaps, default=0) - min(gaps, default=0) <= 10
        assert windows == cut([text], [], 10, most)

    def test_that_a_window_without_room_is_no_window(self) -> None:
        with pytest.raises(ValueError, match="too short"):
            cut([[1, 2, 3]], [9, 9], 3, 100)

    @given(st.lists(tokens, min_size=1, max_size=8), prefixes, st.lists(st.integers(200, 201)))
    def test_that_the_prefix_is_what_comes_before_the_text(
        self, plain: list[int], before: list[int], after: list[int]
    ) -> None:
        assert prefix_of(plain, [*before, *plain, *after]) == tuple(before)

    def test_that_a_text_split_otherwise_with_special_tokens_has_no_prefix(self) -> None:
        assert prefix_of([5, 6], [1, 7, 6]) == ()

    def test_that_other_tokens_and_other_windows_have_other_digests(self) -> None:
        digests = {digest(w) for w in ([], [(1, 2)], [(1,), (2,)], [(2, 1)], [(1, 2), ()])}
        assert len(digests) == 5

    @given(st.lists(st.floats(-20, 0), min_size=1, max_size=30), st.integers(0, 3))
    def test_that_given_tokens_are_not_scored(self, logprobs: list[float], prefix: int) -> None:
        nats, count = loss(logprobs, prefix)
        assert count == scored_tokens(len(logprobs) + 1, prefix)
        assert nats == pytest.approx(-sum(logprobs[len(logprobs) - count :]), abs=1e-9)


class TestPerplexity:
    def test_that_a_coin_has_perplexity_two(self) -> None:
        found = perplexity([(math.log(2) * 7, 7), (math.log(2) * 3, 3)])
        assert found.value == pytest.approx(2)
        assert found.error == pytest.approx(0)
        assert found.tokens == 10

    @given(losses)
    def test_that_windows_of_one_length_have_the_textbook_error(self, given: list[Loss]) -> None:
        """The standard deviation of the windows' means over the root of their number."""
        equal = [(nats, 20) for nats, _ in given]
        means = [nats / 20 for nats, _ in equal]
        assume(statistics.fmean(means) < 100)
        found = perplexity(equal)
        expected = statistics.stdev(means) / math.sqrt(len(means))
        assert found.error is not None
        assert found.value == pytest.approx(math.exp(statistics.fmean(means)), rel=1e-9)
        assert found.error == pytest.approx(
            found.value * expected, rel=1e-6, abs=1e-9 * found.value
        )

    @given(losses, st.randoms(use_true_random=False))
    def test_that_the_order_of_windows_does_not_matter(
        self, given: list[Loss], rng: random.Random
    ) -> None:
        shuffled = list(given)
        rng.shuffle(shuffled)
        one, other = perplexity(given), perplexity(shuffled)
        assert one.value == pytest.approx(other.value)
        assert one.error == pytest.approx(other.error, rel=1e-6, abs=1e-9 * one.value)

    def test_that_the_error_is_that_of_texts_drawn_anew(self) -> None:
        """Windows of unequal lengths and of unequal difficulty, drawn a thousand times."""
        rng = random.Random(1)

        def text() -> list[Loss]:
            lengths = [rng.randint(20, 511) for _ in range(60)]
            return [(count * rng.gauss(2.0, 0.3), count) for count in lengths]

        drawn = [perplexity(text()) for _ in range(1000)]
        spread = statistics.stdev(found.value for found in drawn)
        told = statistics.fmean(found.error or 0 for found in drawn)
        assert told == pytest.approx(spread, rel=0.1)

    def test_that_one_window_tells_no_error(self) -> None:
        assert perplexity([(10.0, 5)]).error is None

    @pytest.mark.parametrize("nats", [math.nan, math.inf, 1e6])
    def test_that_damaged_weights_are_told(self, nats: float) -> None:
        with pytest.raises(AppError) as told:
            perplexity([(nats, 5), (1.0, 5)])
        assert told.value.code == "quantize.broken_weights"


class TestChange:
    @given(losses, st.floats(-0.5, 0.5))
    @example([(1.0, 1), (100.0, 50)], 0.01)
    def test_that_the_same_rise_everywhere_is_certain(self, given: list[Loss], rise: float) -> None:
        """However much the windows differ: each is compared with itself."""
        after = [(nats + rise * count, count) for nats, count in given]
        found = change(given, after)
        assert found is not None
        assert found.error is not None
        assert found.ratio == pytest.approx(math.exp(rise))
        assert found.error < 1e-6

    @given(losses, losses)
    def test_that_it_is_the_ratio_of_the_perplexities(
        self, given: list[Loss], other: list[Loss]
    ) -> None:
        after = [(other[i % len(other)][0], count) for i, (_, count) in enumerate(given)]
        assume(abs(sum(n for n, _ in after)) / sum(c for _, c in given) < 300)
        found = change(given, after)
        assert found is not None
        assert found.ratio == pytest.approx(
            perplexity(after).value / perplexity(given).value, rel=1e-6
        )

    @given(losses)
    def test_that_other_windows_are_not_compared(self, given: list[Loss]) -> None:
        assert change(given, given[:-1]) is None
        assert change(given, [(nats, count + 1) for nats, count in given]) is None
        assert change([], []) is None
