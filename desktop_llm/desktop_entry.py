"""The freedesktop entry and icons that put the app in the desktop's menus, to be double-clicked."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from desktop_llm.config.paths import resources
from desktop_llm.core.errors import AppError
from desktop_llm.core.files import write_atomic

NAME = "desktop-llm"
_ICONS = {
    "scalable/apps": "app.svg",
    "256x256/apps": "app-256.png",
    "48x48/apps": "app-48.png",
}


def data_home() -> Path:
    """Where this person's menu entries and icons go. A relative XDG_DATA_HOME does not count."""
    named = os.environ.get("XDG_DATA_HOME", "")
    return Path(named) if Path(named).is_absolute() else Path.home() / ".local" / "share"


def entry_text(interpreter: str) -> str:
    """The entry that starts the app on `interpreter`, which may lie in a virtual environment."""
    # -P: nothing in the folder the desktop starts programs in can pass for a module.
    command = " ".join(map(_exec_argument, (interpreter, "-P", "-m", "desktop_llm")))
    return f"""[Desktop Entry]
Type=Application
Version=1.1
Name=Desktop LLM
GenericName=Language model chat
Comment=Chat with language models that run on this computer
Exec={_string(command)}
TryExec={_string(interpreter)}
Icon={NAME}
Terminal=false
StartupNotify=true
StartupWMClass={NAME}
Categories=Science;ArtificialIntelligence;
Keywords=LLM;chat;assistant;vLLM;GPU;
"""


def install() -> Path:
    """Write the entry and its icons, over older ones; returns the entry.

    Raises AppError ``desktop_entry.write`` where they cannot be written.
    """
    # Not resolved: the link in a virtual environment is what makes it that environment's Python.
    interpreter = str(Path(sys.executable).absolute())
    try:
        for folder, icon in _ICONS.items():
            content = (resources() / "icons" / icon).read_bytes()
            write_atomic(_icon_path(folder, icon), content, mode=0o644)
        write_atomic(_entry_path(), entry_text(interpreter).encode(), mode=0o644)
    except OSError as error:
        raise _failed("written", error) from error
    _tell_desktop()
    return _entry_path()


def remove() -> bool:
    """Remove what `install` wrote; returns whether there was an entry.

    Raises AppError ``desktop_entry.write`` where it cannot be removed.
    """
    found = _entry_path().exists()
    try:
        for path in (_entry_path(), *(_icon_path(*item) for item in _ICONS.items())):
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _failed("removed", error) from error
    if found:
        _tell_desktop()
    return found


def _entry_path() -> Path:
    return data_home() / "applications" / f"{NAME}.desktop"


def _icon_path(folder: str, icon: str) -> Path:
    return data_home() / "icons" / "hicolor" / folder / f"{NAME}{Path(icon).suffix}"


def _failed(done: str, error: OSError) -> AppError:
    return AppError(
        "desktop_entry.write",
        f"The desktop entry could not be {done}: {error.strerror or error}.",
        f"Check that {data_home()} is yours to write and its disk is not full.",
        detail=str(error),
    )


def _tell_desktop() -> None:
    """Menus that keep a cache of entries learn of the change; others look for themselves."""
    if program := shutil.which("update-desktop-database"):
        subprocess.run([program, str(_entry_path().parent)], capture_output=True, timeout=30)


def _exec_argument(argument: str) -> str:
    """Quoted as the Desktop Entry specification asks of Exec: reserved characters in quotes."""
    argument = argument.replace("%", "%%")
    if argument and not any(character in " \t\n\"'\\><~|&;$*?#()`" for character in argument):
        return argument
    for character in '\\"`$':
        argument = argument.replace(character, "\\" + character)
    return f'"{argument}"'


def _string(value: str) -> str:
    """Escaped as the specification's `string` type, which is undone before Exec is parsed."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")
