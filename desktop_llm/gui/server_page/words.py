"""The requests to the port, in words."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.core.units import format_count, format_seconds
from desktop_llm.server.live import LiveRequest, LiveState, ServedRequest


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
