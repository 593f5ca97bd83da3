"""Who is using the port now: every request, from the moment it may come in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_llm.core.events import Event
from desktop_llm.core.identifiers import new_id
from desktop_llm.engine.statistics import EngineRequest, RequestState
from desktop_llm.engine.types import Owner, OwnerKind
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send, header
from desktop_llm.server.refusals import Refusal

_LABEL_CHARACTERS = 60
_STOPPED = Refusal(503, "stopped", "This request was stopped in the app.")
_owner: ContextVar[Owner | None] = ContextVar("server_request_owner", default=None)


class LiveState(StrEnum):
    """`QUEUED` is not in the engine yet, `WAITING` is there and has no turn."""

    QUEUED = "queued"
    WAITING = "waiting"
    RUNNING = "running"


@dataclass(frozen=True)
class LiveRequest:
    """One request to the port. Tokens are summed over the answers it asked for."""

    id: str
    client: str
    path: str
    state: LiveState
    age_s: float
    prompt_tokens: int = 0
    generated_tokens: int = 0


@dataclass(frozen=True)
class ServedRequest:
    """One that has ended; `status` is None where nothing was answered."""

    id: str
    client: str
    method: str
    path: str
    status: int | None
    seconds: float
    stopped: bool = False


@dataclass
class _Entry:
    owner: Owner
    path: str
    task: asyncio.Task[None] | None
    began: float = field(default_factory=time.monotonic)
    stopped: bool = False


class LiveRequests:
    """The list, and what has left it: `ended` is emitted on the engine loop. Engine loop only."""

    def __init__(self) -> None:
        self.ended: Event[ServedRequest] = Event()
        self._entries: dict[str, _Entry] = {}

    def __len__(self) -> int:
        return len(self._entries)

    def list(self, engine: Iterable[EngineRequest]) -> tuple[LiveRequest, ...]:
        """All of them, the oldest first; `engine` is what the engine has (`Engine.requests`)."""
        found: dict[str, list[EngineRequest]] = {}
        for request in engine:
            if request.owner.kind is OwnerKind.PORT:
                found.setdefault(request.owner.reference, []).append(request)
        now = time.monotonic()
        return tuple(
            _described(name, entry, found.get(name, []), now)
            for name, entry in self._entries.items()
        )

    def cancel(self, request_id: str) -> bool:
        """End a request by cancelling its task; whether it was there."""
        entry = self._entries.get(request_id)
        if entry is None or entry.task is None:
            return False
        entry.stopped = True
        return entry.task.cancel()

    def begin(self, scope: Scope) -> str:
        """Note a request of the running task; its id."""
        name = new_id()
        owner = Owner(OwnerKind.PORT, client_label(scope), name)
        _owner.set(owner)
        self._entries[name] = _Entry(owner, scope["path"], asyncio.current_task())
        return name

    def was_stopped(self, name: str) -> bool:
        """Whether somebody ended it in the app."""
        return self._entries[name].stopped

    def end(self, name: str, method: str, status: int | None) -> None:
        """Take it off the list, and tell of it."""
        entry = self._entries.pop(name)
        self.ended.emit(
            ServedRequest(
                name,
                entry.owner.label,
                method,
                entry.path,
                status,
                time.monotonic() - entry.began,
                entry.stopped,
            )
        )


class Live:
    """The layer that keeps the list."""

    def __init__(self, app: App, requests: LiveRequests) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status: int | None = None

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        name = self._requests.begin(scope)
        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if not self._requests.was_stopped(name) or task is None or status is not None:
                raise
            task.uncancel()
            await _STOPPED.send(scope, noting)
        finally:
            self._requests.end(name, scope["method"], status)


def current_owner() -> Owner:
    """Whose request the running task answers."""
    return _owner.get() or Owner(OwnerKind.PORT)


def client_label(scope: Scope) -> str:
    """A client as a person knows it: what it calls itself, and where it is if not here."""
    agent = (header(scope, b"user-agent") or b"").decode("latin-1")
    name = "".join(c for c in agent if c.isprintable())[:_LABEL_CHARACTERS].strip()
    address = scope["client"][0] if scope.get("client") else ""
    if not address or address in {"127.0.0.1", "::1"}:
        return name or "unnamed client"
    return f"{name} ({address})" if name else str(address)


def _described(name: str, entry: _Entry, found: list[EngineRequest], now: float) -> LiveRequest:
    if not found:
        state = LiveState.QUEUED
    elif any(request.state is RequestState.RUNNING for request in found):
        state = LiveState.RUNNING
    else:
        state = LiveState.WAITING
    return LiveRequest(
        id=name,
        client=entry.owner.label,
        path=entry.path,
        state=state,
        age_s=now - entry.began,
        prompt_tokens=sum(request.prompt_tokens for request in found),
        generated_tokens=sum(request.generated_tokens for request in found),
    )
