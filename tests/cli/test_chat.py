"""`desktop-llm chat` for scripts: prompts, lines, JSON, failures."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest

from desktop_llm.cli.arguments import build_parser, chat_options
from desktop_llm.config.paths import guide_model
from desktop_llm.config.profiles import LoadProfile
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.types import FinishReason, LoadRequest
from tests.cli.conftest import Chat
from tests.helpers.fake_engine import Script
from tests.helpers.headless_core import HeadlessFake, LoadableEngine


def test_that_a_prompt_is_answered_and_measured(chat: Chat, model: Path) -> None:
    ran = chat(prompt="Good morning", model=model)
    assert ran.code == 0
    assert ran.out == "1: Good morning\n"
    assert re.search(r"TTFT \S+ ms · \S+ tok/s · 3 tokens · stop", ran.err)
    assert ran.core is not None
    assert [request.path for request in ran.core.engine.loads] == [model]


def test_that_a_prompt_leaves_standard_input_alone(chat: Chat, model: Path) -> None:
    assert chat("not read\n", prompt="yes", model=model).out == "1: yes\n"


@pytest.mark.parametrize("stdin", [None, "", "\n  \n"])
def test_that_the_guide_is_asked_when_nobody_asks(chat: Chat, stdin: str | None) -> None:
    ran = chat(stdin)
    assert ran.code == 0
    answer, figures = ran.out.splitlines()
    assert answer == "1: What can you do?"
    assert re.fullmatch(r"TTFT .* · .* tok/s · .*", figures), "here the figures are on stdout"
    assert ran.core is not None
    assert ran.core.engine.loads[0].path == guide_model()


def test_that_each_line_is_a_question_of_its_own(chat: Chat) -> None:
    ran = chat("one\n\n  two words \nthree")
    assert ran.code == 0
    assert ran.out == "1: one\n\n1: two words\n\n1: three\n"
    assert ran.err.count("tok/s") == 3
    assert ran.core is not None
    assert ran.core.engine.loads[0].path == ran.core.default_model


def test_that_json_is_all_there_is_on_stdout(chat: Chat, model: Path) -> None:
    ran = chat(prompt="hello there", model=model, json=True)
    assert ran.code == 0
    value = json.loads(ran.out)
    assert ran.out.count("\n") == 1
    assert value["text"] == "1: hello there"
    assert value["finish_reason"] == "stop"
    assert value["completion_tokens"] == 3
    assert value["prompt_tokens"] > 0
    assert value["ttft_ms"] > 0
    assert value["tokens_per_s"] > 0
    assert list(value) == [
        "text", "finish_reason", "prompt_tokens", "completion_tokens", "ttft_ms", "tokens_per_s",
    ]  # fmt: skip


def test_that_json_gives_an_object_for_each_line(chat: Chat) -> None:
    engine = LoadableEngine()
    failure = AppError("engine.generation_failed", "This answer failed.", "Try again.")
    engine.play(Script(), Script((), error=failure), Script(finish=FinishReason.LENGTH))
    ran = chat("one\ntwo\nthree\n", engine=engine, json=True)
    first, second, third = map(json.loads, ran.out.splitlines())
    assert first["text"] == "Hello world"
    assert second["error"]["code"] == "engine.generation_failed"
    assert third["finish_reason"] == "length"
    assert ran.code == 1
    assert "This answer failed." in ran.err


def test_that_the_system_prompt_and_the_sampling_reach_the_engine(chat: Chat) -> None:
    ran = chat(
        prompt="hi", system="Be brief.", sampling=SamplingSettings(max_tokens=7, temperature=0)
    )
    assert ran.core is not None
    (request,) = ran.core.engine.asked
    assert [message.role for message in request.messages] == ["system", "user"]
    assert request.sampling.max_tokens == 7
    assert request.sampling.model_dump(exclude_unset=True) == {"max_tokens": 7, "temperature": 0}


def test_that_the_saved_load_profile_is_used(chat: Chat, model: Path) -> None:
    profile = LoadProfile(context_length=128)
    ran = chat(prompt="hi", model=model, configure=lambda core: core.profiles.save(model, profile))
    assert ran.core is not None
    assert ran.core.engine.loads[0].profile == profile


def test_that_too_long_a_prompt_is_a_sentence_with_counts(chat: Chat) -> None:
    ran = chat(prompt="word " * 100, engine=LoadableEngine(context_length=64))
    assert ran.code == 2
    assert ran.out == ""
    assert "102 tokens" in ran.err
    assert "64 tokens" in ran.err


def test_that_a_folder_that_is_no_model_is_said_before_anything_starts(
    chat: Chat, tmp_path: Path
) -> None:
    ran = chat(prompt="hi", model=tmp_path / "nowhere")
    assert ran.code == 2
    assert ran.core is None
    assert "There is no folder" in ran.err


def test_that_a_failed_load_is_a_sentence_and_a_hint(chat: Chat, model: Path) -> None:
    failure = AppError("engine.out_of_memory", "Not enough memory.", "Close something.")
    ran = chat(prompt="hi", model=model, engine=LoadableEngine(failure=failure))
    assert ran.code == 1
    assert ran.out == ""
    assert ran.err.endswith("Not enough memory.\nClose something.\n")
    as_json = chat(prompt="hi", model=model, engine=LoadableEngine(failure=failure), json=True)
    assert json.loads(as_json.out)["error"]["code"] == "engine.out_of_memory"


def test_that_a_dead_engine_ends_the_run_and_keeps_what_came(chat: Chat) -> None:
    engine = LoadableEngine()
    engine.play(Script(("Half",), error=AppError("engine.died", "The engine ended.", "Again.")))
    ran = chat("one\ntwo\n", engine=engine)
    assert ran.code == 1
    assert ran.out == "Half\n"
    assert len(engine.asked) == 1


def test_that_the_load_is_shown_line_by_line_in_a_file(chat: Chat, model: Path) -> None:
    ran = chat(prompt="hi", model=model)
    assert ran.err.splitlines()[:6] == [
        "Loading mine: starting the engine",
        "Loading mine: reading weights",
        "Loading mine: profiling memory",
        "Loading mine: allocating KV cache",
        "Loading mine: warming up",
        "fake-model is ready after 100 ms: context 4,096 tokens, KV cache 16,384 tokens, on cpu.",
    ]


def test_that_damaged_settings_are_said(chat: Chat, model: Path, tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "settings.json").write_text("{not json")
    ran = chat(prompt="hi", model=model)
    assert ran.code == 0
    assert "could not be read, so the defaults are used. The old file is kept" in ran.err


class Typed(io.StringIO):
    """A terminal that someone types at, while what is printed goes into a file."""

    def isatty(self) -> bool:
        return True


def test_that_someone_typing_waits_for_the_model_and_not_it_for_them(
    chat: Chat,
) -> None:
    ran = chat(typed=Typed("one\ntwo\n"))
    assert ran.code == 0
    assert ran.out == "1: one\n\n1: two\n"
    ready = ran.err.index("is ready")
    assert ready < ran.err.index("Reading questions from standard input") < ran.err.index("tok/s")


def test_that_someone_who_types_nothing_gets_no_answer(chat: Chat) -> None:
    ran = chat(typed=Typed(""))
    assert (ran.code, ran.out) == (0, "")


class Closed(io.StringIO):
    """What `head` leaves behind."""

    def write(self, text: str) -> int:
        raise BrokenPipeError

    def fileno(self) -> int:
        with open("/dev/null") as nowhere:  # noqa: PTH123
            return nowhere.fileno()


def test_that_a_reader_that_leaves_ends_the_run_quietly(
    chat: Chat, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    abandoned = []
    monkeypatch.setattr("os.dup2", lambda *numbers: abandoned.append(numbers))
    ran = chat(prompt="hi", model=model, stdout=Closed())
    assert ran.code == 1
    assert "Traceback" not in ran.err
    assert abandoned


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--temperature", "-1"], "temperature: "),
        (["--max-tokens", "0"], "max tokens: "),
        (["--prompt", "  "], "empty"),
    ],
)
def test_that_a_bad_option_is_refused_with_its_reason(arguments: list[str], words: str) -> None:
    with pytest.raises(AppError, match=words) as caught:
        chat_options(build_parser().parse_args(["chat", *arguments]))
    assert caught.value.code == "cli.bad_option"


def test_that_arguments_that_are_no_text_are_mended() -> None:
    parsed = build_parser().parse_args(["chat", "--prompt", "caf\udce9"])
    assert chat_options(parsed).prompt == "caf\ufffd"


def test_that_dropped_turns_are_said(chat: Chat) -> None:
    from desktop_llm.cli.asking import Asker
    from desktop_llm.cli.output import TextOutput
    from desktop_llm.cli.terminal import Terminal
    from desktop_llm.config.settings import OverBudget

    seen = []

    def two_questions(core: HeadlessFake) -> None:
        core.settings.update(over_budget=OverBudget.DROP_OLDEST)
        core.run(core.engine.load(_request()))
        asker = Asker(core, "", SamplingSettings(max_tokens=10))
        out, err = io.StringIO(), io.StringIO()
        output = TextOutput(Terminal(None, out, err), out)
        for _ in range(2):
            output.end(asker.ask("five words are in here", output.text))
        seen.append(err.getvalue())

    chat(prompt="x", engine=LoadableEngine(context_length=24), configure=two_questions)
    assert "The oldest turn was left out to fit the context." in seen[0]


def _request() -> LoadRequest:
    return LoadRequest(Path("/models/any"))
