"""The entry: which command runs, with which exit code, and what importing it brings along."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm import __main__, __version__
from desktop_llm.cli.arguments import ChatOptions

NO_DISPLAY = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "desktop_llm", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | environment,
    )


def test_that_the_version_is_told() -> None:
    assert run("--version").stdout == f"desktop-llm {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fly"], "invalid choice: 'fly'"),
        (["chat", "--max-tokens", "many"], "--max-tokens"),
        (["chat", "--temperature", "-1"], "temperature: "),
        (["chat", "--model", "/nowhere/at/all"], "There is no folder /nowhere/at/all."),
        (["--install-desktop-entry", "--remove-desktop-entry"], "not allowed with"),
    ],
)
def test_that_bad_input_is_a_sentence_and_code_2(
    arguments: list[str], words: str, tmp_path: Path
) -> None:
    ran = run(*arguments, DESKTOP_LLM_HOME=str(tmp_path))
    assert ran.returncode == 2
    assert words in ran.stderr
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr


def test_that_the_menu_entry_comes_and_goes(tmp_path: Path) -> None:
    entry = tmp_path / "applications" / "desktop-llm.desktop"
    added = run("--install-desktop-entry", XDG_DATA_HOME=str(tmp_path))
    assert (added.returncode, entry.exists()) == (0, True)
    assert str(entry) in added.stdout
    removed = run("--remove-desktop-entry", XDG_DATA_HOME=str(tmp_path))
    assert (removed.returncode, entry.exists()) == (0, False)
    again = run("--remove-desktop-entry", XDG_DATA_HOME=str(tmp_path))
    assert (again.returncode, again.stdout) == (0, "There was no menu entry to take out.\n")


def test_that_a_child_importing_the_entry_gets_nothing_from_it() -> None:
    # What multiprocessing's spawn does with a parent started by -m.
    code = (
        "import os, runpy, sys; before = dict(os.environ);"
        "runpy.run_module('desktop_llm.__main__', run_name='__mp_main__', alter_sys=True);"
        "assert dict(os.environ) == before;"
        "print(sorted(name for name in sys.modules if name.startswith('desktop_llm')))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.stdout == "['desktop_llm']\n", ran.stderr


class TestWhichCommand:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
        """Records what would run."""
        ran: list[object] = []
        monkeypatch.setenv("DESKTOP_LLM_HOME", str(tmp_path))
        monkeypatch.setattr(
            "desktop_llm.cli.chat.run_chat",
            lambda options, terminal, make_core: ran.append(options) or 7,
        )
        monkeypatch.setattr(
            "desktop_llm.__main__._window", lambda: ran.append("window") or 0, raising=True
        )
        for name in NO_DISPLAY:
            monkeypatch.delenv(name, raising=False)
        return ran

    def test_that_no_command_opens_the_window_where_there_is_a_display(
        self, asked: list[object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in NO_DISPLAY:
            with monkeypatch.context() as changed:
                changed.setenv(name, "something")
                assert __main__.main([]) == 0
        assert asked == ["window"] * 3

    def test_that_without_a_display_it_chats_and_says_why(
        self, asked: list[object], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert __main__.main([]) == 7
        assert asked == [ChatOptions()]
        assert capsys.readouterr().err == (
            "There is no display, so the chat opens here in the terminal.\n"
        )

    def test_that_chat_stays_in_the_terminal_whatever_the_display(
        self, asked: list[object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DISPLAY", ":0")
        assert __main__.main(["chat", "--system", "Be brief."]) == 7
        assert asked == [ChatOptions(system="Be brief.")]

    def test_that_the_libraries_are_prepared_before_anything_runs(
        self, asked: list[object], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for name in ("VLLM_WORKER_MULTIPROC_METHOD", "HF_HUB_OFFLINE", "VLLM_NO_USAGE_STATS"):
            monkeypatch.setenv(name, "")
            monkeypatch.delenv(name)
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", "true")
        __main__.main([])
        assert os.environ["VLLM_WORKER_MULTIPROC_METHOD"] == "spawn"
        assert os.environ["VLLM_NO_USAGE_STATS"] == "1"
        assert os.environ["HF_HUB_OFFLINE"] == "1"
        assert os.environ["TOKENIZERS_PARALLELISM"] == "true", "what the person set is kept"
