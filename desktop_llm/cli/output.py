"""How answers are printed: as text for people, as JSON for programs."""

from __future__ import annotations

import json
from typing import Protocol, TextIO

from desktop_llm.chat.types import AnswerMetrics
from desktop_llm.cli.asking import Answer
from desktop_llm.cli.terminal import Terminal
from desktop_llm.core.errors import AppError
from desktop_llm.core.units import format_count, format_seconds


class Output(Protocol):
    """Takes one answer after another: its text as it comes, then its end or its failure."""

    def text(self, piece: str) -> None: ...
    def end(self, answer: Answer) -> None: ...
    def fail(self, error: AppError) -> None: ...


class TextOutput:
    """The text as it streams, then a line of figures on `figures_to`; `between` parts answers."""

    def __init__(self, terminal: Terminal, figures_to: TextIO, between: str = "") -> None:
        self._terminal = terminal
        self._figures_to = figures_to
        self._between = between
        self._answers = 0
        self._line_open = False

    def text(self, piece: str) -> None:
        if not piece:
            return
        if self._answers and not self._line_open:
            self._terminal.write(self._between)
        self._terminal.write(piece)
        self._line_open = True

    def end(self, answer: Answer) -> None:
        self._terminal.write("\n")
        self._line_open = False
        self._answers += 1
        if dropped := answer.metrics.dropped_turns:
            turns = "turn was" if dropped == 1 else f"{dropped} turns were"
            self._terminal.note(f"The oldest {turns} left out to fit the context.")
        self._terminal.note(figures(answer.metrics), self._figures_to)

    def fail(self, error: AppError) -> None:
        if self._line_open:
            self._terminal.write("\n")
            self._line_open = False
        self._terminal.fail(error)


class JsonOutput:
    """One object a line: an answer, or ``{"error": …}`` in the place of one."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal

    def text(self, piece: str) -> None:
        pass  # it comes whole, in `end`

    def end(self, answer: Answer) -> None:
        metrics = answer.metrics
        self._print(
            {
                "text": answer.text,
                "finish_reason": metrics.finish_reason,
                "prompt_tokens": metrics.prompt_tokens,
                "completion_tokens": metrics.completion_tokens,
                "ttft_ms": _rounded(metrics.ttft_ms),
                "tokens_per_s": _rounded(metrics.tokens_per_s),
            }
        )

    def fail(self, error: AppError) -> None:
        self._terminal.fail(error)
        self._print({"error": {"code": error.code, "message": error.message, "hint": error.hint}})

    def _print(self, value: object) -> None:
        # ASCII, so that no locale can damage it.
        self._terminal.stdout.write(json.dumps(value) + "\n")
        self._terminal.stdout.flush()


def output_for(terminal: Terminal, *, as_json: bool) -> Output:
    """What was asked for: JSON, or text with its figures below it."""
    return JsonOutput(terminal) if as_json else TextOutput(terminal, terminal.stdout)


def figures(metrics: AnswerMetrics) -> str:
    """``TTFT 38 ms · 212.4 tok/s · 57 tokens · stop``; what was not measured is left out."""
    parts = []
    if metrics.ttft_ms is not None:
        parts.append(f"TTFT {format_seconds(metrics.ttft_ms / 1000)}")
    if metrics.tokens_per_s is not None:
        parts.append(f"{metrics.tokens_per_s:.1f} tok/s")
    unit = "token" if metrics.completion_tokens == 1 else "tokens"
    parts.append(f"{format_count(metrics.completion_tokens)} {unit}")
    stopped = metrics.finish_reason == "abort"
    parts.append("stopped" if stopped else str(metrics.finish_reason))
    return " · ".join(parts)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
