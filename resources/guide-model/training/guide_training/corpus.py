"""The written questions and answers the guide model learns, read from `data/*.txt`.

A data file is a run of entries:

    === kv-cache
    ~ what: kv cache | key-value cache
    ? What is a KV cache?
    ? explain the kv cache
    ! kv cache, what is it for?
    The KV cache holds the keys and values of ...

`===` names the entry, `?` is a wording that is trained, `!` a wording that is only ever used to
test, and the rest, up to the next `===`, is the answer in Markdown. `~` lists phrases that name the
matter; training puts them into the frames of that kind in `frames.txt`, such as "how do I {}?".
Lines before the first `===` are remarks for whoever edits the file.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DATA_DIR = Path(__file__).resolve().parent.parent / "data"
FRAMES_FILE = "frames.txt"
SYSTEM_FILE = "system-messages.txt"
FALLBACK = "off-topic"
MIN_TRAINED = 5


class CorpusError(ValueError):
    """A data file breaks a rule; the message has a line for each, with what to change."""


@dataclass(frozen=True)
class Phrase:
    """Words that name an entry's matter, and the kind of frame that makes them a question."""

    kind: str
    text: str


@dataclass(frozen=True)
class Entry:
    """One answer with the wordings that ask for it."""

    id: str
    topic: str
    phrases: tuple[Phrase, ...]
    trained: tuple[str, ...]
    held_out: tuple[str, ...]
    answer: str


@dataclass(frozen=True)
class Corpus:
    """All entries, the frames for their phrases by kind, and the system messages that training
    puts before some conversations."""

    entries: tuple[Entry, ...]
    frames: dict[str, tuple[str, ...]]
    system_messages: tuple[str, ...]
    data_hash: str

    @property
    def held_out_questions(self) -> frozenset[str]:
        """Every held-out wording, normalized: no trained wording may equal one of these."""
        return frozenset(normalize(q) for e in self.entries for q in e.held_out)


def normalize(text: str) -> str:
    """Reduce a wording to its bare words, so that case, accents and punctuation do not count."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return " ".join(re.findall(r"[a-z0-9]+", plain.replace("'", "")))


def load_corpus(data_dir: Path = DATA_DIR) -> Corpus:
    """Read and check every data file. Raises CorpusError naming all broken rules."""
    digest = hashlib.sha256()
    entries: list[Entry] = []
    frames: dict[str, tuple[str, ...]] = {}
    systems: tuple[str, ...] = ()
    for path in sorted(data_dir.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        digest.update(f"{path.name}\0{text}\0".encode())
        if path.name == SYSTEM_FILE:
            systems = tuple(_lines(text))
        elif path.name == FRAMES_FILE:
            frames = {kind: tuple(_lines(body)) for kind, body in _blocks(text)}
        else:
            entries.extend(_entry(path.stem, name, body) for name, body in _blocks(text))
    corpus = Corpus(tuple(entries), frames, systems, digest.hexdigest())
    problems = list(_problems(corpus))
    if problems:
        raise CorpusError("\n".join(problems))
    return corpus


def _blocks(text: str) -> Iterator[tuple[str, str]]:
    for block in re.split(r"^=== ", text, flags=re.MULTILINE)[1:]:
        name, _, body = block.partition("\n")
        yield name.strip(), body


def _lines(text: str) -> Iterator[str]:
    return (line.strip() for line in text.splitlines() if line.strip())


def _entry(topic: str, name: str, body: str) -> Entry:
    marked: dict[str, list[str]] = {"~ ": [], "? ": [], "! ": []}
    lines = body.split("\n")
    while lines and lines[0][:2] in marked:
        line = lines.pop(0)
        marked[line[:2]].append(line[2:].strip())
    phrases: list[Phrase] = []
    for line in marked["~ "]:
        kind, _, listed = line.partition(":")
        phrases += [Phrase(kind.strip(), text.strip()) for text in listed.split("|")]
    answer = "\n".join(lines).strip()
    return Entry(name, topic, tuple(phrases), tuple(marked["? "]), tuple(marked["! "]), answer)


def _problems(corpus: Corpus) -> Iterator[str]:
    ids: set[str] = set()
    owners: dict[str, str] = {}
    for entry in corpus.entries:
        where = f"{entry.topic}.txt, entry '{entry.id}'"
        if entry.id in ids:
            yield f"{where}: the name is used twice; rename one of the two."
        ids.add(entry.id)
        if not entry.answer:
            yield f"{where}: there is no answer under the wordings."
        if len(entry.trained) < MIN_TRAINED or not entry.held_out:
            yield f"{where}: write at least {MIN_TRAINED} '?' wordings and one '!' wording."
        for phrase in entry.phrases:
            if phrase.kind not in corpus.frames or not normalize(phrase.text):
                yield (
                    f"{where}: the phrase {phrase.text!r} is empty or its kind {phrase.kind!r} has "
                    f"no frames in {FRAMES_FILE}."
                )
        for question in entry.trained + entry.held_out:
            words = normalize(question)
            if not words:
                yield f"{where}: the wording {question!r} has no words."
            elif words in owners:
                yield (
                    f"{where}: the wording {question!r} is already in '{owners[words]}'; "
                    "each wording, trained or held out, may appear once."
                )
            owners[words] = entry.id
    if FALLBACK not in ids:
        yield f"No entry is named '{FALLBACK}': off-topic questions need an answer."
