"""vLLM's own serving code behind our port: the one module of the port that imports vllm.

Its routers are taken route by route: what is not on `VLLM_ROUTES` is not served, whatever a later
vLLM adds to them.
"""

from __future__ import annotations

import logging
from argparse import Namespace
from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute
from starlette.datastructures import State
from vllm.entrypoints.anthropic.api_router import router as anthropic
from vllm.entrypoints.launchers.api_server.app_state import init_app_state
from vllm.entrypoints.launchers.cli_args import make_arg_parser
from vllm.entrypoints.openai.chat_completion.api_router import router as chat_completion
from vllm.entrypoints.openai.completion.api_router import router as completion
from vllm.entrypoints.openai.models.api_router import router as models
from vllm.entrypoints.openai.responses.api_router import router as responses
from vllm.entrypoints.serve.exception_handling.error_response import create_error_response
from vllm.entrypoints.serve.exception_handling.handlers.http import http_exception_handler
from vllm.entrypoints.serve.exception_handling.handlers.validation import (
    validation_exception_handler,
)
from vllm.exceptions import VLLMClientError, VLLMError
from vllm.utils.argparse_utils import FlexibleArgumentParser
from vllm.v1.engine.exceptions import EngineDeadError, EngineGenerateError

from desktop_llm.config.server import ServerSettings
from desktop_llm.engine.errors import engine_died
from desktop_llm.engine.parsers import NONE, Parsers, choose_parsers
from desktop_llm.engine.port_client import ServedModel
from desktop_llm.engine.types import Owner
from desktop_llm.server.refusals import refusal_of

log = logging.getLogger(__name__)

VLLM_ROUTES = frozenset(
    {
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/responses"),
        ("GET", "/v1/responses/{response_id}"),
        ("POST", "/v1/responses/{response_id}/cancel"),
        ("POST", "/v1/messages"),
        ("POST", "/v1/messages/count_tokens"),
        ("GET", "/v1/models"),
    }
)
_CLIENT_FAULTS = (VLLMClientError, ValueError, TypeError, OverflowError)


def add_vllm_routes(app: FastAPI) -> None:
    """Mount what is on the list. There must be a model (`attach`) before any of it is asked."""
    router = APIRouter()
    router.routes = [
        route
        for theirs in (chat_completion, completion, responses, anthropic, models)
        for route in theirs.routes
        if isinstance(route, APIRoute)
        and all((method, route.path) in VLLM_ROUTES for method in route.methods)
    ]
    app.include_router(router)
    app.state.args = _arguments()
    app.add_exception_handler(HTTPException, http_exception_handler)
    app.add_exception_handler(RequestValidationError, validation_exception_handler)
    for kind in (VLLMError, ValueError, TypeError, OverflowError, NotImplementedError):
        app.add_exception_handler(kind, _failed)


async def attach(
    app: FastAPI, served: ServedModel, settings: ServerSettings, owner: Callable[[], Owner]
) -> Parsers:
    """Have the routes answer with `served` from now on; the parsers that it got.

    Raises AppError ``server.bad_parser`` where one was chosen that does not suit the model.
    """
    client = served.client(owner)
    parsers = _parsers(client, settings)
    state = State()
    await init_app_state(client, state, _arguments(served, parsers), ("generate",))
    app.state = state
    return parsers


def detach(app: FastAPI) -> None:
    """Let go of the model: what is under way keeps it until it has ended."""
    state = State()
    state.args = app.state.args  # the error handlers look at it
    app.state = state


def _arguments(served: ServedModel | None = None, parsers: Parsers | None = None) -> Namespace:
    """Those of vLLM's server, as it would be started without any, and what we choose."""
    arguments: Namespace = make_arg_parser(FlexibleArgumentParser()).parse_args([])
    arguments.disable_log_stats = True
    arguments.enable_prompt_tokens_details = True
    if served is not None and parsers is not None:
        # Its path is nobody's business: /v1/models would show it.
        arguments.model = served.model.name
        arguments.served_model_name = [served.model.name]
        arguments.tool_call_parser = parsers.tool or None
        arguments.enable_auto_tool_choice = bool(parsers.tool)
        arguments.structured_outputs_config.reasoning_parser = parsers.reasoning
    return arguments


def _parsers(client: Any, settings: ServerSettings) -> Parsers:
    """The chosen ones; else the tools' of the family, and the one that the engine was loaded with.

    The engine begins to hold an answer to its schema where that one says the reasoning has ended.
    """
    loaded_with = client.vllm_config.structured_outputs_config.reasoning_parser
    return choose_parsers(
        client.model_config.hf_config.model_type,
        client.renderer.tokenizer,
        tool=settings.tool_parser,
        reasoning=settings.reasoning_parser or loaded_with or NONE,
    )


async def _failed(request: Request, error: Exception) -> JSONResponse:
    """vLLM's words for it; a request that vLLM stumbled over is the client's to change."""
    if isinstance(error, EngineDeadError):
        refusal = refusal_of(engine_died())
        return JSONResponse(refusal.content(request.url.path), refusal.status)
    if isinstance(error, EngineGenerateError) and isinstance(error.__cause__, _CLIENT_FAULTS):
        error = error.__cause__
    told = create_error_response(error)
    return JSONResponse(told.model_dump(), told.error.code)
