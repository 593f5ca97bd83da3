"""The shipped guide model: its size, its origin, its tokenizer, and its answers."""

from __future__ import annotations

import hashlib
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from guide_training import conversations
from guide_training.answering import Guide, judge
from guide_training.corpus import Corpus, load_corpus
from guide_training.tokenizer import ROLES
from hypothesis import given, settings
from hypothesis import strategies as st

TURN = re.compile(r"<\|(system|user|assistant)\|>(.*?)<\|end\|>", re.DOTALL)
LIMIT_BYTES = 12 * 2**20
SHIPPED = (
    "model.safetensors",
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "chat_template.jinja",
    "training.json",
    "README.md",
)


@pytest.fixture(scope="module")
def guide(model_dir: Path) -> Iterator[Guide]:
    """The shipped model on one thread: so small a network only waits for a second one."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield Guide(model_dir)
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_corpus()


def test_that_the_shipped_files_are_all_there_and_at_most_12_mib(model_dir: Path) -> None:
    assert sum((model_dir / name).stat().st_size for name in SHIPPED) <= LIMIT_BYTES


def test_that_the_model_was_trained_on_the_data_in_the_repository(
    model_dir: Path, corpus: Corpus
) -> None:
    record = json.loads((model_dir / "training.json").read_text())
    weights = (model_dir / "model.safetensors").read_bytes()
    assert record["data_sha256"] == corpus.data_hash, "The data changed: run training/train.py."
    assert record["weights_sha256"] == hashlib.sha256(weights).hexdigest()
    assert record["answers"] == len(corpus.entries)


def test_that_the_readme_gives_the_figures_of_this_training(
    model_dir: Path, corpus: Corpus
) -> None:
    readme = " ".join((model_dir / "README.md").read_text("utf-8").split())
    record = json.loads((model_dir / "training.json").read_text())
    held_out = sum(len(entry.held_out) for entry in corpus.entries)
    trained = record["training"]
    for figure in (
        f"{held_out} held-out wordings of {record['answers']} answers",
        f"{record['parameters'] / 1e6:.1f} million parameters",
        f"{trained['steps']:,} steps, {trained['tokens'] / 1e6:.1f} million tokens",
        f"in {trained['elapsed_s'] / 60:.0f} minutes",
    ):
        assert figure in readme


def test_that_the_network_suits_vllm_on_the_cpu_and_awq(model_dir: Path) -> None:
    config = json.loads((model_dir / "config.json").read_text())
    assert config["architectures"] == ["LlamaForCausalLM"]
    assert config["head_dim"] == 64
    assert config["hidden_size"] % 128 == 0
    assert config["intermediate_size"] % 128 == 0
    assert config["max_position_embeddings"] == 2048


def test_that_a_sample_of_held_out_wordings_gets_the_right_answer(
    guide: Guide, corpus: Corpus
) -> None:
    questions = [(e, q) for e in corpus.entries for q in e.held_out]
    sample = random.Random(2).sample(questions, 40)
    answers = guide.answer([[{"role": "user", "content": q}] for _, q in sample])
    wrong = [
        f"{question!r} got {answer[:60]!r}"
        for (entry, question), answer in zip(sample, answers, strict=True)
        if not judge(answer, entry.answer).right
    ]
    assert len(wrong) <= 0.2 * len(sample), wrong


def test_that_the_default_question_is_answered_word_for_word(guide: Guide, corpus: Corpus) -> None:
    [wanted] = [e.answer for e in corpus.entries if e.id == "what-can-you-do"]
    [answer] = guide.answer([[{"role": "user", "content": "What can you do?"}]])
    assert answer == wanted


def test_that_the_last_question_of_a_long_chat_is_answered(guide: Guide, corpus: Corpus) -> None:
    chat = [{"role": "system", "content": "You are a helpful assistant."}]
    tokens = 0
    for entry in random.Random(5).sample(corpus.entries, len(corpus.entries)):
        chat.append({"role": "user", "content": entry.trained[0]})
        chat.append({"role": "assistant", "content": entry.answer})
        tokens = len(guide.tokenizer.apply_chat_template(chat)["input_ids"])
        if tokens > 1200:
            break
    assert 1200 < tokens < 1900
    by_id = {e.id: e for e in corpus.entries}
    wanted = [by_id[name] for name in ("kv-cache", "stop-answer", "load-model", "where-data")]
    chats = [[*chat, {"role": "user", "content": e.trained[0]}] for e in wanted]
    answers = guide.answer(chats)
    right = [judge(a, e.answer).right for a, e in zip(answers, wanted, strict=True)]
    assert sum(right) >= 3, answers


def test_that_generation_stops_at_the_end_token_and_is_all_but_greedy_by_default(
    guide: Guide,
) -> None:
    config = guide.network.generation_config
    assert config.eos_token_id == guide.tokenizer.eos_token_id
    assert config.temperature <= 0.01


def test_that_the_template_renders_several_turns(guide: Guide) -> None:
    chat = [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": " Hello "},
        {"role": "assistant", "content": "Hi."},
        {"role": "user", "content": "Bye"},
    ]
    text = guide.tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    assert text == (
        "<|bos|><|system|>Be brief.<|end|><|user|> Hello<|end|><|assistant|>Hi.<|end|>"
        "<|user|> Bye<|end|><|assistant|>"
    )


def test_that_training_conversations_have_the_shape_of_the_template(
    guide: Guide, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "CUT_SHARE", 0.0)
    batch = conversations.ConversationMaker(corpus, guide.tokenizer, seed=4).batch()
    end = guide.tokenizer.eos_token_id
    whole = [(t, la) for t, la in zip(batch.tokens, batch.labels, strict=True) if end in la]
    assert len(whole) >= 5
    for tokens, labels in whole:
        last = max(i for i, label in enumerate(labels) if label == end)
        text = guide.tokenizer.decode(tokens[: last + 1])
        chat = [{"role": role, "content": content} for role, content in TURN.findall(text)]
        rendered = guide.tokenizer.apply_chat_template(chat)["input_ids"]
        assert rendered == tokens[: last + 1]


def test_that_only_answers_are_learned(guide: Guide, corpus: Corpus) -> None:
    batch = conversations.ConversationMaker(corpus, guide.tokenizer, seed=4).batch()
    for tokens, labels in zip(batch.tokens, batch.labels, strict=True):
        speaker = ""
        for token, label in zip(tokens, labels, strict=True):
            text = guide.tokenizer.decode([token])
            assert label in (conversations.IGNORED, token)
            if speaker != "<|assistant|>" or text in ROLES.values():
                assert label == conversations.IGNORED
            if text in ROLES.values():
                speaker = text


@settings(max_examples=200)
@given(text=st.text())
def test_that_any_text_survives_the_tokenizer(guide: Guide, text: str) -> None:
    ids = guide.tokenizer.encode(text, add_special_tokens=False)
    assert guide.tokenizer.decode(ids) == text
