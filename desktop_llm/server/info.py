"""The port about itself: health, figures and what it offers."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, Response

from desktop_llm.server.metrics import CONTENT_TYPE, Metrics
from desktop_llm.server.readiness import Unready

_PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:15px system-ui;margin:2em auto;max-width:50em;padding:0 1em}}
code{{background:#8882;padding:0 .3em}}</style>
<h1>{title}</h1><p>Every route but <code>/health</code> wants the API key, as
<code>Authorization: Bearer KEY</code> or <code>x-api-key: KEY</code>.
The whole description is at <code>/openapi.json</code>.</p><ul>{routes}</ul></html>"""


def info_router(ready: Callable[[], object], metrics: Metrics) -> APIRouter:
    """`ready` is what the port answers with, or why it cannot."""
    router = APIRouter()

    @router.get("/health", responses={503: {"description": "Alive, but nothing can be answered."}})
    async def health() -> JSONResponse:
        """Alive if it answers at all; ready with 200, and 503 with the reason otherwise."""
        found = ready()
        if isinstance(found, Unready):
            content = {"live": True, "ready": False, "reason": found.code, "text": found.message}
            return JSONResponse(content, 503, {"retry-after": f"{found.retry_after:.0f}"})
        return JSONResponse({"live": True, "ready": True})

    @router.get("/metrics", response_class=Response)
    async def figures() -> Response:
        """Figures in Prometheus text format."""
        return Response(await metrics.text(), media_type=CONTENT_TYPE)

    return router


def docs_router(app: FastAPI) -> APIRouter:
    """A page of the routes that loads nothing from elsewhere, and the OpenAPI document."""
    router = APIRouter()

    @router.get("/docs", response_class=HTMLResponse)
    async def docs() -> HTMLResponse:
        """What the port offers, to read."""
        document = app.openapi()
        routes = "".join(_lines(document))
        return HTMLResponse(_PAGE.format(title=html.escape(app.title), routes=routes))

    @router.get("/openapi.json", response_class=JSONResponse)
    async def openapi() -> JSONResponse:
        """What the port offers, as an OpenAPI document."""
        return JSONResponse(app.openapi())

    return router


def _lines(document: dict[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            what = html.escape(operation.get("description") or operation.get("summary", ""))
            yield f"<li><code>{method.upper()} {html.escape(path)}</code> {what}</li>"
