"""What a person typed into the search, as what the indexes are asked."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_llm.chat.rows import clean

# The scripts of migrations/0003_trigrams.sql.
_UNSPACED = re.compile("[\u0e00-\u1dff\u2e80-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_TRIGRAM = 3


@dataclass(frozen=True)
class Query:
    """Every part must be found: `words` by their beginnings, `unspaced` and `literals` anywhere.

    `unspaced` are words of at least three characters in scripts of the trigram index; `literals`
    are shorter ones and those with neither letter nor digit, which no index holds.
    """

    words: tuple[str, ...] = ()
    unspaced: tuple[str, ...] = ()
    literals: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.words or self.unspaced or self.literals)

    @property
    def word_match(self) -> str:
        """`words` in FTS5's syntax, each quoted, so that no character of them is syntax."""
        return " ".join(f"{_quoted(word)}*" for word in self.words)

    @property
    def unspaced_match(self) -> str:
        """`unspaced` in FTS5's syntax."""
        return " ".join(map(_quoted, self.unspaced))


def parse(text: str) -> Query:
    """What `text` asks for, word by word."""
    words: list[str] = []
    unspaced: list[str] = []
    literals: list[str] = []
    for word in clean(text).replace("\0", " ").split():
        if not any(character.isalnum() for character in word):
            literals.append(word)
        elif not _UNSPACED.search(word):
            words.append(word)
        elif len(word) < _TRIGRAM:
            literals.append(word)
        else:
            unspaced.append(word)
    return Query(tuple(words), tuple(unspaced), tuple(literals))


def like(part: str) -> str:
    r"""A LIKE pattern for texts with `part` in them; the escape character is ``\``."""
    return "%" + re.sub(r"([\\%_])", r"\\\1", part) + "%"


def _quoted(word: str) -> str:
    return '"' + word.replace('"', '""') + '"'
