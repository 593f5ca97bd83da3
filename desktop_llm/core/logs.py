"""The log file: what our code and the libraries have to say beside the work."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from desktop_llm.core.units import MIB

LOG_NAME = "desktop-llm.log"


def keep_log(folder: Path) -> None:
    """Send log records to a file in `folder` (at most 4 MiB with its predecessors).

    Without a handler Python prints warnings on standard error, into the chat. Where the file cannot
    be written, records are dropped: a full disk must not keep the app from starting. Call once, at
    the start, on the main thread.
    """
    handler: logging.Handler
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handler = RotatingFileHandler(
            folder / LOG_NAME, maxBytes=MIB, backupCount=3, encoding="utf-8", errors="replace"
        )
    except OSError:
        handler = logging.NullHandler()
    handler.setFormatter(
        logging.Formatter("%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("desktop_llm").setLevel(logging.INFO)
