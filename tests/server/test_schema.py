"""schemathesis against our own OpenAPI document: whatever comes in, no 500 comes out."""

from __future__ import annotations

from typing import Any

import httpx
import hypothesis
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase
from schemathesis import GenerationMode

from tests.server.conftest import OpenPort

pytestmark = pytest.mark.engine

_EXAMPLES = 12
# What bounds an answer, by route: each must be short.
_BOUNDS = {
    "/v1/chat": "max_tokens",
    "/v1/chat/completions": "max_tokens",
    "/v1/completions": "max_tokens",
    "/v1/responses": "max_output_tokens",
    "/v1/messages": "max_tokens",
}


@pytest.fixture(scope="module")
def document(port: OpenPort) -> dict[str, Any]:
    with port.client() as client:
        found: dict[str, Any] = client.get("/openapi.json").json()
        return found


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [
        (method, path, mode)
        for method, path in (
            ("POST", "/v1/chat"),
            ("POST", "/v1/chat/completions"),
            ("POST", "/v1/completions"),
            ("POST", "/v1/responses"),
            ("POST", "/v1/messages"),
            ("POST", "/v1/messages/count_tokens"),
            ("GET", "/v1/responses/{response_id}"),
            ("POST", "/v1/responses/{response_id}/cancel"),
        )
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        # Any text is a good name there, so there is nothing bad to be made.
        if not (path.endswith("/cancel") and mode is GenerationMode.NEGATIVE)
    ],
)
def test_that_nothing_made_from_the_document_is_a_500(
    client: httpx.Client, document: dict[str, Any], method: str, path: str, mode: GenerationMode
) -> None:
    operation = schemathesis.openapi.from_dict(document)[path][method]
    statuses: list[int] = []

    @hypothesis.seed(5)
    @hypothesis.settings(
        max_examples=_EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        sent = case.as_transport_kwargs(base_url=str(client.base_url).rstrip("/"))
        content = sent.get("json")
        if isinstance(content, dict) and mode is GenerationMode.POSITIVE and path in _BOUNDS:
            content |= {_BOUNDS[path]: 4}
        if isinstance(content, dict) and "model" in content:
            content["model"] = "llama"
        answer = client.request(
            sent["method"],
            sent["url"],
            headers={"content-type": "application/json"},
            params=sent.get("params"),
            json=content,
            content=sent.get("data"),
        )
        statuses.append(answer.status_code)
        assert answer.status_code < 500, (sent, answer.text)
        if answer.status_code >= 400:
            assert "error" in answer.json()

    ask()
    assert statuses
    if path == "/v1/chat":
        assert (200 in statuses) is (mode is GenerationMode.POSITIVE)
