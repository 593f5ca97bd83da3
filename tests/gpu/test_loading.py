"""What tests/engine says of loads holds on a GPU, and VRAM comes back each time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desktop_llm.config.profiles import KvCacheSize
from desktop_llm.core.errors import Fix
from tests.engine.conftest import QUICK, Running
from tests.engine.test_loading import *  # noqa: F403
from tests.engine.test_loading import fails
from tests.helpers.tiny_models import TinyModels

pytestmark = [pytest.mark.gpu, pytest.mark.timeout(300)]


def test_that_more_kv_cache_than_memory_is_refused_with_the_fix(  # type: ignore[no-redef]
    new_engine: Callable[[], Running], tiny_models: TinyModels
) -> None:
    """In place of the one for the CPU: here vLLM takes the size as it is, and allocating fails."""
    greedy = QUICK.model_copy(update={"kv_cache": KvCacheSize(gib=4000)})
    failure = fails(new_engine(), tiny_models.folder("llama"), greedy)
    assert failure.code == "engine.no_memory_for_kv_cache"
    assert failure.fix is Fix.EDIT_PROFILE
