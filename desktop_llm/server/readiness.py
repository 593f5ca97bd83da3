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
            await self._app(scope, receive, _honest(served, scope, send))


def unready(state: EngineState) -> Unready:
    """What a client is told while the engine is in `state`."""
    if state.phase in (Phase.LOADING, Phase.READY, Phase.UNLOADING):
        return Unready("model_loading", "The model is being loaded.", _LOADING_RETRY_S)
    return Unready("no_model", "No model is loaded.", _GONE_RETRY_S)


def _refusal(unready: Unready) -> Refusal:
    return Refusal(503, unready.code, unready.message, retry_after=unready.retry_after)


def _honest(served: ServedModel, scope: Scope, send: Send) -> Send:
    """What fails while the model goes is no fault of the request's: it may be sent again."""
    replaced = False

    async def passing(message: Message) -> None:
        nonlocal replaced
        if replaced:
            return
        if message["type"] == "http.response.start" and message["status"] >= 400 and served.closing:
            replaced = True
            await _refusal(unready(EngineState(Phase.UNLOADING))).send(scope, send)
            return
        await send(message)

    return passing
