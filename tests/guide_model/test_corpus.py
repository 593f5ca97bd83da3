"""The written questions and answers: enough of them, and nothing held out is trained on."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from guide_training.corpus import FALLBACK, Corpus, CorpusError, Phrase, load_corpus, normalize
from guide_training.wording import Asker, vary


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


def test_that_there_are_enough_answers_and_wordings(corpus: Corpus) -> None:
    assert len(corpus.entries) >= 220
    assert all(len(e.trained) >= 5 and e.held_out for e in corpus.entries)
    assert sum(len(e.trained) for e in corpus.entries) >= 6 * len(corpus.entries)
    assert len(corpus.system_messages) >= 20


def test_that_no_two_entries_have_the_same_answer(corpus: Corpus) -> None:
    answers = [normalize(e.answer) for e in corpus.entries]
    assert len(set(answers)) == len(answers)


def test_that_held_out_wordings_are_not_trained_even_when_normalized(corpus: Corpus) -> None:
    trained = {normalize(q) for e in corpus.entries for q in e.trained}
    assert not trained & corpus.held_out_questions
    assert len(corpus.held_out_questions) == sum(len(e.held_out) for e in corpus.entries)


def test_that_no_question_drawn_for_training_is_a_held_out_wording(corpus: Corpus) -> None:
    asker = Asker(corpus, random.Random(1))
    held_out = corpus.held_out_questions
    for entry in corpus.entries:
        for _ in range(40):
            assert normalize(asker.ask(entry)) not in held_out


def test_that_a_drawn_question_avoids_a_held_out_wording_that_it_would_hit(corpus: Corpus) -> None:
    [entry] = [e for e in corpus.entries if e.id == "awq"]
    free = replace(corpus, entries=(replace(entry, held_out=()),))
    asker = Asker(free, random.Random(3))
    assert "explain awq" in {normalize(asker.ask(entry)) for _ in range(600)}
    held_out = replace(corpus, entries=(replace(entry, held_out=("Explain AWQ!",)),))
    asker = Asker(held_out, random.Random(3))
    assert "explain awq" not in {normalize(asker.ask(entry)) for _ in range(600)}


def test_that_a_filler_around_a_held_out_wording_does_not_let_it_in(corpus: Corpus) -> None:
    [entry] = [e for e in corpus.entries if e.id == "awq"]
    fillers = {"hey", "hi", "hello", "please", "ok", "so", "um", "sorry", "and", "well", "now"}
    fillers |= {"thanks", "pls", "then", "really"}

    def drawn(held_out: tuple[str, ...]) -> set[str]:
        only = replace(entry, trained=("explain AWQ", "what is awq"), held_out=held_out, phrases=())
        asker = Asker(replace(corpus, entries=(only,)), random.Random(4))
        asked = (normalize(asker.ask(only)).split() for _ in range(600))
        return {" ".join(word for word in words if word not in fillers) for words in asked}

    assert "explain awq" in drawn(held_out=())
    assert "explain awq" not in drawn(held_out=("Explain AWQ!",))


def test_that_variants_differ_and_repeat_with_the_seed() -> None:
    question = "How do I change the context length?"
    first = [vary(question, random.Random(i)) for i in range(50)]
    assert first == [vary(question, random.Random(i)) for i in range(50)]
    assert len(set(first)) > 25


def test_that_phrases_are_put_into_frames_of_their_kind(corpus: Corpus) -> None:
    [entry] = [e for e in corpus.entries if e.id == "rename-conversation"]
    asker = Asker(corpus, random.Random(2))
    drawn = {normalize(asker.ask(entry)) for _ in range(3000)}
    written = {normalize(q) for q in entry.trained}
    assert "which key do i use to name a conversation myself" in drawn - written


def test_that_the_default_question_has_an_answer_that_says_what_the_app_can_do(
    corpus: Corpus,
) -> None:
    [entry] = [e for e in corpus.entries if "What can you do?" in e.trained]
    for word in ("load a model", "KV cache", "temperature", "**Models**"):
        assert word in entry.answer


def test_that_off_topic_questions_are_many_and_varied(corpus: Corpus) -> None:
    [entry] = [e for e in corpus.entries if e.id == FALLBACK]
    assert len(entry.trained) >= 100
    assert len(entry.held_out) >= 25


def test_that_an_entry_is_read_as_written(tmp_path: Path) -> None:
    wordings = "".join(f"? {q}\n" for q in ("One?", "two", "three", "four", "five"))
    (tmp_path / "a.txt").write_text(
        f"A remark.\n\n=== {FALLBACK}\n~ what: this | that thing\n{wordings}! Six\n"
        "First line.\n\n```bash\n# no entry\n```\n"
    )
    (tmp_path / "frames.txt").write_text("=== what\nwhat is {}?\n\nexplain {}\n")
    (tmp_path / "system-messages.txt").write_text("Be brief.\n")
    corpus = load_corpus(tmp_path)
    [entry] = corpus.entries
    assert corpus.frames == {"what": ("what is {}?", "explain {}")}
    assert entry.phrases == (Phrase("what", "this"), Phrase("what", "that thing"))
    assert entry.trained == ("One?", "two", "three", "four", "five")
    assert entry.held_out == ("Six",)
    assert entry.answer == "First line.\n\n```bash\n# no entry\n```"


def test_that_every_broken_rule_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(
        "=== one\n? What is it?\n! what is IT\nAnswer.\n=== one\n~ odd: x\n? ???\n! x\n"
    )
    with pytest.raises(CorpusError) as refusal:
        load_corpus(tmp_path)
    for part in (
        "already in 'one'",
        "used twice",
        "no answer",
        "no words",
        "'odd' has no frames",
        "at least 5",
        f"'{FALLBACK}'",
    ):
        assert part in str(refusal.value)
