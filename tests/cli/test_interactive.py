"""The chat at a real terminal, with real signals; the engine is scripted."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.helpers.pty_process import PtyProcess

COMMAND = [sys.executable, "-m", "tests.helpers.headless_core", "chat"]
Start = Callable[..., PtyProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[PtyProcess] = []

    def run(*arguments: str, **environment: str) -> PtyProcess:
        variables = os.environ | {"DESKTOP_LLM_HOME": str(tmp_path), "TERM": "xterm"} | environment
        started.append(PtyProcess([*COMMAND, *arguments], variables))
        return started[-1]

    yield run
    for process in started:
        process.close()


def test_that_a_conversation_keeps_its_context_until_a_new_one(start: Start) -> None:
    chat = start()
    chat.wait_for("is ready")
    chat.wait_for("> ")
    for question, answer in (("first", "1: first"), ("second", "2: second")):
        chat.type(f"{question}\n")
        chat.wait_for(answer)
        chat.wait_for("tok/s")
        chat.wait_for("> ")
    chat.type("/new\n")
    chat.wait_for("A new conversation")
    chat.type("third\n")
    chat.wait_for("1: third")


def test_that_commands_are_listed_and_leaving_is_easy(start: Start) -> None:
    chat = start()
    chat.wait_for("> ")
    chat.type("/help\n")
    chat.wait_for("/quit")
    chat.type("/dance\n")
    chat.wait_for("There is no command /dance")
    chat.type("/etc/fstab what is it\n")
    chat.wait_for("1: /etc/fstab what is it")
    chat.wait_for("> ")
    chat.type("/quit\n")
    assert chat.wait_exit() == 0


def test_that_ctrl_d_leaves(start: Start) -> None:
    chat = start()
    chat.wait_for("> ")
    chat.type("\x04")
    assert chat.wait_exit() == 0


def test_that_ctrl_c_stops_the_answer_and_the_chat_goes_on(start: Start) -> None:
    chat = start()
    chat.wait_for("> ")
    chat.type("forever\n")
    chat.wait_for("more more")
    chat.interrupt()
    chat.wait_for("stopped")
    chat.wait_for("> ")
    chat.type("next\n")
    chat.wait_for("2: next")
    assert "Traceback" not in chat.output


def test_that_ctrl_c_twice_leaves(start: Start) -> None:
    chat = start()
    chat.wait_for("> ")
    chat.type("forever\n")
    chat.wait_for("more")
    chat.interrupt()
    chat.wait_for("stopped")
    chat.wait_for("> ")
    chat.interrupt()
    assert chat.wait_exit() == 130
    assert "Traceback" not in chat.output


def test_that_ctrl_c_at_the_prompt_warns_before_it_leaves(start: Start) -> None:
    chat = start()
    chat.wait_for("> ")
    chat.interrupt()
    chat.wait_for("Press Ctrl-C again to leave.")
    chat.type("still here\n")
    chat.wait_for("1: still here")
    chat.wait_for("> ")
    chat.interrupt()
    chat.wait_for("again to leave")
    chat.interrupt()
    assert chat.wait_exit() == 130


def test_that_ctrl_c_during_a_prompt_leaves(start: Start) -> None:
    chat = start("--prompt", "forever")
    chat.wait_for("more")
    chat.interrupt()
    chat.wait_for("stopped")
    assert chat.wait_exit() == 130
    assert "Traceback" not in chat.output


def test_that_the_load_is_a_bar_that_leaves_no_trace(start: Start) -> None:
    chat = start()
    chat.wait_for("Reading weights")
    chat.wait_for("Warming up")
    chat.wait_for("\r\x1b[K")
    chat.wait_for("is ready")


def test_that_styles_can_be_switched_off(start: Start) -> None:
    chat = start(NO_COLOR="1")
    chat.wait_for("is ready")
    assert "\x1b[2m" not in chat.output


def test_that_json_wants_a_question(start: Start) -> None:
    chat = start("--json")
    assert chat.wait_exit() == 2
    assert "--prompt" in chat.output
