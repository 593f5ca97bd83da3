"""What the port's requests go through on their way to vLLM, with a scripted one behind."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_llm.engine.pacing import Pacing
from desktop_llm.engine.port_client import PortClient, clamped
from desktop_llm.engine.types import Owner, OwnerKind, Priority

pytestmark = pytest.mark.engine  # it imports vLLM

ME = Owner(OwnerKind.PORT, "tester")
PARAMS = SimpleNamespace(output_kind=None)


class Vllm:
    """Notes what it is asked."""

    model_config = "its own"

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []

    async def generate(
        self, prompt: Any, params: Any, request_id: str, **others: Any
    ) -> AsyncIterator[str]:
        self.asked.append((request_id, others))
        yield "one"
        yield "two"


class Counting:
    """As much of `Generation` as the client uses."""

    closing = False

    def __init__(self) -> None:
        self.asked: dict[str, tuple[Owner, int]] = {}
        self.under_way = 0

    @contextmanager
    def counted(self) -> Iterator[None]:
        self.under_way += 1
        yield
        self.under_way -= 1

    @contextmanager
    def noted(self, request_id: str, owner: Owner, priority: int) -> Iterator[None]:
        self.asked[request_id] = (owner, priority)
        yield
        del self.asked[request_id]


@pytest.mark.parametrize(
    ("asked", "given"), [(-(10**30), 10), (0, 10), (9, 10), (11, 11), (10**30, 1_000_000)]
)
def test_that_a_priority_is_never_before_the_window(asked: int, given: int) -> None:
    assert clamped(asked) == given > Priority.WINDOW


async def test_that_a_request_is_counted_and_has_its_owner_while_it_lasts() -> None:
    vllm, counting = Vllm(), Counting()
    client: Any = PortClient(vllm, counting, Pacing(), lambda: ME)  # type: ignore[arg-type]
    outputs = client.generate(
        "p", PARAMS, "mine", priority=-5, data_parallel_rank=7, session_id="s"
    )
    assert await anext(outputs) == "one"
    assert counting.under_way == 1
    assert counting.asked == {"mine": (ME, Priority.CLIENT)}
    assert vllm.asked == [("mine", {"priority": Priority.CLIENT, "session_id": "s"})]
    assert [output async for output in outputs] == ["two"]
    assert counting.under_way == 0
    assert counting.asked == {}


async def test_that_two_requests_of_one_name_are_two() -> None:
    vllm, counting = Vllm(), Counting()
    client: Any = PortClient(vllm, counting, Pacing(), lambda: ME)  # type: ignore[arg-type]
    first, second = client.generate("p", PARAMS, "mine"), client.generate("p", PARAMS, "mine")
    await anext(first)
    await anext(second)
    names = [name for name, _ in vllm.asked]
    assert names[0] == "mine"
    assert names[1] != "mine"
    assert set(counting.asked) == set(names)
    assert [output async for output in first] == ["two"]
    assert set(counting.asked) == {names[1]}


def test_that_the_rest_is_vllms_own() -> None:
    client: Any = PortClient(Vllm(), Counting(), Pacing(), lambda: ME)  # type: ignore[arg-type]
    assert client.model_config == "its own"
