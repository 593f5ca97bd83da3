"""An HTTP port by script: states, key and requests without a socket. The engine loop's, as is the
real one."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from desktop_llm.config.server import ServerSettings
from desktop_llm.core.errors import AppError
from desktop_llm.core.events import Event
from desktop_llm.server.live import LiveRequest, ServedRequest
from desktop_llm.server.port_metrics import PortFigures
from desktop_llm.server.state import PortPhase, PortState


class FakeKeys:
    """A key in a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> str:
        return self.path.read_text("utf-8")

    def write(self, key: str) -> None:
        """As the port does when it is first opened."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text(key, "utf-8")


@dataclass
class FakeRequests:
    """Tells what a test lets end."""

    ended: Event[ServedRequest] = field(default_factory=Event)


class FakePort:
    """Opens at once, or fails with `failures` one after another. `opened` are the settings."""

    def __init__(self, key: Path) -> None:
        self.changed: Event[PortState] = Event()
        self.requests = FakeRequests()
        self.keys = FakeKeys(key)
        self.state = PortState()
        self.model = "fake-model"
        self.failures: list[AppError] = []
        self.opened: list[ServerSettings] = []
        self.now: tuple[LiveRequest, ...] = ()
        self.now_figures = PortFigures(True, running_limit=48, waiting_limit=48)
        self.looks = 0
        self.stopped: list[str] = []

    def set_state(self, state: PortState) -> None:
        """Tell of it."""
        self.state = state
        self.changed.emit(state)

    async def start(self, settings: ServerSettings) -> PortState:
        self.set_state(PortState(PortPhase.STARTING))
        if not self.keys.path.exists():
            self.keys.write("dllm-the-first-key")
        if self.failures:
            failure = self.failures.pop(0)
            self.set_state(PortState(PortPhase.FAILED, failure=failure))
            raise failure
        self.opened.append(settings)
        self.set_state(PortState(PortPhase.SERVING, settings.address, self.model))
        return self.state

    async def stop(self) -> None:
        self.set_state(PortState(PortPhase.DRAINING, self.state.address))
        self.set_state(PortState())

    async def renew_key(self) -> str:
        self.keys.write("dllm-another-key")
        return self.keys.read()

    def live(self) -> tuple[LiveRequest, ...]:
        self.looks += 1
        return self.now

    def figures(self) -> PortFigures:
        return self.now_figures

    async def stop_request(self, request_id: str) -> bool:
        self.stopped.append(request_id)
        return True
