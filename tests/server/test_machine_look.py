"""The machine is looked at for `/metrics` only while somebody scrapes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import pytest

from desktop_llm.server.machine_look import MachineLook
from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import Sampler
from tests.telemetry import samples


class Machine:
    """Counts the looks, and whether the driver is held."""

    looks = 0
    open = False

    def read(self) -> Sample:
        self.looks += 1
        self.open = True
        return samples.sample(time.monotonic())

    def close(self) -> None:
        self.open = False


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def sampler(machine: Machine) -> Iterator[Sampler]:
    made = Sampler(lambda: machine)
    yield made
    made.close()


async def let_go(machine: Machine) -> None:
    async with asyncio.timeout(20):
        while machine.open:  # noqa: ASYNC110 - the sampler tells nobody when
            await asyncio.sleep(0.01)


async def test_that_the_first_scrape_has_a_sample_already(
    sampler: Sampler, machine: Machine
) -> None:
    look = MachineLook(sampler)
    assert machine.looks == 0
    assert await look.sample() is not None
    look.close()


async def test_that_the_driver_is_let_go_when_nobody_scrapes_any_more(
    sampler: Sampler, machine: Machine
) -> None:
    look = MachineLook(sampler, keep=0.2)
    await look.sample()
    await let_go(machine)
    assert await look.sample() is not None, "and taken up again"
    look.close()
    await let_go(machine)


async def test_that_an_old_sample_is_not_told_as_todays(
    sampler: Sampler, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = MachineLook(sampler)
    first = await look.sample()
    monkeypatch.setattr("desktop_llm.server.machine_look._FRESH_SECONDS", -1.0)
    monkeypatch.setattr("desktop_llm.server.machine_look._FIRST_LOOK_SECONDS", 0.05)
    assert first is not None
    assert await look.sample() is None
    look.close()
