"""The entry: which command runs, with which exit code, and what importing it brings along."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_llm import __main__, __version__
from desktop_llm.cli.arguments import ChatOptions
from desktop_llm.core.errors import AppError
from desktop_llm.gui.display import require_display

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


def test_that_a_bad_option_is_an_object_where_json_is_wanted(tmp_path: Path) -> None:
    ran = run("chat", "--json", "--temperature", "9", DESKTOP_LLM_HOME=str(tmp_path))
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["error"]["code"] == "cli.bad_option"
    assert "temperature" in ran.stderr


def test_that_a_missing_library_is_a_sentence_with_its_repair(tmp_path: Path) -> None:
    (tmp_path / "pydantic.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'pydantic'\", name='pydantic')"
    )
    path = f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"
    ran = run("doctor", PYTHONPATH=path, DESKTOP_LLM_HOME=str(tmp_path))
    assert ran.returncode == 1
    assert ran.stderr.startswith("A library that the app needs is missing: pydantic.\n")
    assert "--repair" in ran.stderr
    assert "Traceback" not in ran.stderr


class TestDisplay:
    @pytest.fixture(autouse=True)
    def no_display(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        for name in NO_DISPLAY:
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))

    @pytest.mark.parametrize(
        ("name", "value"), [("DISPLAY", ":9876"), ("WAYLAND_DISPLAY", "wayland-9")]
    )
    def test_that_a_dead_display_opens_the_chat_in_the_terminal(
        self,
        name: str,
        value: str,
        monkeypatch: pytest.MonkeyPatch,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        if name == "WAYLAND_DISPLAY":
            (tmp_path / value).touch()  # what a session that ended leaves behind
        monkeypatch.setenv(name, value)
        monkeypatch.setenv("DESKTOP_LLM_HOME", str(tmp_path))
        monkeypatch.setattr("desktop_llm.cli.chat.run_chat", lambda options, terminal, make_core: 7)
        assert __main__.main([]) == 7
        said = capsys.readouterr().err
        assert said.startswith(f"The display {value} does not answer.")
        assert said.endswith("The chat opens here in the terminal.\n")
        assert said.count("\n") == 1

    def test_that_a_missing_library_is_named_with_the_commands_that_install_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DISPLAY", ":0")
        monkeypatch.setattr(
            "desktop_llm.gui.display._missing_library",
            lambda plugin: "libxcb-cursor.so.0: cannot open shared object file",
        )
        with pytest.raises(AppError, match=r"missing: libxcb-cursor\.so\.0\.") as caught:
            require_display()
        assert "apt install libxcb-cursor0" in caught.value.hint
        assert "dnf install xcb-util-cursor" in caught.value.hint

    def test_that_a_wayland_display_that_answers_is_enough(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
        monkeypatch.setattr("desktop_llm.gui.display._missing_library", lambda plugin: None)
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(tmp_path / "wayland-9"))
            with pytest.raises(AppError, match="wayland-9 does not answer"):
                require_display()
            server.listen()
            require_display()


class TestWhichCommand:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[object]:
        """Records what would run."""
        ran: list[object] = []
        monkeypatch.setenv("DESKTOP_LLM_HOME", str(tmp_path))

        def run_chat(options: ChatOptions, _terminal: object, _make_core: object) -> int:
            ran.append(options)
            return 7

        def window() -> int:
            ran.append("window")
            return 0

        monkeypatch.setattr("desktop_llm.cli.chat.run_chat", run_chat)
        monkeypatch.setattr("desktop_llm.__main__._window", window)
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
