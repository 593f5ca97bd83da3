"""Calibration texts as chunks of tokens, each exactly as long as the backend takes them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from desktop_llm.quantize.worker.failures import source_unreadable, too_little_text

SMALLEST_SAMPLES = 8
_POOL = 8  # as many times the samples are cut at most, to choose among


def read_texts(path: Path) -> Iterator[str]:
    """The texts of a JSONL file with a ``{"text": …}`` a line."""
    try:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                yield json.loads(line)["text"]
    except OSError as error:
        raise source_unreadable(error) from error


def chunk(
    texts: Iterable[str],
    encode: Callable[[str], Sequence[int]],
    *,
    samples: int,
    length: int,
    end: int | None = None,
    seed: int = 0,
) -> list[list[int]]:
    """At most `samples` chunks of `length` tokens, the same ones for the same `seed`.

    The texts are joined, with the token `end` after each, and cut: only what is left at the very
    end is dropped. Where there are more chunks than asked for they come from all over the texts.
    Raises JobFailedError too_little_text for fewer than SMALLEST_SAMPLES, or than `samples` if
    that is less.
    """
    chunks: list[list[int]] = []
    pending: list[int] = []
    for text in texts:
        tokens = encode(text)
        pending += tokens
        if tokens and end is not None and tokens[-1] != end:
            pending.append(end)
        whole = len(pending) // length * length
        chunks += [pending[begin : begin + length] for begin in range(0, whole, length)]
        del pending[:whole]
        if len(chunks) >= _POOL * samples:
            break
    fewest = min(SMALLEST_SAMPLES, samples)
    if len(chunks) < fewest:
        raise too_little_text(len(chunks) * length + len(pending), fewest * length)
    if len(chunks) > samples:
        chosen = sorted(random.Random(seed).sample(range(len(chunks)), samples))
        chunks = [chunks[number] for number in chosen]
    return chunks
