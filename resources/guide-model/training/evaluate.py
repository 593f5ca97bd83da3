"""Measure how many held-out wordings the guide model answers with the right answer.

    python resources/guide-model/training/evaluate.py

No held-out wording, nor one with the same words, is ever trained on. An answer is right when the
greedy text equals the written answer but for white space. Each wording is asked alone and as the
last question of a conversation of several turns under a system message.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from guide_training.answering import Guide, Message, judge
from guide_training.corpus import Corpus, Entry, load_corpus

MODEL_DIR = Path(__file__).resolve().parent.parent
WANTED_SHARE = 0.8
ALIKE = 0.9
Question = tuple[Entry, str]


def main() -> int:
    parser = argparse.ArgumentParser(description="Evaluate the built-in guide model.")
    parser.add_argument("--model", type=Path, default=MODEL_DIR, help="folder of the model")
    parser.add_argument("--mistakes", action="store_true", help="print every wrong answer")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    parser.add_argument("--threads", type=int, default=1, help="CPU threads")
    args = parser.parse_args()

    torch.set_num_threads(args.threads)
    corpus = load_corpus()
    guide = Guide(args.model)
    questions = [(e, q) for e in corpus.entries for q in e.held_out]
    alone = _measure(guide, questions, [[_user(q)] for _, q in questions], args.mistakes)
    long = _measure(guide, questions, _in_long_chats(corpus, questions), args.mistakes)
    figures = {"questions": len(questions), "alone": alone, "in_long_chats": long}
    print(f"Held-out wordings: {len(questions)}, answers: {len(corpus.entries)}")
    for name, figure in (("asked alone", alone), ("last of a long chat", long)):
        print(
            f"{name}: {figure['right']:.1%} right, {figure['alike']:.1%} at least {ALIKE:.0%} "
            f"alike; off-topic {figure['off_topic']:.1%}, the rest {figure['on_topic']:.1%} right"
        )
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
    return 0 if alone["right"] >= WANTED_SHARE else 1


def _user(content: str) -> Message:
    return {"role": "user", "content": content}


def _in_long_chats(corpus: Corpus, questions: Sequence[Question]) -> list[list[Message]]:
    """Each question after a system message and two to eight turns about other things."""
    rng = random.Random(7)
    chats: list[list[Message]] = []
    for _, question in questions:
        chat: list[Message] = [
            {"role": "system", "content": rng.choice(corpus.system_messages)},
        ]
        for entry in rng.sample(corpus.entries, rng.randint(2, 8)):
            chat.append(_user(rng.choice(entry.trained)))
            chat.append({"role": "assistant", "content": entry.answer})
        chats.append([*chat, _user(question)])
    return chats


def _measure(
    guide: Guide, questions: Sequence[Question], chats: Sequence[list[Message]], mistakes: bool
) -> dict[str, float]:
    def report(done: int, total: int) -> None:
        print(f"\r{done} of {total} answered", end="" if done < total else "\n", flush=True)

    answers = guide.answer(chats, report=report)
    verdicts = [judge(a, e.answer) for a, (e, _) in zip(answers, questions, strict=True)]
    by_topic: dict[bool, list[bool]] = {True: [], False: []}
    for (entry, question), answer, verdict in zip(questions, answers, verdicts, strict=True):
        by_topic[entry.topic == "off-topic"].append(verdict.right)
        if mistakes and not verdict.right:
            print(f"- {entry.id} | {question} | {' '.join(answer.split())[:100]}")
    return {
        "right": _share([v.right for v in verdicts]),
        "alike": _share([v.likeness >= ALIKE for v in verdicts]),
        "off_topic": _share(by_topic[True]),
        "on_topic": _share(by_topic[False]),
    }


def _share(results: Sequence[bool]) -> float:
    return sum(results) / len(results) if results else 0.0


if __name__ == "__main__":
    sys.exit(main())
