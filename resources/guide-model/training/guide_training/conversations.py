"""Packs questions and answers into the token sequences that the network is trained on.

Each sequence is one conversation of independent turns, so that the model learns to answer the last
question whatever came before. Labels mark the assistant's tokens.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from transformers import PreTrainedTokenizerFast

from guide_training.corpus import FALLBACK, Corpus, Entry
from guide_training.tokenizer import BOS, END, ROLES
from guide_training.wording import Asker

IGNORED = -100
# Sequence lengths and how often a batch has each. Short ones put most first questions at the very
# start of the context, where a person's first question is; long ones teach the far positions.
LENGTHS = {96: 0.3, 160: 0.4, 384: 0.2, 768: 0.06, 1792: 0.04}
TOKENS_PER_BATCH = 2048
FALLBACK_SHARE = 0.08
SYSTEM_SHARE = 0.35
# Which answer is meant is decided in its first tokens, so most answers are cut short, as if the
# person had pressed Stop: the same time then shows the network twice as many questions.
CUT_SHARE = 0.8
CUT_AT = 16


@dataclass(frozen=True)
class Batch:
    """Rows of equal length: token ids, and those of them that are answers (elsewhere IGNORED)."""

    tokens: list[list[int]]
    labels: list[list[int]]


class ConversationMaker:
    """Draws endless training batches; the same seed draws the same ones."""

    def __init__(self, corpus: Corpus, tokenizer: PreTrainedTokenizerFast, seed: int) -> None:
        self._rng = random.Random(seed)
        self._corpus = corpus
        self._tokenizer = tokenizer
        self._asker = Asker(corpus, self._rng)
        self._special = {t: tokenizer.convert_tokens_to_ids(t) for t in (BOS, END)}
        self._role = {r: tokenizer.convert_tokens_to_ids(t) for r, t in ROLES.items()}
        self._answers = {e.id: self._encode(e.answer) for e in corpus.entries}
        self._draw = self._entries()

    def batch(self) -> Batch:
        """The next batch of about TOKENS_PER_BATCH tokens."""
        length = self._rng.choices(list(LENGTHS), list(LENGTHS.values()))[0]
        rows = [self._conversation(length) for _ in range(max(1, TOKENS_PER_BATCH // length))]
        return Batch([r[0] for r in rows], [r[1] for r in rows])

    def _conversation(self, length: int) -> tuple[list[int], list[int]]:
        tokens = [self._special[BOS]]
        labels = [IGNORED]
        if self._rng.random() < SYSTEM_SHARE:
            system = self._message("system", self._rng.choice(self._corpus.system_messages))
            tokens += system
            labels += [IGNORED] * len(system)
        while len(tokens) < length:
            entry = next(self._draw)
            asked = self._message("user", self._asker.ask(entry))
            question = [*asked, self._role["assistant"]]
            answer = self._answers[entry.id]
            if self._rng.random() < CUT_SHARE and len(answer) > CUT_AT:
                answer = answer[: self._rng.randrange(CUT_AT // 2, CUT_AT)]
                ending = IGNORED
            else:
                ending = self._special[END]
            tokens += [*question, *answer, self._special[END]]
            labels += [*([IGNORED] * len(question)), *answer, ending]
        return tokens[:length], labels[:length]

    def _message(self, role: str, content: str) -> list[int]:
        space = " " if role == "user" else ""
        return [self._role[role], *self._encode(space + content.strip()), self._special[END]]

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _entries(self) -> Iterator[Entry]:
        """All entries in a new order each round, with FALLBACK_SHARE of off-topic questions."""
        fallback = next(e for e in self._corpus.entries if e.id == FALLBACK)
        extra = max(0, round(FALLBACK_SHARE * len(self._corpus.entries)) - 1)
        while True:
            deck = [*self._corpus.entries, *([fallback] * extra)]
            self._rng.shuffle(deck)
            yield from deck
