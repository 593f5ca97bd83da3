"""The entry: ``desktop-llm`` or ``python -m desktop_llm``.

Importing this module does nothing and pulls in nothing: ``multiprocessing`` imports it again in
every child it spawns.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argparse import Namespace
    from pathlib import Path

    from desktop_llm.cli.arguments import ChatOptions
    from desktop_llm.cli.terminal import Terminal
    from desktop_llm.core.errors import AppError


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command in `argv` (default: the process's own); returns the exit code."""
    given = sys.argv[1:] if argv is None else list(argv)
    from desktop_llm.engine.environment import prepare_environment

    prepare_environment()
    from desktop_llm.cli.terminal import this_terminal
    from desktop_llm.core.errors import AppError

    terminal = this_terminal()
    try:
        if not given and has_display():
            return _window_or_chat(terminal)
        return _command(given, terminal)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("desktop_llm"):
            raise
        terminal.fail(_missing_library(error))
        return 1
    except AppError as error:
        terminal.fail(error)
        return 2 if error.code == "cli.bad_option" else 1
    except KeyboardInterrupt:
        return 130


def _window_or_chat(terminal: Terminal) -> int:
    """The window where one can open, else the chat in the terminal, which says why."""
    from desktop_llm.core.errors import AppError

    try:
        return _window()
    except AppError as error:
        if error.code != "gui.no_display":
            raise
        why = f"{error.message} {error.hint} The chat opens here in the terminal."
    return _chat_instead(why, terminal)


def _window() -> int:
    """The window comes to the screen before the rest is imported: a person waits for it."""
    from desktop_llm.gui.display import require_display

    require_display()  # before Qt is imported, which needs libraries of its own
    from desktop_llm.config.paths import app_paths
    from desktop_llm.gui.main_window import answer_during, open_main_window

    paths = app_paths()
    window = open_main_window(paths)
    answer_during(_import_core)
    from desktop_llm.app import run_window
    from desktop_llm.core.logs import keep_log

    keep_log(paths.logs)
    return run_window(window)


def _import_core() -> None:
    import desktop_llm.app  # noqa: F401


def _command(given: Sequence[str], terminal: Terminal) -> int:
    from desktop_llm.cli.arguments import build_parser, chat_options
    from desktop_llm.config.paths import app_paths
    from desktop_llm.core.logs import keep_log

    arguments = build_parser().parse_args(given)
    if arguments.install_desktop_entry or arguments.remove_desktop_entry:
        return _desktop_entry(terminal, install=arguments.install_desktop_entry)
    if arguments.command == "doctor":
        from desktop_llm.doctor.command import run_doctor

        return run_doctor(terminal.stdout, as_json=arguments.json)
    if arguments.command == "measure":
        return _measure(arguments.job)
    if arguments.command == "chat":
        from desktop_llm.cli.output import output_for
        from desktop_llm.core.errors import AppError

        try:
            options = chat_options(arguments)
        except AppError as error:
            output_for(terminal, as_json=arguments.json).fail(error)
            return 2
        keep_log(app_paths().logs)
        return _chat(options, terminal)
    if arguments.command == "quantize":
        return _quantize(arguments, terminal)
    if arguments.command == "serve":
        return _serve(arguments, terminal)
    if arguments.command == "monitoring":
        return _monitoring(arguments, terminal)
    if arguments.command == "fit":
        return _fit(arguments, terminal)
    if has_display():
        return _window_or_chat(terminal)
    return _chat_instead("There is no display, so the chat opens here in the terminal.", terminal)


def has_display() -> bool:
    """Whether a window can open: a display is named, or Qt was told what to draw on."""
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def _chat_instead(why: str, terminal: Terminal) -> int:
    from desktop_llm.config.paths import app_paths
    from desktop_llm.core.logs import keep_log

    keep_log(app_paths().logs)
    terminal.note(why)
    return _chat(None, terminal)


def _missing_library(error: ModuleNotFoundError) -> AppError:
    from desktop_llm.core.errors import AppError

    return AppError(
        "app.missing_library",
        f"A library that the app needs is missing: {error.name or error}.",
        "Repair the installation: python3 packaging/bootstrap.py run --repair "
        "(or install the wheel again).",
    )


def _chat(options: ChatOptions | None, terminal: Terminal) -> int:
    from desktop_llm.app import build_core
    from desktop_llm.cli.arguments import ChatOptions
    from desktop_llm.cli.chat import run_chat

    return run_chat(options or ChatOptions(), terminal, build_core)


def _quantize(arguments: Namespace, terminal: Terminal) -> int:
    from desktop_llm.app import build_core
    from desktop_llm.cli.quantize import run_quantize
    from desktop_llm.cli.quantize_arguments import job_request
    from desktop_llm.config.paths import app_paths
    from desktop_llm.core.logs import keep_log
    from desktop_llm.telemetry.machine import read_machine

    paths = app_paths()
    request = job_request(arguments, has_gpu=read_machine(paths.data).computes_on_gpu)
    keep_log(paths.logs)
    return run_quantize(request, terminal, build_core, as_json=arguments.json)


def _fit(arguments: Namespace, terminal: Terminal) -> int:
    from desktop_llm.app import fit_surroundings
    from desktop_llm.cli.fit import fit_options, run_fit
    from desktop_llm.config.paths import app_paths
    from desktop_llm.config.profiles import ProfileStore
    from desktop_llm.models.overheads import read_overheads

    paths = app_paths()
    return run_fit(
        fit_options(arguments),
        terminal,
        profile=ProfileStore(paths.profiles).get,
        surroundings=fit_surroundings,
        overheads=read_overheads(paths.overheads),
    )


def _serve(arguments: Namespace, terminal: Terminal) -> int:
    from desktop_llm.cli.serve_arguments import serve_options
    from desktop_llm.config.paths import app_paths
    from desktop_llm.core.logs import keep_log

    options = serve_options(arguments)
    keep_log(app_paths().logs)
    from desktop_llm.app import build_core
    from desktop_llm.cli.serve import run_serve

    return run_serve(options, terminal, build_core)


def _monitoring(arguments: Namespace, terminal: Terminal) -> int:
    from desktop_llm.cli.monitoring import run_monitoring, scrape_of
    from desktop_llm.config.paths import app_paths
    from desktop_llm.config.settings import SettingsStore

    paths = app_paths()
    settings = SettingsStore(paths.settings).current.server
    return run_monitoring(arguments.out, scrape_of(arguments, settings, paths), terminal)


def _measure(job: Path) -> int:
    """Beside the job's own files are the logs of its loads: they must not displace the person's."""
    from dataclasses import replace

    from desktop_llm.app import build_core, read_device_memory
    from desktop_llm.cli.measure import run_measure
    from desktop_llm.config.paths import app_paths

    paths = replace(app_paths(), logs=job.absolute().parent / "engine")
    return run_measure(job, lambda: build_core(paths), read_device_memory)


def _desktop_entry(terminal: Terminal, install: bool) -> int:
    from desktop_llm import desktop_entry

    if install:
        terminal.note(f"Added to the menu: {desktop_entry.install()}", terminal.stdout)
    elif desktop_entry.remove():
        terminal.note("Taken out of the menu.", terminal.stdout)
    else:
        terminal.note("There was no menu entry to take out.", terminal.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
