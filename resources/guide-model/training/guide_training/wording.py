"""Makes the many ways in which people ask for one answer, out of the few that are written down.

A question is one of the entry's wordings or one of its phrases in a frame ("how do I {}?"); it then
gets filler words, other words for the same, typos, and another case.
"""

from __future__ import annotations

import random
import re

from guide_training.corpus import FALLBACK, Corpus, Entry, normalize

FRAMED_SHARE = 0.65
# Off-topic questions may have any word at all in them: some get one that nobody wrote down.
INVENTED_SHARE = 0.25

_OPENINGS = (
    "hey, ", "hi, ", "hello, ", "please ", "ok, ", "ok so ", "um, ", "sorry, ", "so ", "and ",
    "quick question: ", "can you tell me: ", "could you tell me ", "i want to know ", "tell me, ",
    "hi there, ", "I was wondering, ", "just asking, ", "well, ", "now ", "one more thing: ",
)  # fmt: skip
_CLOSINGS = (
    " please", " thanks", " pls", "??", "?", "!", ".", "...", " please?", " thank you", " :)",
    " then", " exactly", " really", " again",
)  # fmt: skip

_OPENING_WORDS = tuple(normalize(opening).split() for opening in _OPENINGS)
_CLOSING_WORDS = tuple(words for closing in _CLOSINGS if (words := normalize(closing).split()))

# Each group's members may stand for one another. Longer phrases come first within a search.
_GROUPS = (
    ("how do i", "how can i", "how to", "how do you", "how does one", "how should i",
     "what is the way to", "what do i do to", "is there a way to", "i want to", "i need to",
     "i would like to", "help me"),
    ("what is", "what's", "whats", "what does this mean:", "explain", "define", "tell me about",
     "describe", "what exactly is", "what do you mean by", "meaning of", "can you explain"),
    ("what are", "explain", "tell me about", "what exactly are", "describe"),
    ("why is", "why's", "what makes", "how come"),
    ("where is", "where's", "where can i find", "where do i find", "in which place is"),
    ("where are", "where can i find", "where do i find"),
    ("can i", "may i", "is it possible to", "could i", "am i able to", "is there a way to"),
    ("does it", "does this", "does the app", "does this app", "does the program", "will it"),
    ("this app", "the app", "the program", "this program", "desktop llm", "this application",
     "this tool", "this software"),
    ("a model", "the model", "my model", "some model"),
    ("delete", "remove", "erase"),
    ("change", "set", "edit", "adjust", "modify"),
    ("raise", "increase", "make bigger"),
    ("lower", "reduce", "decrease"),
    ("picture", "image"),
    ("conversation", "chat"),
    ("graphics card", "gpu", "video card"),
    ("big", "large"),
    ("fast", "quick"),
    ("shortcut", "keyboard shortcut", "hotkey", "key combination"),
    ("reply", "answer", "response"),
    ("folder", "directory"),
    ("error", "error message"),
    ("won't", "does not", "doesn't", "will not"),
    ("show", "display"),
    ("computer", "pc", "machine", "laptop"),
    ("setting", "option"),
    ("mean", "stand for"),
)  # fmt: skip
_OTHERS = {phrase: [p for g in _GROUPS if phrase in g for p in g] for g in _GROUPS for phrase in g}
_PHRASE = re.compile(
    r"\b(" + "|".join(re.escape(p) for p in sorted(_OTHERS, key=len, reverse=True)) + r")(?!\w)",
    re.IGNORECASE,
)
_SMALL = frozenset(
    {
        "a",
        "an",
        "the",
        "is",
        "are",
        "do",
        "does",
        "i",
        "to",
        "of",
        "in",
        "on",
        "for",
        "it",
        "this",
        "that",
        "me",
        "my",
        "you",
        "can",
        "please",
        "with",
        "at",
        "be",
    }
)
_CONSONANTS = (
    "b",
    "c",
    "d",
    "f",
    "g",
    "h",
    "j",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "st",
    "t",
    "tr",
    "v",
)
_VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")
_ENDINGS = ("", "n", "r", "s", "t", "ng", "ck", "ly", "tion", "er")
_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {c: row[max(0, i - 1) : i] + row[i + 1 : i + 2] for row in _ROWS for i, c in enumerate(row)}


