"""Holds what vLLM reports after a load against what was worked out before it."""

from __future__ import annotations

import pytest

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.units import GIB
from desktop_llm.engine.types import LoadedModel
from desktop_llm.models.demand import Part
from desktop_llm.models.device_memory import DeviceMemory
from desktop_llm.models.fit_report import FitReport, assess
from desktop_llm.models.folder import inspect_folder


def reported_on(model: LoadedModel, profile: LoadProfile) -> FitReport:
    """For one chat at the context that vLLM gave."""
    memory = DeviceMemory(64 * GIB, 60 * GIB)
    facts = inspect_folder(model.path)
    return assess(facts, profile, memory, cpu=model.device == "cpu", context=model.context_length)


def assert_cache_as_worked_out(model: LoadedModel, profile: LoadProfile) -> None:
    assert isinstance(profile.kv_cache, KvCacheSize)
    pool = reported_on(model, profile).sum.pool
    tokens = pool.tokens(int(profile.kv_cache.gib * GIB), model.context_length)
    assert tokens == pytest.approx(model.kv_cache_tokens, rel=0.05)


def assert_weights_as_worked_out(model: LoadedModel, profile: LoadProfile) -> None:
    weights = reported_on(model, profile).sum.demand.of(Part.WEIGHTS)
    assert weights == pytest.approx(model.weight_bytes, rel=0.02)
