"""``/v1/chat``: a prompt in, text events out, for a client of three lines."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError
from desktop_llm.engine.protocol import Generator
from desktop_llm.engine.types import ChatMessage, Delta, GenerationRequest, Priority
from desktop_llm.server.live import current_owner
from desktop_llm.server.refusals import refusal_of

PLAIN = "/v1/chat"
_CLIENT_GONE = 499  # as nginx logs it; nobody is there to read it


class PlainRequest(BaseModel):
    """What `/v1/chat` takes. `max_tokens` at most; without it, as long as the context allows."""

    model_config = ConfigDict(extra="forbid")

    prompt: Annotated[str, Field(min_length=1)]
    max_tokens: Annotated[int, Field(ge=1, le=10_000_000)] | None = None
    temperature: Annotated[float, Field(ge=0, le=2)] | None = None


def plain_router(engine: Generator) -> APIRouter:
    """The route, on the engine that the window uses."""
    router = APIRouter()

    @router.post(
        PLAIN,
        response_class=StreamingResponse,
        responses={
            200: {
                "description": 'Events `data: {"text": …}`; the last has finish_reason and tokens.',
                "content": {"text/event-stream": {}},
            },
            400: {"description": "The prompt or a setting was refused."},
            503: {"description": "No model is ready."},
        },
    )
    async def chat(asked: PlainRequest, request: Request) -> Response:
        """Answer a prompt as a stream of text events."""
        deltas = engine.generate(_generation(asked))
        try:
            first = await _unless_gone(request, deltas)
        except AppError as error:
            refusal = refusal_of(error)
            headers = {name.decode(): value.decode() for name, value in refusal.headers()}
            return JSONResponse(refusal.content(PLAIN), refusal.status, headers)
        if first is None:
            return Response(status_code=_CLIENT_GONE)
        return StreamingResponse(_events(first, deltas), media_type="text/event-stream")

    return router


async def _unless_gone(request: Request, deltas: AsyncIterator[Delta]) -> Delta | None:
    """The first delta; None where the client does not wait for it, and then nobody does."""
    coming = asyncio.ensure_future(anext(deltas))
    leaving = asyncio.ensure_future(_left(request))
    try:
        await asyncio.wait({coming, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if coming.done():
            return coming.result()
        return None
    finally:
        leaving.cancel()
        if not coming.done():
            coming.cancel()
            await asyncio.wait({coming})
            await deltas.aclose()  # type: ignore[attr-defined]


async def _left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _generation(asked: PlainRequest) -> GenerationRequest:
    given = asked.model_dump(include={"max_tokens", "temperature"}, exclude_none=True)
    return GenerationRequest(
        (ChatMessage("user", asked.prompt),),
        SamplingSettings.model_validate(given),
        priority=Priority.CLIENT,
        owner=current_owner(),
    )


async def _events(first: Delta, deltas: AsyncIterator[Delta]) -> AsyncIterator[str]:
    try:
        yield _event(first)
        async for delta in deltas:
            yield _event(delta)
    except AppError as error:
        yield f"data: {json.dumps(refusal_of(error).content(PLAIN))}\n\n"
    finally:
        await deltas.aclose()  # type: ignore[attr-defined]
    yield "data: [DONE]\n\n"


def _event(delta: Delta) -> str:
    content: dict[str, Any] = {"text": delta.text}
    if delta.finish_reason is not None:
        content |= {
            "finish_reason": delta.finish_reason,
            "prompt_tokens": delta.prompt_tokens,
            "completion_tokens": delta.completion_tokens,
        }
    return f"data: {json.dumps(content)}\n\n"
