"""What is asked of a model before and after it is quantized, and what the two answers tell.

Pure functions; any thread.
"""

from __future__ import annotations

import math

from desktop_llm.core.errors import Sentence, in_a_row, sentence
from desktop_llm.quantize.perplexity import Change, change
from desktop_llm.quantize.types import Measurement

# Asked of both models. Each shows another thing that too coarse weights lose.
PROMPTS = (
    "What can you do?",
    "Explain in three sentences what a KV cache is.",
    "A train leaves at 14:20 and arrives at 17:05. How long does the journey take? Show your work.",
    "Write a Python function that returns the n-th Fibonacci number, with a docstring.",
    "Translate into German: The weather was fine, so we walked to the lake.",
)
# As vLLM takes of a GPU by default; of RAM, where a desktop's other programs live too.
_VRAM_SHARE = 0.92
_RAM_SHARE = 0.75
# Nearer to one another than this, two figures are called alike: medians of a few runs differ by
# some percent anyway.
_ALIKE = 1.1
# Models to chat with have perplexities of 5 to 30 on prose; one this high guesses.
_STRANGE = 300


def memory_budget(total_bytes: int, *, cpu: bool) -> int:
    """What weights and KV cache may take together of a device's memory, in bytes.

    A share of the total, so that it is the same for every model and at any moment: what is free
    changes between two measurements, and would be taken for a difference of the models.
    """
    return int(total_bytes * (_RAM_SHARE if cpu else _VRAM_SHARE))


def kv_tokens_beside(
    weight_bytes: int, *, budget: int, kv_bytes: int, kv_tokens: int, block: int
) -> int:
    """How many tokens of KV cache `budget` bytes hold beside the weights, in whole blocks.

    `kv_tokens` is what vLLM reported of a cache of `kv_bytes`. The engine's own needs, which are
    the same for both models, are not taken off.
    """
    left = max(budget - weight_bytes, 0)
    return left * kv_tokens // kv_bytes // block * block


def verdict(before: Measurement, after: Measurement) -> Sentence:
    """What quantizing cost and gained, as far as both measurements tell; may be empty.

    A difference of perplexity is measured on the same windows of text, and set against the
    standard error of just that difference. Ratios are rounded down.
    """
    quality = in_a_row(_quality(before, after), _strange_text(before, after))
    return in_a_row(quality, _size(before, after), *_speed(before, after))


def _quality(before: Measurement, after: Measurement) -> str:
    if before.perplexity is None or after.perplexity is None:
        return ""
    if before.tokens_digest != after.tokens_digest or before.tokens_scored != after.tokens_scored:
        return sentence(
            "The perplexities cannot be compared: the two models split the text into other tokens."
        )
    found = change(before.window_losses, after.window_losses) or _unpaired(before, after)
    difference = after.perplexity - before.perplexity
    percent = abs(difference) / before.perplexity * 100
    if percent < 0.05:
        return sentence("Perplexity stays at {value}.", value=_figure(after.perplexity))
    given = {"points": _figure(abs(difference)), "percent": f"{percent:.1f}"}
    distance = abs(found.ratio - 1)
    if found.error is None:
        rises = sentence(
            "Perplexity rises by {points} ({percent} %), on too little text to rule out chance.",
            **given,
        )
        falls = sentence(
            "Perplexity falls by {points} ({percent} %), on too little text to rule out chance.",
            **given,
        )
    elif distance <= found.error:
        rises = sentence(
            "Perplexity rises by {points} ({percent} %), within its standard error.", **given
        )
        falls = sentence(
            "Perplexity falls by {points} ({percent} %), within its standard error.", **given
        )
    elif distance <= 2 * found.error:
        rises = sentence(
            "Perplexity rises by {points} ({percent} %), within twice its standard error.", **given
        )
        falls = sentence(
            "Perplexity falls by {points} ({percent} %), within twice its standard error.", **given
        )
    else:
        rises = sentence("Perplexity rises by {points} ({percent} %).", **given)
        falls = sentence("Perplexity falls by {points} ({percent} %).", **given)
    return rises if difference > 0 else falls


def _strange_text(before: Measurement, after: Measurement) -> str:
    if before.perplexity is None or after.perplexity is None or before.perplexity < _STRANGE:
        return ""
    return sentence("The original hardly knows this kind of text, so that says little.")


def _unpaired(before: Measurement, after: Measurement) -> Change:
    """From the two perplexities and their errors alone; larger than the paired error."""
    assert before.perplexity is not None
    assert after.perplexity is not None
    ratio = after.perplexity / before.perplexity
    if before.perplexity_error is None or after.perplexity_error is None:
        return Change(ratio, None)
    relative = math.hypot(
        before.perplexity_error / before.perplexity, after.perplexity_error / after.perplexity
    )
    return Change(ratio, ratio * relative)


def _size(before: Measurement, after: Measurement) -> str:
    ratio = _ratio(before.disk_bytes, after.disk_bytes)
    if ratio is None:
        return ""
    if ratio >= _ALIKE:
        return sentence("The model is {ratio}× smaller.", ratio=_down(ratio))
    if ratio <= 1 / _ALIKE:
        return sentence("The model is {ratio}× larger.", ratio=_down(1 / ratio))
    return sentence("The model is about as large.")


def _speed(before: Measurement, after: Measurement) -> list[str]:
    """At one stream; at sixteen too where that points another way."""
    one = _ratio(after.tokens_per_s, before.tokens_per_s)
    many = _ratio(after.tokens_per_s_16, before.tokens_per_s_16)
    said = []
    if one is not None:
        if one >= _ALIKE:
            said.append(sentence("It answers {ratio}× faster.", ratio=_down(one)))
        elif one <= 1 / _ALIKE:
            said.append(sentence("It answers {ratio}× slower.", ratio=_down(1 / one)))
        else:
            said.append(sentence("It answers about as fast."))
    if many is not None and (one is None or _direction(one) != _direction(many)):
        if many >= _ALIKE:
            said.append(sentence("16 answers at once come {ratio}× faster.", ratio=_down(many)))
        elif many <= 1 / _ALIKE:
            said.append(sentence("16 answers at once come {ratio}× slower.", ratio=_down(1 / many)))
        else:
            said.append(sentence("16 answers at once come about as fast."))
    return list(said)


def _direction(ratio: float) -> int:
    return (ratio >= _ALIKE) - (ratio <= 1 / _ALIKE)


def _ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def _down(ratio: float) -> str:
    """With one decimal, never more than it is."""
    return f"{math.floor(ratio * 10) / 10:.1f}"


def _figure(value: float) -> str:
    """Two decimals, or two digits of what would have none of them."""
    return f"{value:,.2f}" if value >= 0.1 else f"{value:.2g}"
