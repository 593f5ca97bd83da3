"""Whether there is a model to answer with: the port stays while models come and go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop_llm.engine.types import EngineState, Phase
from desktop_llm.server.asgi import App, Message, Receive, Scope, Send
from desktop_llm.server.refusals import Refusal

if TYPE_CHECKING:
    from desktop_llm.engine.port_client import ServedModel

_LOADING_RETRY_S = 5.0
_GONE_RETRY_S = 30.0


@dataclass(frozen=True)
class Unready:
    """Why nothing can be answered now. `retry_after` is in seconds."""

    code: str
    message: str
    retry_after: float


class Readiness:
    """Lets requests to a model through while there is one, and has its unload wait for them."""

    def __init__(self, app: App, ready: Callable[[], ServedModel | Unready]) -> None:
        self._app = app
        self._ready = ready

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not scope["path"].startswith("/v1/"):
            await self._app(scope, receive, send)
            return
        served = self._ready()
        if isinstance(served, Unready):
            await _refusal(served).send(scope, send)
            return
        with served.counted():
            honest = _Honest(served, scope, send)
            try:
                await self._app(scope, receive, honest)
            except Exception:
                if not served.closing or honest.passed:
                    raise
                await honest.refuse()


def unready(state: EngineState) -> Unready:
    """What a client is told while the engine is in `state`."""
    if state.phase in (Phase.LOADING, Phase.READY, Phase.UNLOADING):
        return Unready("model_loading", "The model is being loaded.", _LOADING_RETRY_S)
    return Unready("no_model", "No model is loaded.", _GONE_RETRY_S)


def _refusal(unready: Unready) -> Refusal:
    return Refusal(503, unready.code, unready.message, retry_after=unready.retry_after)


class _Honest:
    """What fails while the model goes is no fault of the request's: it may be sent again."""

    def __init__(self, served: ServedModel, scope: Scope, send: Send) -> None:
        self.passed = False
        self._served = served
        self._scope = scope
        self._send = send
        self._refused = False

    async def __call__(self, message: Message) -> None:
        if self._refused:
            return
        if (
            message["type"] == "http.response.start"
            and message["status"] >= 400
            and self._served.closing
        ):
            await self.refuse()
            return
        self.passed = True
        await self._send(message)

    async def refuse(self) -> None:
        """Say that the model goes, once."""
        if not self._refused:
            self._refused = True
            await _refusal(unready(EngineState(Phase.UNLOADING))).send(self._scope, self._send)
