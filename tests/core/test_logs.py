"""The log file."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_llm.core.logs import LOG_NAME, keep_log


@pytest.fixture(autouse=True)
def restored_logging() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("desktop_llm")
    handlers, levels = list(root.handlers), (root.level, ours.level)
    yield
    for handler in set(root.handlers) - set(handlers):
        root.removeHandler(handler)
        handler.close()
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_that_warnings_and_our_own_words_go_to_the_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    keep_log(tmp_path / "logs")
    logging.getLogger("vllm.engine").warning("Triton is not installed")
    logging.getLogger("vllm.engine").info("chatter")
    logging.getLogger("desktop_llm.engine").info("loaded \udce9")
    text = (tmp_path / "logs" / LOG_NAME).read_text("utf-8")
    assert "WARNING vllm.engine: Triton is not installed" in text
    assert "INFO desktop_llm.engine: loaded ?" in text
    assert "chatter" not in text
    assert capfd.readouterr().err == ""


def test_that_a_folder_that_cannot_be_made_does_not_keep_the_app_from_starting(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken").write_text("a file")
    keep_log(tmp_path / "taken" / "logs")
    logging.getLogger("vllm").warning("nobody hears this")
    assert capfd.readouterr().err == ""
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
