"""`desktop-llm chat`: one prompt, lines of a script, or a conversation at the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path

from desktop_llm.cli.arguments import ChatOptions
from desktop_llm.cli.asking import Asker, HeadlessCore
from desktop_llm.cli.interactive import converse
from desktop_llm.cli.output import Output, TextOutput, output_for
from desktop_llm.cli.progress import LoadProgressLine
from desktop_llm.cli.terminal import Terminal
from desktop_llm.config.paths import guide_model
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.engine.types import LoadRequest
from desktop_llm.models.folder import inspect_folder

OK, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
FIRST_QUESTION = "What can you do?"
# What the person gave, rather than what the machine did, was wrong.
_BAD_INPUT_CODES = {
    "chat.over_budget",
    "cli.bad_option",
    "engine.bad_request",
    "engine.prompt_too_long",
    "model.not_a_model",
}


def run_chat(
    options: ChatOptions, terminal: Terminal, make_core: Callable[[], HeadlessCore]
) -> int:
    """Run the whole command; returns the exit code: 0, 1 failed, 2 bad input, 130 interrupted.

    Runs on the main thread, which gets Ctrl-C. Never raises an AppError.
    """
    output = output_for(terminal, as_json=options.json)
    try:
        return _run(options, terminal, make_core, output)
    except AppError as error:
        output.fail(error)
        return _exit_code(error)
    except KeyboardInterrupt:
        terminal.note("Interrupted.")
        return INTERRUPTED
    except BrokenPipeError:
        terminal.abandon_output()
        return FAILED


def _run(
    options: ChatOptions,
    terminal: Terminal,
    make_core: Callable[[], HeadlessCore],
    output: Output,
) -> int:
    typed = options.prompt is None and terminal.interactive
    if typed and options.json:
        raise AppError(
            "cli.bad_option",
            "--json needs a question to answer.",
            "Give one with --prompt, or lines on standard input.",
        )
    # A person types, and what is printed goes elsewhere (``… | tee log``): they wait for the model
    # rather than it for them.
    dictated = options.prompt is None and not typed and terminal.typed_at
    questions = iter(()) if typed else _given_questions(options, terminal)
    first = None if dictated else next(questions, None)
    nobody_asked = first is None and not typed and not dictated
    model = options.model or (guide_model() if nobody_asked else None)
    if model is not None:
        inspect_folder(model)  # a wrong folder is said at once, not after a start
    core = make_core()
    try:
        if problem := core.settings.problem:
            terminal.note(f"{problem.message} {problem.hint}")
        _load(core, model or core.default_model, terminal)
        asker = Asker(core, options.system, options.sampling)
        if typed:
            return converse(asker, terminal, output)
        if nobody_asked:
            return _answer_all(asker, [FIRST_QUESTION], output)
        if not options.json:
            # A script reads the answers; the figures are for who watches.
            output = TextOutput(terminal, terminal.stderr, between="\n")
        if dictated:
            terminal.note("Reading questions from standard input, one a line…")
        return _answer_all(asker, questions if first is None else chain([first], questions), output)
    finally:
        core.close()


def _given_questions(options: ChatOptions, terminal: Terminal) -> Iterator[str]:
    """The prompt, or else the lines on standard input that hold something, as they come."""
    if options.prompt is not None:
        return iter([options.prompt])
    return (line.strip() for line in terminal.stdin or () if line.strip())


def _load(core: HeadlessCore, path: Path, terminal: Terminal) -> None:
    with LoadProgressLine(core.engine.changed, terminal.stderr):
        model = core.run(core.engine.load(LoadRequest(path, core.profiles.get(path))))
    terminal.note(
        f"{model.name} is ready after {format_seconds(model.load_seconds)}: context "
        f"{format_count(model.context_length)} tokens, KV cache "
        f"{format_count(model.kv_cache_tokens)} tokens, on {model.device}."
    )


def _answer_all(asker: Asker, questions: Iterable[str], output: Output) -> int:
    """Answer each question on its own: a script's lines must not change one another's answers.

    A question that fails is reported and the next one asked; the code tells of the first failure.
    """
    code = OK
    for question in questions:
        asker.forget()
        try:
            answer = asker.ask(question, output.text)
        except AppError as error:
            output.fail(error)
            code = code or _exit_code(error)
            if error.code in {"engine.died", "engine.not_ready"}:
                break
            continue
        output.end(answer)
        if answer.stopped:
            return INTERRUPTED
    return code


def _exit_code(error: AppError) -> int:
    return BAD_INPUT if error.code in _BAD_INPUT_CODES else FAILED
