"""The requests to the port, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.server.live import LiveRequest, LiveState, ServedRequest

if TYPE_CHECKING:
    from desktop_llm.server.port_metrics import PortFigures


def request_state(state: LiveState) -> str:
    """What a request does now."""
    translate = QCoreApplication.translate
    return {
        LiveState.QUEUED: translate("PortRequests", "not in the engine yet"),
        LiveState.WAITING: translate("PortRequests", "waiting"),
        LiveState.RUNNING: translate("PortRequests", "running"),
    }[state]


def request_line(request: LiveRequest) -> str:
    """A request's path, state, tokens and age."""
    translate = QCoreApplication.translate
    tokens = translate("PortRequests", "{prompt} prompt + {generated} generated tokens").format(
        prompt=format_count(request.prompt_tokens),
        generated=format_count(request.generated_tokens),
    )
    parts = [
        _plain(request.path),
        request_state(request.state),
        tokens,
        format_seconds(request.age_s),
    ]
    return " · ".join(parts)


def figures_line(figures: PortFigures) -> str:
    """How full the port is, whom it turned away, and whether its breaker tries again."""
    translate = QCoreApplication.translate
    line = translate(
        "PortRequests",
        "{running} of {most} answered · {waiting} of {line} waiting · {refused} refused",
    ).format(
        running=format_count(figures.running),
        most=format_count(figures.running_limit),
        waiting=format_count(figures.waiting),
        line=format_count(figures.waiting_limit),
        refused=format_count(sum(figures.refused.values())),
    )
    if figures.breaker == "half_open":
        trial = translate("PortRequests", "one request is let through on trial")
        return f"{line} · {trial}"
    return line


def log_line(clock: str, request: ServedRequest) -> str:
    """One ended request for the log."""
    translate = QCoreApplication.translate
    if request.stopped:
        status = translate("PortRequests", "stopped")
    elif request.status is None:
        status = translate("PortRequests", "aborted")
    else:
        status = str(request.status)
    seconds = format_seconds(request.seconds)
    asked = f"{request.method:<4} {_plain(request.path)}"
    return f"{clock}  {status:>9}  {asked}  {seconds}  {request.client}"


def _plain(path: str) -> str:
    """A path as one line, whatever a client has put into it."""
    return "".join(c if c.isprintable() else "�" for c in path)
