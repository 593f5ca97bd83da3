"""What the HTTP port does, in words and as a colour."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from desktop_llm.gui.sentences import translated
from desktop_llm.server.state import PortPhase, PortState

_DOTS = {
    PortPhase.OFF: "faint",
    PortPhase.STARTING: "warning",
    PortPhase.SERVING: "accent",
    PortPhase.DRAINING: "warning",
    PortPhase.FAILED: "danger",
}


def dot_color(state: PortState) -> str:
    """The colour that the state's light wears."""
    return "danger" if state.blocked else _DOTS[state.phase]


def state_text(state: PortState) -> str:
    """The port's state in a line."""
    translate = QCoreApplication.translate
    match state.phase:
        case PortPhase.OFF:
            return translate("PortState", "Off. No other program can reach the model.")
        case PortPhase.STARTING:
            return translate("PortState", "Opening the port…")
        case PortPhase.DRAINING:
            return translate("PortState", "Closing: requests under way may finish…")
        case PortPhase.FAILED:
            return translate("PortState", "The port is not open.")
    if state.blocked:
        return translate("PortState", "Open. Requests are refused: {reason}").format(
            reason=translated(state.blocked)
        )
    if state.model:
        return translate("PortState", "Open. Requests are answered by {model}.").format(
            model=state.model
        )
    return translate("PortState", "Open. Requests are answered with 503 until a model is ready.")


def short_state(state: PortState, port: int) -> str:
    """The port's state for the status bar."""
    translate = QCoreApplication.translate
    match state.phase:
        case PortPhase.OFF:
            return translate("PortState", "Port off")
        case PortPhase.STARTING:
            return translate("PortState", "Port opening…")
        case PortPhase.DRAINING:
            return translate("PortState", "Port closing…")
        case PortPhase.FAILED:
            return translate("PortState", "Port failed")
    if state.blocked:
        return translate("PortState", "Port {port}: refusing").format(port=port)
    return translate("PortState", "Port {port}").format(port=port)
