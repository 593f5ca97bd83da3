"""The wall: Host, Origin and the key, each as what a peer's port was caught by."""

from __future__ import annotations

import pytest

from desktop_llm.config.server import ServerSettings
from desktop_llm.server.security import Security
from tests.helpers.asgi import Answer, call, passed

KEY = "dllm-test"
GOOD = {"authorization": f"Bearer {KEY}"}


async def ask(settings: ServerSettings | None = None, **given: object) -> Answer:
    """One request through the wall to an app that answers 200."""
    wall = Security(passed, settings or ServerSettings(), lambda: KEY)
    return await call(wall, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": f"Bearer {KEY}"},
        {"authorization": f"bearer {KEY}"},
        {"x-api-key": KEY},
        {"x-api-key": KEY, "authorization": f"Bearer {KEY}"},
    ],
)
async def test_that_the_key_opens_by_either_header(headers: dict[str, str]) -> None:
    assert (await ask(headers=headers)).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": KEY},
        {"authorization": "Bearer "},
        {"authorization": f"Basic {KEY}"},
        {"authorization": f"Bearer {KEY}x"},
        {"authorization": f"Bearer {KEY[:-1]}"},
        {"x-api-key": "ü"},
        {"x-api-key": KEY, "authorization": "Bearer wrong"},
        {"cookie": f"api_key={KEY}"},
    ],
)
async def test_that_without_the_right_key_every_route_is_closed(headers: dict[str, str]) -> None:
    for path in ("/v1/models", "/metrics", "/docs", "/openapi.json", "/invocations", "/nowhere"):
        answer = await ask(path=path, headers=headers)
        assert (answer.status, answer.code) == (401, "invalid_api_key")
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_that_a_key_in_the_address_opens_nothing() -> None:
    assert (await ask(query=f"api_key={KEY}".encode())).status == 401


@pytest.mark.parametrize("path", ["/health/", "//health", "/health/../v1/models", "/HEALTH"])
async def test_that_only_health_itself_is_open(path: str) -> None:
    assert (await ask(path="/health")).status == 200
    assert (await ask(path=path)).status == 401


async def test_that_a_renewed_key_holds_at_once() -> None:
    keys = [KEY]
    wall = Security(passed, ServerSettings(), lambda: keys[0])
    assert (await call(wall, headers=GOOD)).status == 200
    keys[0] = "dllm-other"
    assert (await call(wall, headers=GOOD)).status == 401


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "LOCALHOST.", "127.0.0.1:8000", "[::1]:8000"]
)
async def test_that_the_names_of_this_machine_are_answered(host: str) -> None:
    assert (await ask(headers=GOOD | {"host": host})).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8000",
        "127.0.0.1.attacker.example",
        "localhost.attacker.example",
        "localhost@attacker.example",
        "192.168.1.5",
        "",
        "[::1",
    ],
)
@pytest.mark.parametrize("bound", ["127.0.0.1", "0.0.0.0"])
async def test_that_a_rebound_name_is_refused_on_every_bind(host: str, bound: str) -> None:
    settings = ServerSettings(host=bound)
    for path in ("/v1/models", "/health"):
        answer = await ask(settings, path=path, headers=GOOD | {"host": host})
        assert (answer.status, answer.code) == (421, "wrong_host")


async def test_that_two_host_headers_are_refused() -> None:
    headers = [("host", "localhost"), ("host", "attacker.example"), *GOOD.items()]
    assert (await ask(headers=headers)).status == 421


async def test_that_a_port_for_the_network_answers_to_its_address_and_listed_names() -> None:
    settings = ServerSettings(host="0.0.0.0", hosts=("box.lan",))
    there = ("192.168.1.5", 8000)
    for host in ("192.168.1.5:8000", "box.lan"):
        assert (await ask(settings, headers=GOOD | {"host": host}, server=there)).status == 200


@pytest.mark.parametrize(
    "origin",
    ["https://attacker.example", "null", "http://127.0.0.1:8001", "https://127.0.0.1:8000", ""],
)
async def test_that_a_foreign_page_is_refused_and_no_origin_reflected(origin: str) -> None:
    for method in ("GET", "POST", "OPTIONS"):
        answer = await ask(method=method, headers=GOOD | {"origin": origin})
        assert (answer.status, answer.code) == (403, "foreign_origin")
        assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_that_our_own_page_may_ask() -> None:
    assert (await ask(headers=GOOD | {"origin": "http://127.0.0.1:8000"})).status == 200


async def test_that_a_listed_origin_asks_first_and_reads_the_answer() -> None:
    settings = ServerSettings(origins=("https://app.example",))
    origin = {"origin": "https://app.example"}
    preflight = await ask(
        settings,
        method="OPTIONS",
        headers=origin
        | {
            "access-control-request-method": "POST",
            "access-control-request-headers": "authorization,content-type",
        },
    )
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://app.example"
    assert preflight.headers["access-control-allow-headers"] == "authorization,content-type"
    assert "access-control-allow-credentials" not in preflight.headers
    answer = await ask(settings, headers=origin | GOOD)
    assert answer.status == 200
    assert answer.headers["access-control-allow-origin"] == "https://app.example"
    assert (await ask(settings, headers=origin)).status == 401
    other = await ask(settings, headers=GOOD | {"origin": "https://app.example.attacker.example"})
    assert other.status == 403


async def test_that_headers_are_bounded() -> None:
    many = [(f"x-{number}", "a") for number in range(200)]
    assert (await ask(headers=[*GOOD.items(), *many])).status == 431
    assert (await ask(headers=GOOD | {"x-long": "a" * 40_000})).status == 431
    assert (await ask(headers=GOOD, query=b"a" * 40_000)).status == 431


async def test_that_anthropic_clients_are_refused_in_their_own_form() -> None:
    refused = await ask(path="/v1/messages", method="POST")
    assert refused.json["type"] == "error"
    assert refused.json["error"]["type"] == "authentication_error"