class Asker:
    """Draws questions for entries; never a held-out wording, nor one in other dress: with typos,
    in other case, or with only a filler such as "please" around it."""

    def __init__(self, corpus: Corpus, rng: random.Random) -> None:
        self._frames = corpus.frames
        self._held_out = corpus.held_out_questions
        self._rng = rng

    def ask(self, entry: Entry) -> str:
        """One question whose right answer is the entry's."""
        while True:
            words = _rephrase(self._written(entry), self._rng)
            if self._is_free(words):
                question = _dress(words, self._rng)
                if self._is_free(question):
                    return question

    def _is_free(self, question: str) -> bool:
        words = normalize(question)
        return bool(words) and self._held_out.isdisjoint(_undressed(words))

    def _written(self, entry: Entry) -> str:
        if not entry.phrases or self._rng.random() >= FRAMED_SHARE:
            question = self._rng.choice(entry.trained)
        else:
            phrase = self._rng.choice(entry.phrases)
            question = self._rng.choice(self._frames[phrase.kind]).replace("{}", phrase.text)
        if entry.id == FALLBACK and self._rng.random() < INVENTED_SHARE:
            return _with_invented_word(question, self._rng)
        return question


def vary(question: str, rng: random.Random) -> str:
    """One variant of a question; often the question itself, or nearly."""
    return _dress(_rephrase(question, rng), rng)


def _rephrase(text: str, rng: random.Random) -> str:
    """The same question in other words, or fewer."""
    if rng.random() < 0.45:
        text = _PHRASE.sub(lambda m: _another(m.group(0), rng), text)
    if rng.random() < 0.3:
        text = _drop_words(text, rng)
    if rng.random() < 0.1:
        text = _keywords(text, rng)
    return text


def _dress(text: str, rng: random.Random) -> str:
    """The same words with fillers around them, typos and another case."""
    if rng.random() < 0.2:
        opening = rng.choice(_OPENINGS)
        text = opening + (text if text[:1] == "I" else text[:1].lower() + text[1:])
    if rng.random() < 0.2:
        text = text.rstrip(" ?.!") + rng.choice(_CLOSINGS)
    if rng.random() < 0.3:
        text = " ".join(_misspell(w, rng) if rng.random() < 0.25 else w for w in text.split(" "))
    if rng.random() < 0.3:
        text = text.rstrip("?.!")
    return _recase(text, rng)


def _undressed(words: str) -> set[str]:
    """`words` (normalized), and what is left of them without an opening, a closing, or both."""
    split = words.split()
    starts = {0} | {len(o) for o in _OPENING_WORDS if split[: len(o)] == o}
    ends = {0} | {len(c) for c in _CLOSING_WORDS if split[len(split) - len(c) :] == c}
    return {" ".join(split[start : len(split) - end]) for start in starts for end in ends}


def _another(phrase: str, rng: random.Random) -> str:
    return rng.choice(_OTHERS[phrase.lower()]) if rng.random() < 0.5 else phrase


def _drop_words(text: str, rng: random.Random) -> str:
    def stays(word: str) -> bool:
        return rng.random() > (0.5 if word.lower() in _SMALL else 0.06)

    return " ".join(w for w in text.split(" ") if stays(w))


def _keywords(text: str, rng: random.Random) -> str:
    """The words that matter, in any order, as people type them into a search field."""
    words = [w for w in text.rstrip("?!.").split(" ") if w.lower() not in _SMALL]
    rng.shuffle(words)
    return " ".join(words)


def _with_invented_word(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    syllables = [rng.choice(_CONSONANTS) + rng.choice(_VOWELS) for _ in range(rng.randint(1, 3))]
    words[rng.randrange(len(words))] = "".join(syllables) + rng.choice(_ENDINGS)
    return " ".join(words)


def _misspell(word: str, rng: random.Random) -> str:
    if len(word) < 4 or not word.isalpha():
        return word
    at = rng.randrange(1, len(word) - 1)
    kind = rng.randrange(4)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind == 1:
        return word[:at] + word[at + 1 :]
    if kind == 2:
        return word[:at] + word[at] + word[at:]
    return word[:at] + (rng.choice(_NEAR.get(word[at].lower(), "") or word[at])) + word[at + 1 :]


def _recase(text: str, rng: random.Random) -> str:
    roll = rng.random()
    if roll < 0.35:
        return text.lower()
    if roll < 0.4:
        return text.upper()
    if roll < 0.7:
        return text[:1].upper() + text[1:]
    return text
