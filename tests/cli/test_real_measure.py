"""The measuring child as the app starts it: the real command, the real engine."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_llm.quantize.protocol import (
    DESCRIPTOR_VARIABLE,
    Failure,
    Message,
    Progress,
    Result,
    Stage,
    decode,
)
from desktop_llm.quantize.types import Measurement
from tests.helpers.tiny_models import AWQ, GUIDE, TinyModels, tiny_models

__all__ = ["tiny_models"]
pytestmark = [pytest.mark.engine, pytest.mark.timeout(600)]

# What the guide model has learned by heart, and several times over, what it never saw.
KNOWN = (
    "<|user|> What can you do?<|end|><|assistant|>I am the built-in guide of Desktop LLM, and I "
    "answer short questions about this app and the words around it. Ask me, for example:\n\n"
    "- how to load a model, stop an answer or edit a question\n"
    "- what the KV cache, TTFT, AWQ or tensor parallel is\n"
    "- what temperature, top_p and the other sampling settings do\n"
    "- why a load failed, and how to fit a model into less memory\n"
    "- where your chats are kept, and which keys do what"
)
STRANGE = [
    "The weather was fine, so we walked to the lake and counted the boats that had come in. " * 40,
    "Seven kinds of moss grow on the northern wall, none of them as old as the wall itself. " * 40,
    "Short.",
]


class Child:
    """A measuring process, its messages read as they come."""

    def __init__(self, job: dict[str, Any], home: Path) -> None:
        home.mkdir(exist_ok=True)
        file = home / "job.json"
        file.write_text(json.dumps(job, default=str), "utf-8")
        self.home = home
        self.messages: list[Message] = []
        read, write = os.pipe()
        self._log = (home / "log").open("wb")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "desktop_llm", "measure", str(file)],
            env=os.environ | {"DESKTOP_LLM_HOME": str(home), DESCRIPTOR_VARIABLE: str(write)},
            pass_fds=[write],
            stdout=self._log,
            stderr=self._log,
            start_new_session=True,
        )
        os.close(write)
        self._stream = os.fdopen(read, "rb")

    def read_until(self, last: Callable[[Message], bool]) -> Message:
        for line in self._stream:
            message = decode(line)
            assert message is not None, line
            self.messages.append(message)
            if last(message):
                return message
        raise AssertionError(f"It ended before:\n{self.log()}")

    def log(self) -> str:
        return (self.home / "log").read_text("utf-8", "replace")[-4000:]

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._stream.close()
        self._log.close()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Child]]:
    """Starts children in a home of their own; afterwards none may be left that knew of it."""
    children: list[Child] = []

    def make(**job: Any) -> Child:
        texts = tmp_path / "texts.jsonl"
        given = job.pop("given", STRANGE)
        texts.write_text("\n".join(json.dumps({"text": text}) for text in given))
        children.append(Child({"texts": texts} | job, tmp_path / "home"))
        return children[-1]

    yield make
    for child in children:
        child.close()
    assert left(tmp_path / "home", 2.0) == []


def left(home: Path, seconds: float = 0.0) -> list[str]:
    """Processes that know of `home`, once `seconds` are over or there is none."""
    deadline = time.monotonic() + seconds
    while True:
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get("DESKTOP_LLM_HOME") == str(home):
                    found.append(" ".join(process.cmdline()))
            except psutil.Error:
                continue
        if not found or time.monotonic() > deadline:
            return found
        time.sleep(0.02)


def ended(message: Message) -> bool:
    return isinstance(message, Result | Failure)


def test_that_the_guide_model_is_measured(start: Callable[..., Child]) -> None:
    child = start(model=GUIDE, prompts=["What is a KV cache?"], window=64, given=[KNOWN])
    last = child.read_until(ended)
    assert isinstance(last, Result), f"{last}\n{child.log()}"
    assert child.process.wait(30) == 0
    measured = Measurement(**last.values)
    assert measured.disk_bytes > 7_000_000
    assert measured.weight_bytes == pytest.approx(7_870_000, rel=0.02)
    assert measured.load_s is not None
    assert measured.load_s > 0.5
    assert measured.perplexity is not None
    assert 1 < measured.perplexity < 30
    assert measured.perplexity_error is not None
    assert 0 < measured.perplexity_error < measured.perplexity
    assert len(measured.window_losses) > 1
    assert sum(tokens for _, tokens in measured.window_losses) == measured.tokens_scored > 100
    assert measured.ttft_ms is not None
    assert 0.5 < measured.ttft_ms < 5000
    assert measured.tokens_per_s is not None
    assert measured.tokens_per_s_16 is not None
    assert measured.tokens_per_s_16 > measured.tokens_per_s > 5
    assert measured.kv_tokens is not None
    assert measured.kv_tokens > 100_000
    assert "cache" in measured.answers[0].lower()
    # Its loads have logs of their own, which push none of the person's out.
    assert len(list((child.home / "engine").glob("engine-*.log"))) == 2
    assert not (child.home / "logs").exists()


def test_that_a_quantized_model_is_measured_quickly(
    start: Callable[..., Child], tiny_models: TinyModels
) -> None:
    child = start(
        model=tiny_models.folder(AWQ), prompts=["Hi"], speeds=False, window=600, answer_tokens=4
    )
    last = child.read_until(ended)
    assert isinstance(last, Result), f"{last}\n{child.log()}"
    measured = Measurement(**last.values)
    assert measured.tokens_per_s is None
    assert measured.perplexity is not None
    # Of random weights, it is about the size of the vocabulary.
    assert 1500 < measured.perplexity < 6000
    # The context holds 512: one is for vLLM's own token, and one is the BOS before each window.
    assert max(tokens for _, tokens in measured.window_losses) == 510


def test_that_a_model_without_a_chat_template_is_measured(
    start: Callable[..., Child], tmp_path: Path
) -> None:
    base = shutil.copytree(GUIDE, tmp_path / "base", ignore=shutil.ignore_patterns("*.jinja"))
    child = start(model=base, prompts=["The KV cache"], speeds=False, given=[KNOWN])
    last = child.read_until(ended)
    assert isinstance(last, Result), f"{last}\n{child.log()}"
    assert Measurement(**last.values).answers[0]


def test_that_a_model_that_does_not_load_is_told(
    start: Callable[..., Child], tmp_path: Path
) -> None:
    child = start(model=tmp_path)
    last = child.read_until(ended)
    assert isinstance(last, Failure)
    assert last.code == "model.not_a_model"
    assert child.process.wait(30) == 1


@pytest.mark.parametrize("moment", ["importing", "scoring"])
def test_that_it_ends_at_once_and_whole_when_told_to(
    start: Callable[..., Child], moment: str
) -> None:
    child = start(model=GUIDE, prompts=[], speeds=False, window=64)

    def reached(message: Message) -> bool:
        if moment == "scoring":
            return isinstance(message, Progress) and message.unit == "tokens"
        return isinstance(message, Stage)

    child.read_until(reached)
    began = time.monotonic()
    child.process.send_signal(signal.SIGTERM)
    child.process.wait(10)
    assert left(child.home, 2.0) == []
    assert time.monotonic() - began < 2.0


def test_that_its_engine_dies_with_it(start: Callable[..., Child]) -> None:
    child = start(model=GUIDE, speeds=False)
    child.read_until(lambda message: isinstance(message, Progress) and message.what == "weights")
    began = time.monotonic()
    child.process.kill()
    assert left(child.home, 2.0) == []
    assert time.monotonic() - began < 2.0
