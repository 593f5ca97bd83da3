"""Calibration text: from where the person chose, and no more of it than the settings can use.

Texts are cut into tokens by the worker, which counts them exactly; here they are characters.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import stat
import threading
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

from desktop_llm.config import paths
from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.units import format_count
from desktop_llm.quantize.readers.hub import read_dataset
from desktop_llm.quantize.readers.jsonl import read_jsonl
from desktop_llm.quantize.readers.parquet import read_parquet
from desktop_llm.quantize.readers.plain import read_plain
from desktop_llm.quantize.readers.shipped import read_shipped
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    Method,
    QuantizeSettings,
)

_DEFAULTS = QuantizeSettings()
# Of English; of code and other languages a token holds less, of long runs of spaces more.
CHARACTERS_PER_TOKEN = 4
_MOST_CHARACTERS_PER_TOKEN = 8
# Fewer say too little about which weights matter.
SMALLEST_SAMPLES = 8
# What cannot be read as text although it may hold some.
_OTHER_FORMATS = {
    ".json", ".csv", ".tsv", ".arrow", ".gz", ".bz2", ".xz", ".zst", ".zip", ".7z", ".tar",
    ".pdf", ".doc", ".docx", ".odt", ".epub",
}  # fmt: skip


async def prepare(
    choice: CalibrationChoice,
    *,
    conversations: Callable[[], Awaitable[Sequence[str]]],
    resources: Path,
    settings: QuantizeSettings = _DEFAULTS,
) -> list[str]:
    """The texts `choice` names, as many as fill `settings`; files and the network are read apart.

    None for round-to-nearest, which looks at none.

    `conversations` gives the person's own, `resources` is the folder of shipped ones. Raises
    AppError: ``quantize.calibration_too_little`` (fewer characters than any tokenizer could make
    enough tokens of), ``…_file``, ``…_format``, ``…_encoding``, ``…_line``, ``…_column``,
    ``…_unreadable``, ``…_library``, ``…_dataset`` or ``…_network``.
    """
    if settings.method is Method.RTN:
        return []
    limit = settings.samples * settings.sequence_length * _MOST_CHARACTERS_PER_TOKEN
    if choice.source is CalibrationSource.CONVERSATIONS:
        texts = take(await conversations(), limit)
    else:
        texts = await _in_thread(lambda stop: _read(choice, resources, limit, stop))
    _require_enough(texts, choice, settings)
    return texts


def held_out(resources: Path | None = None) -> list[str]:
    """The shipped texts that measure a model: none of them is among the calibration texts.

    Reads files. Raises OSError where the installation is damaged.
    """
    return read_shipped((resources or paths.resources()) / "held-out")


def take(texts: Iterable[str], limit: int, stop: threading.Event | None = None) -> list[str]:
    """`texts` up to `limit` characters, the last one cut short; what follows is not asked for."""
    taken: list[str] = []
    for text in texts:
        if stop and stop.is_set():
            break
        if text.strip():
            taken.append(text[:limit])
            limit -= len(taken[-1])
        if limit <= 0:
            break
    return taken


def _read(
    choice: CalibrationChoice, resources: Path, limit: int, stop: threading.Event
) -> list[str]:
    match choice.source:
        case CalibrationSource.CHAT | CalibrationSource.CODE:
            # All of them, whatever the limit: they are small and mixed.
            return read_shipped(resources / "calibration" / choice.source.value)
        case CalibrationSource.DATASET:
            name = choice.dataset.strip()
            if not name:
                raise AppError(
                    "quantize.calibration_dataset",
                    sentence("No data set is named."),
                    sentence("Write its name as on its page: owner/name."),
                )
            rows = read_dataset(name, choice.subset.strip(), choice.split, choice.column)
            return take(rows, limit, stop)
        case _:
            return _read_file(choice, limit, stop)


def _read_file(choice: CalibrationChoice, limit: int, stop: threading.Event) -> list[str]:
    path = choice.path
    if path is None:
        raise AppError(
            "quantize.calibration_file",
            sentence("No calibration file is named."),
            sentence("Choose a .txt, .jsonl or .parquet file."),
        )
    suffix = path.suffix.lower()
    if suffix in _OTHER_FORMATS:
        raise AppError(
            "quantize.calibration_format",
            sentence("{name} is of a kind that is not read here.", name=path.name),
            sentence("Convert it to plain text, JSONL or Parquet."),
        )
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # opening a pipe could block for ever
            raise AppError(
                "quantize.calibration_file",
                sentence("{path} is not a file.", path=path),
                sentence("Choose a .txt, .jsonl or .parquet file."),
            )
        match suffix:
            case ".jsonl" | ".ndjson":
                return take(read_jsonl(path, choice.column), limit, stop)
            case ".parquet":
                return take(read_parquet(path, choice.column), limit, stop)
            case _:
                return take([read_plain(path, limit)], limit)
    except OSError as error:
        raise AppError(
            "quantize.calibration_file",
            sentence("{path} cannot be read: {reason}.", path=path, reason=error.strerror or error),
            sentence("Check that the file is there and that you may read it."),
            detail=str(error),
        ) from error


def _require_enough(
    texts: Sequence[str], choice: CalibrationChoice, settings: QuantizeSettings
) -> None:
    """Refuse what is certainly too little; the worker refuses by tokens."""
    tokens = min(SMALLEST_SAMPLES, settings.samples) * settings.sequence_length
    there = sum(map(len, texts))
    # A tokenizer rarely makes more than one token of a character.
    if there >= tokens:
        return
    needed = tokens * CHARACTERS_PER_TOKEN
    message = sentence(
        "There is too little calibration text: {there} characters, where about {needed} are"
        " needed for {samples} samples of {length} tokens.",
        there=format_count(there),
        needed=format_count(needed),
        samples=format_count(min(SMALLEST_SAMPLES, settings.samples)),
        length=format_count(settings.sequence_length),
    )
    if choice.source is CalibrationSource.CONVERSATIONS:
        hint = sentence(
            "Your conversations do not hold enough yet. Choose the built-in chat text, or a"
            " shorter sequence length."
        )
    else:
        hint = sentence("Add more text, choose a built-in set, or a shorter sequence length.")
    raise AppError("quantize.calibration_too_little", message, hint)


async def _in_thread(read: Callable[[threading.Event], list[str]]) -> list[str]:
    """Run `read` in a thread that neither a cancelled caller nor the app's end waits for.

    It is given an event that says when nobody wants the result any more.
    """
    future: concurrent.futures.Future[list[str]] = concurrent.futures.Future()
    future.set_running_or_notify_cancel()
    stop = threading.Event()

    def run() -> None:
        try:
            future.set_result(read(stop))
        except BaseException as error:  # noqa: BLE001  raised where it is awaited
            future.set_exception(error)

    threading.Thread(target=run, name="calibration text", daemon=True).start()
    try:
        return await asyncio.wrap_future(future)
    finally:
        stop.set()
