"""Where the app keeps its files, and finds what it was shipped with."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_llm.config.paths import app_paths, guide_model, resources


def test_that_one_variable_puts_everything_under_one_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKTOP_LLM_HOME", str(tmp_path))
    paths = app_paths()
    for path in (
        paths.settings, paths.profiles, paths.conversations, paths.models, paths.cache, paths.logs,
    ):  # fmt: skip
        assert path.is_relative_to(tmp_path)
    assert list(tmp_path.iterdir()) == [], "asking where makes nothing"


def test_that_the_variable_may_be_relative_or_begin_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    monkeypatch.setenv("DESKTOP_LLM_HOME", "here")
    assert app_paths().data == tmp_path / "here" / "data"
    monkeypatch.setenv("DESKTOP_LLM_HOME", "~/llm")
    assert app_paths().config == tmp_path / "person" / "llm" / "config"


def test_that_the_platforms_folders_are_used_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DESKTOP_LLM_HOME", raising=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    paths = app_paths()
    assert paths.conversations == tmp_path / "data" / "desktop-llm" / "conversations.sqlite3"
    assert paths.settings == tmp_path / "config" / "desktop-llm" / "settings.json"
    assert paths.cache == tmp_path / "cache" / "desktop-llm"


def test_that_the_shipped_resources_are_there() -> None:
    assert (guide_model() / "config.json").is_file()
    assert guide_model().parent == resources()
