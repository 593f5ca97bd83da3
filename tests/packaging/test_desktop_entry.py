"""The menu entry: valid, starting the app that wrote it, and gone when removed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_llm import desktop_entry
from desktop_llm.core.errors import AppError


def parse(text: str) -> dict[str, str]:
    """The entry's keys, with the `string` type's escapes undone."""
    escapes = {"s": " ", "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    values = {}
    header, *lines = text.rstrip("\n").split("\n")
    assert header == "[Desktop Entry]"
    for key, separator, raw in (line.partition("=") for line in lines):
        assert separator, "one line a key"
        value, characters = "", iter(raw)
        for character in characters:
            value += escapes[next(characters)] if character == "\\" else character
        values[key] = value
    return values


def split_exec(value: str) -> list[str]:
    """The arguments of an Exec line, read as the Desktop Entry specification says."""
    arguments, current, quoted, characters = [], "", False, iter(value)
    for character in characters:
        if character == '"':
            quoted = not quoted
        elif quoted and character == "\\":
            current += next(characters)
        elif character == "%":
            assert next(characters) == "%", "a field code that was not meant"
            current += "%"
        elif character == " " and not quoted:
            arguments.append(current)
            current = ""
        else:
            assert quoted or character not in "\t\n'\\><~|&;$*?#()`"
            current += character
    return [*arguments, current]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty XDG_DATA_HOME."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return tmp_path / "data"


def test_that_the_entry_and_its_icons_are_written_and_valid(home: Path) -> None:
    entry = desktop_entry.install()
    assert entry == home / "applications" / "desktop-llm.desktop"
    values = parse(entry.read_text())
    assert values["Type"] == "Application"
    assert values["Icon"] == "desktop-llm"
    assert values["TryExec"] == sys.executable
    icons = home / "icons" / "hicolor"
    assert "<svg" in (icons / "scalable" / "apps" / "desktop-llm.svg").read_text()
    for size in (48, 256):
        png = (icons / f"{size}x{size}" / "apps" / "desktop-llm.png").read_bytes()
        assert png.startswith(b"\x89PNG")
        assert int.from_bytes(png[16:20]) == int.from_bytes(png[20:24]) == size
    assert entry.stat().st_mode & 0o777 == 0o644
    if validator := shutil.which("desktop-file-validate"):
        result = subprocess.run([validator, str(entry)], capture_output=True, text=True)
        assert (result.returncode, result.stdout) == (0, "")


def test_that_the_entry_starts_the_app_from_any_folder(home: Path, tmp_path: Path) -> None:
    command = split_exec(parse(desktop_entry.install().read_text())["Exec"])
    (tmp_path / "desktop_llm.py").write_text("raise SystemExit('not the app')")
    result = subprocess.run([*command, "--version"], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    assert "0.1.0" in result.stdout


@given(st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), min_size=1))
def test_that_any_path_of_the_interpreter_survives_the_quoting(path: str) -> None:
    values = parse(desktop_entry.entry_text("/" + path))
    assert values.keys() == parse(desktop_entry.entry_text("/x")).keys()
    assert values["TryExec"] == "/" + path
    assert split_exec(values["Exec"]) == ["/" + path, "-P", "-m", "desktop_llm"]


def test_that_remove_takes_back_all_that_install_wrote(home: Path) -> None:
    desktop_entry.install()
    desktop_entry.install()
    assert desktop_entry.remove()
    left = [path for path in home.rglob("*") if path.is_file() and path.name != "mimeinfo.cache"]
    assert left == [], "update-desktop-database keeps a cache of its own"
    assert not desktop_entry.remove()


def test_that_a_folder_that_cannot_be_written_is_an_error_with_a_hint(home: Path) -> None:
    home.write_text("a file where the folder should be")
    with pytest.raises(AppError) as error:
        desktop_entry.install()
    assert error.value.code == "desktop_entry.write"
    assert str(home) in error.value.hint


def test_that_a_relative_data_home_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", "relative/data")
    assert desktop_entry.data_home() == Path.home() / ".local" / "share"
