"""The error a person meets, and identifiers."""

from __future__ import annotations

import pickle
import time

from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.identifiers import new_id


def test_that_an_error_reads_as_sentences() -> None:
    error = AppError("engine.died", "It ended.", "Load it again.", detail="EngineDeadError()")
    assert str(error) == "It ended. Load it again."
    assert str(AppError("code", "It ended.")) == "It ended."
    assert error.fix is Fix.NONE
    assert "EngineDeadError" not in str(error)


def test_that_errors_are_told_apart_by_identity() -> None:
    assert AppError("code", "Same.") != AppError("code", "Same.")
    assert len({AppError("code", "Same."), AppError("code", "Same.")}) == 2


def test_that_an_error_survives_a_process_border() -> None:
    error = pickle.loads(pickle.dumps(AppError("code", "It ended.", "Again.", fix=Fix.SHOW_LOG)))
    assert (error.code, error.hint, error.fix) == ("code", "Again.", Fix.SHOW_LOG)


def test_that_ids_sort_by_time_and_never_repeat() -> None:
    first = new_id()
    time.sleep(0.003)
    second = new_id()
    assert first < second
    assert len(first) == 26
    assert len({new_id() for _ in range(10_000)}) == 10_000
