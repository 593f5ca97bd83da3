"""What children say and how they die, in sentences."""

from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from desktop_llm.core.errors import Sentence
from desktop_llm.quantize import failures
from desktop_llm.quantize.protocol import Failure


@pytest.mark.parametrize(
    ("code", "values", "words"),
    [
        ("too_little_text", {"available": "10", "needed": "512"}, ["10 tokens", "512"]),
        ("out_of_memory", {}, ["memory ran out"]),
        ("disk_full", {}, ["disk is full"]),
        ("source_unreadable", {"reason": "Input/output error"}, ["Input/output error"]),
        ("corrupt_shard", {"name": "model-2.safetensors"}, ["model-2.safetensors"]),
        (
            "bad_group_size",
            {"module": "mlp.down_proj", "size": "176", "group_size": "128", "works": ""},
            ["mlp.down_proj", "176", "128", "out"],
        ),
    ],
)
def test_that_a_known_failure_has_a_sentence_that_can_be_translated(
    code: str, values: dict[str, str], words: list[str]
) -> None:
    told = failures.from_child(
        Failure(f"quantize.{code}", "raw", "raw hint", "Traceback", values), "log"
    )
    assert told.code == f"quantize.{code}"
    assert isinstance(told.message, Sentence)
    assert told.hint
    assert told.detail == "Traceback"
    assert all(word in str(told) for word in words)


def test_that_what_would_work_is_said() -> None:
    values = {"module": "m", "size": "192", "group_size": "128", "works": "64 would work."}
    assert failures.from_child(Failure("quantize.bad_group_size", values=values)).hint == (
        "64 would work."
    )


def test_that_a_known_failure_without_its_values_is_taken_as_it_was_said() -> None:
    told = failures.from_child(Failure("quantize.corrupt_shard", "It is broken.", "Copy it."))
    assert (told.message, told.hint) == ("It is broken.", "Copy it.")


def test_that_an_unknown_failure_says_at_least_where_to_look() -> None:
    told = failures.from_child(Failure("engine.odd"), log_tail="the last lines")
    assert told.code == "engine.odd"
    assert told.message
    assert "log" in told.hint
    assert told.detail == "the last lines"


@pytest.mark.parametrize("status", [-signal.SIGKILL, -signal.SIGBUS, -signal.SIGRTMIN - 3, 0, 7])
def test_that_every_death_is_told(status: int) -> None:
    told = failures.died(status, "the last lines")
    assert isinstance(told.message, Sentence)
    assert told.hint
    assert told.detail == "the last lines"


def test_that_a_full_disk_is_told_from_one_that_refuses() -> None:
    path = Path("/somewhere")
    full = failures.not_written(path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
    refused = failures.not_written(path, OSError(errno.EROFS, os.strerror(errno.EROFS)))
    assert full.code == "quantize.disk_full"
    assert refused.code == "quantize.not_written"
    assert "Read-only file system" in refused.message
