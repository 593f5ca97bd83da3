"""What tests/engine says of killed processes holds on a GPU, and VRAM comes back each time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.engine import test_deaths
from tests.engine.conftest import Running
from tests.engine.test_deaths import test_that_a_killed_app_leaves_no_process_two_seconds_later
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(300)]

__all__ = ["test_that_a_killed_app_leaves_no_process_two_seconds_later"]


def test_that_a_killed_engine_is_told_within_a_second_and_reloads(
    new_engine: Callable[[], Running], tiny_models: TinyModels
) -> None:
    """On one GPU the worker runs inside EngineCore: there is no other process to kill."""
    test_deaths.test_that_a_killed_engine_is_told_within_a_second_and_reloads(
        "EngineCore", new_engine, tiny_models
    )
