"""The port's app: what a request goes through, from the outside in.

1. `Traffic`: counted and timed for `/metrics`, whatever becomes of it.
2. `Stalling`: a client that reads nothing for long is cut off.
3. `Faults`: an exception never gets out, and every error has the form of its API.
4. `Security`: bounds on headers, Host allow-list, Origin and CORS, the API key.
5. `Resume`: what is inside goes on for a while where its client has gone, if that asked for it.
6. `Live`: the request is on the list that the Server page shows, and can be stopped there.
7. `Bodies`: JSON alone, bounded, decent, naming nothing to be fetched.
8. `Breaking` and `Limiting`: 503 while the engine cannot answer, and where too many wait.
9. `Readiness`: 503 with Retry-After while there is no model; an unload waits for the request.
10. The routes: vLLM's own from the allow-list, `/v1/chat`, health, figures and documentation.

A new layer goes into the list in `build_app`, at the place where it belongs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import FastAPI

from desktop_llm import __version__
from desktop_llm.config.server import ServerSettings
from desktop_llm.engine.protocol import Generator
from desktop_llm.server.asgi import App
from desktop_llm.server.body import Bodies
from desktop_llm.server.faults import Faults
from desktop_llm.server.flow import Flow
from desktop_llm.server.info import docs_router, info_router
from desktop_llm.server.live import Live, LiveRequests
from desktop_llm.server.metrics import Metrics
from desktop_llm.server.plain import plain_router
from desktop_llm.server.readiness import Readiness, Unready
from desktop_llm.server.security import Security
from desktop_llm.server.traffic import Traffic

if TYPE_CHECKING:
    from desktop_llm.engine.port_client import ServedModel

OUR_ROUTES = frozenset(
    {
        ("POST", "/v1/chat"),
        ("GET", "/health"),
        ("GET", "/metrics"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
    }
)


@dataclass(frozen=True)
class Behind:
    """What the app answers from. The callables are asked at each request, on the engine loop."""

    settings: ServerSettings
    engine: Generator
    key: Callable[[], str]
    ready: Callable[[], ServedModel | Unready]
    requests: LiveRequests
    traffic: Traffic
    metrics: Metrics
    flow: Flow


def build_app(behind: Behind) -> tuple[App, FastAPI]:
    """The whole app, and the routes inside it, which a model is attached to."""
    routes = build_routes(behind)
    layers: list[Callable[[App], App]] = [
        lambda app: behind.traffic.measured(app, route_paths(routes)),
        behind.flow.outermost,
        Faults,
        lambda app: Security(app, behind.settings, behind.key),
        behind.flow.behind_the_wall,
        lambda app: Live(app, behind.requests),
        lambda app: Bodies(app, behind.settings),
        behind.flow.before_the_model,
        lambda app: Readiness(app, behind.ready),
    ]
    app: App = routes
    for layer in reversed(layers):
        app = layer(app)
    return app, routes


def route_paths(routes: FastAPI) -> set[str]:
    """The path, or template of one, of each route."""
    return {path for route in routes.routes if (path := getattr(route, "path", None)) is not None}


def build_routes(behind: Behind) -> FastAPI:
    """The routes alone. Imports vLLM: seconds the first time, not on a loop."""
    from desktop_llm.server.vllm_routes import add_vllm_routes

    routes = FastAPI(
        title="Desktop LLM", version=__version__, openapi_url=None, docs_url=None, redoc_url=None
    )
    add_vllm_routes(routes)
    routes.include_router(plain_router(behind.engine))
    routes.include_router(
        info_router(lambda: behind.flow.unready() or behind.ready(), behind.metrics)
    )
    routes.include_router(docs_router(routes))
    return routes
