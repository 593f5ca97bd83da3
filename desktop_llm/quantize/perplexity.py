"""How well a model predicts text: windows of it, their losses, perplexity with its error.

Pure functions; any thread.
"""

from __future__ import annotations

import hashlib
import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop_llm.core.errors import AppError, sentence

Loss = tuple[float, int]
"""A window's negative log-likelihood in nats, and how many tokens it is of."""


@dataclass(frozen=True)
class Perplexity:
    """`error` is its standard error over windows; None where one window cannot tell."""

    value: float
    error: float | None
    tokens: int


@dataclass(frozen=True)
class Change:
    """From one model's perplexity to another's on the same text: `ratio` − 1 is the relative rise.

    `error` is the standard error of `ratio`; None where it cannot be told.
    """

    ratio: float
    error: float | None


def prefix_of(plain: Sequence[int], special: Sequence[int]) -> tuple[int, ...]:
    """The tokens a tokenizer puts before a text, from one with and without special tokens."""
    for start in range(len(special) - len(plain) + 1):
        if list(special[start : start + len(plain)]) == list(plain):
            return tuple(special[:start])
    return ()


def cut(
    texts: Iterable[Sequence[int]], prefix: Sequence[int], length: int, most_tokens: int
) -> list[tuple[int, ...]]:
    """Windows of at most `length` tokens: `prefix`, then a piece of one text each.

    No window reaches over the end of a text, and every token that has one before it is scored
    once. Of more than `most_tokens` together, windows are left out evenly over all texts, the same
    ones each time.
    """
    step = length - len(prefix)
    if step < 2:
        raise ValueError(f"Windows of {length} tokens are too short")
    windows = [
        (*prefix, *text[start : start + step])
        for text in texts
        for start in range(0, len(text), step)
        if scored_tokens(len(prefix) + len(text[start : start + step]), len(prefix))
    ]
    kept = len(windows) * most_tokens // max(sum(map(len, windows)), 1)
    if kept >= len(windows):
        return windows
    kept = max(kept, 1)
    return [windows[place * len(windows) // kept] for place in range(kept)]


def scored_tokens(length: int, prefix: int) -> int:
    """How many tokens of a window of `length` are scored: a `prefix`, or the first, is given."""
    return max(length - max(prefix, 1), 0)


def loss(logprobs: Sequence[float], prefix: int) -> Loss:
    """Of a window's `logprobs`, which are those of each token but the first."""
    counted = logprobs[max(prefix, 1) - 1 :]
    return -math.fsum(counted), len(counted)


def digest(windows: Iterable[Sequence[int]]) -> str:
    """Tells windows of other tokens apart."""
    state = hashlib.sha256()
    for window in windows:
        state.update(array("q", [len(window), *window]).tobytes())
    return state.hexdigest()


def perplexity(losses: Sequence[Loss]) -> Perplexity:
    """exp of the mean negative log-likelihood a token, with its standard error over windows.

    Tokens of one window depend on one another, so windows are what is sampled. The mean is a
    ratio of two sums over windows, nats to tokens; its variance is that of Cochran, Sampling
    Techniques (3rd ed., 1977, chapter 6, ratio estimators), n/(n−1) Σ(Sᵢ − m Tᵢ)² / (ΣTᵢ)², and
    the error of its exponential by the delta method, perplexity × error of the mean.

    Raises AppError ``quantize.broken_weights`` where that is no finite number.
    """
    mean, error = _mean(losses)
    try:
        value = math.exp(mean)
    except OverflowError:
        value = math.inf
    if not math.isfinite(value):
        raise AppError(
            "quantize.broken_weights",
            sentence("The model gives no usable probabilities: its weights are damaged."),
            sentence(
                "If it was just quantized, leave more modules out or choose the smaller group size "
                "or another method. Else get the model again."
            ),
            detail=f"mean negative log-likelihood: {mean}",
        )
    return Perplexity(
        value, None if error is None else value * error, sum(tokens for _, tokens in losses)
    )


def change(before: Sequence[Loss], after: Sequence[Loss]) -> Change | None:
    """From `before` to `after`, window by window; None where they are not of the same windows.

    Of each window the difference is taken, so that what makes both models find a window hard falls
    out: such paired differences are far more certain than the two perplexities.
    """
    if not before or [tokens for _, tokens in before] != [tokens for _, tokens in after]:
        return None
    differences = [
        (later - earlier, tokens)
        for (earlier, tokens), (later, _) in zip(before, after, strict=True)
    ]
    mean, error = _mean(differences)
    ratio = math.exp(min(mean, 700))
    return Change(ratio, None if error is None else ratio * error)


def _mean(losses: Sequence[Loss]) -> tuple[float, float | None]:
    """The mean of a token, and its standard error over windows."""
    tokens = sum(count for _, count in losses)
    if not tokens:
        raise ValueError("No token was scored")
    mean = math.fsum(nats for nats, _ in losses) / tokens
    windows = len(losses)
    if windows < 2:
        return mean, None
    squares = math.fsum((nats - mean * count) ** 2 for nats, count in losses)
    return mean, math.sqrt(squares * windows / (windows - 1)) / tokens
