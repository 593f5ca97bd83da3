"""Calibration text from every source: what is read, how far, and what is said of bad ones."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.config.paths import resources
from desktop_llm.core.errors import AppError, Sentence
from desktop_llm.quantize import calibration
from desktop_llm.quantize.calibration import prepare, take
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    Method,
    QuantizeSettings,
)

SMALL = QuantizeSettings(samples=2, sequence_length=32)  # 64 tokens
LIMIT = 2 * 32 * 8
TEXT = "The quick brown fox jumps over the lazy dog. " * 4


async def none() -> Sequence[str]:
    return []


async def read(
    path: Path | None = None, column: str = "", settings: QuantizeSettings = SMALL, **choice: Any
) -> list[str]:
    choice.setdefault("source", CalibrationSource.FILE)
    chosen = CalibrationChoice(path=path, column=column, **choice)
    return await prepare(chosen, conversations=none, resources=resources(), settings=settings)


async def refusal(*arguments: Any, **choice: Any) -> AppError:
    with pytest.raises(AppError) as caught:
        await read(*arguments, **choice)
    assert isinstance(caught.value.message, Sentence)
    assert isinstance(caught.value.hint, Sentence)
    assert caught.value.hint
    return caught.value


def write_lines(path: Path, *rows: Any) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


# Built-in sets


@pytest.mark.parametrize("source", [CalibrationSource.CHAT, CalibrationSource.CODE])
async def test_that_a_built_in_set_is_the_same_each_time(source: CalibrationSource) -> None:
    settings = QuantizeSettings()
    first = await read(source=source, settings=settings)
    assert first == await read(source=source, settings=settings)
    assert sum(map(len, first)) > 250_000


async def test_that_a_built_in_set_too_small_for_the_settings_is_told_from_one_that_works() -> None:
    long = QuantizeSettings(samples=4096, sequence_length=8192)
    assert await read(source=CalibrationSource.CHAT, settings=long)


async def test_that_round_to_nearest_reads_nothing(tmp_path: Path) -> None:
    assert await read(tmp_path / "gone.txt", settings=QuantizeSettings(method=Method.RTN)) == []


# Text files


async def test_that_a_text_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text(TEXT, "utf-8")
    assert await read(path) == [TEXT]


async def test_that_a_file_is_read_no_further_than_the_settings_can_use(tmp_path: Path) -> None:
    path = tmp_path / "endless.txt"
    with path.open("wb") as stream:
        stream.write(("ü" * 5000).encode())
        stream.truncate(50 << 30)  # 50 GiB, nearly all of it a hole that would not be text
    started = time.monotonic()
    (text,) = await read(path)
    assert text == "ü" * LIMIT
    assert time.monotonic() - started < 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
async def test_that_a_file_with_a_byte_order_mark_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "marked.txt"
    path.write_text(TEXT, encoding)
    assert await read(path) == [TEXT]


async def test_that_another_encoding_is_told_with_its_place_and_the_way_out(tmp_path: Path) -> None:
    path = tmp_path / "old.txt"
    path.write_bytes(b"first line\nsecond \xe4 line\n" + TEXT.encode())
    error = await refusal(path)
    assert error.code == "quantize.calibration_encoding"
    assert "line 2 has a byte (0xe4) that is not UTF-8" in error.message
    assert "iconv -f WINDOWS-1252" in error.hint


async def test_that_a_character_cut_off_by_the_end_of_the_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "cut.txt"
    path.write_bytes(TEXT.encode() + "ü".encode()[:1])
    assert (await refusal(path)).code == "quantize.calibration_encoding"


async def test_that_a_binary_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "photo.txt"
    path.write_bytes(bytes(5000))
    assert "not a text file" in (await refusal(path)).message


@pytest.mark.parametrize("name", ["a.json", "b.CSV", "c.jsonl.gz", "d.pdf"])
async def test_that_other_formats_are_refused_by_name(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(TEXT)
    error = await refusal(tmp_path / name)
    assert error.code == "quantize.calibration_format"
    assert "JSONL or Parquet" in error.hint


async def test_that_what_is_no_file_is_told(tmp_path: Path) -> None:
    assert "No such file" in (await refusal(tmp_path / "gone.txt")).message
    assert "is not a file" in (await refusal(tmp_path)).message
    assert "No calibration file" in (await refusal(None)).message
    os.mkfifo(tmp_path / "pipe.txt")  # nobody writes: opening it would never end
    assert "is not a file" in (await refusal(tmp_path / "pipe.txt")).message


async def test_that_too_little_text_is_refused_with_how_much_is_needed(tmp_path: Path) -> None:
    path = tmp_path / "short.txt"
    path.write_text("too short")
    error = await refusal(path, settings=QuantizeSettings())
    assert error.code == "quantize.calibration_too_little"
    assert "9 characters, where about 16,384 are needed for 8 samples of 512" in error.message
    path.write_text("")
    assert (await refusal(path)).code == "quantize.calibration_too_little"


# JSONL

FORMS: list[tuple[Any, str]] = [
    ({"text": TEXT}, TEXT),
    ({"content": TEXT, "id": 4}, TEXT),
    (TEXT, TEXT),
    ({"prompt": "Why?", "completion": TEXT}, f"Why?\n\n{TEXT}"),
    ({"instruction": "Do", "input": "", "output": TEXT}, f"Do\n\n{TEXT}"),
    ({"instruction": "Do", "input": "this", "output": TEXT}, f"Do\n\nthis\n\n{TEXT}"),
    ({"instruction": "Do", "output": TEXT}, f"Do\n\n{TEXT}"),
    ({"question": "Why?", "answer": TEXT}, f"Why?\n\n{TEXT}"),
    (
        {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": TEXT}]},
        f"User: Hi\n\nAssistant: {TEXT}",
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": TEXT}]},
                      {"role": "assistant", "content": None, "tool_calls": []}]},
        f"User: {TEXT}",
    ),
    (
        {"conversations": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": TEXT}]},
        f"Human: Hi\n\nGpt: {TEXT}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("row", "text"), FORMS)
async def test_that_the_usual_forms_of_rows_are_found(tmp_path: Path, row: Any, text: str) -> None:
    assert await read(write_lines(tmp_path / "rows.jsonl", row)) == [text]


async def test_that_a_column_overrules_what_would_be_found(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"text": "no", "body": TEXT})
    assert await read(path, "body") == [TEXT]


async def test_that_empty_lines_and_empty_texts_are_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    row = json.dumps({"text": TEXT})
    path.write_text(f'\n{row}\n  \n{{"text": null}}\n{{"text": ""}}\n{row}\r\n', "utf-8-sig")
    assert await read(path) == [TEXT, TEXT]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "a"', "not valid JSON (Expecting ',' delimiter, at character 13)"),
        (b"[1, 2]", "it is no JSON object"),
        (b"7", "it is no JSON object"),
        (b'{"title": "a", "n": 3}', "none of its fields ('title', 'n') is known to hold text"),
        (b'{"text": 3}', "its field 'text' is neither text nor messages"),
        (b'{"messages": [3]}', "its field 'messages' holds something else than messages"),
        (b'{"messages": [{"role": "user", "content": 3}]}', "something else than messages"),
        (b'{"text": "\xff"}', "byte 11 (0xff) is not UTF-8"),
        (b"[" * 100_000, "nested too deeply"),
    ],
)
async def test_that_a_bad_line_is_told_by_its_number_and_reason(
    tmp_path: Path, line: bytes, reason: str
) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"text": "fine"}\n\n' + line + b"\n")
    error = await refusal(path)
    assert error.code == "quantize.calibration_line"
    assert error.message.startswith("Line 3 of rows.jsonl cannot be used: ")
    assert reason in error.message


async def test_that_a_missing_column_is_told_with_those_there_are(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "rows.jsonl", {"a": TEXT, "b": TEXT})
    assert "it has no field 'text', only 'a', 'b'" in (await refusal(path, "text")).message


async def test_that_one_endless_line_does_not_fill_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    with path.open("wb") as stream:
        stream.write(b'{"text": "')
        stream.truncate(50 << 30)
    assert "it is longer than 16.0 MiB" in (await refusal(path)).message


async def test_that_a_bad_line_beyond_what_is_needed_is_never_seen(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text(json.dumps({"text": "x" * LIMIT}) + "\nnot json\n")
    assert len(await read(path)) == 1


# Parquet


def write_parquet(path: Path, columns: dict[str, Any], **options: Any) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    parquet.write_table(pyarrow.table(columns), path, **options)
    return path


async def test_that_parquet_is_read_in_the_usual_forms(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"id": [1, 2, 3], "text": [TEXT, None, "b"]})
    assert await read(path) == [TEXT, "b"]
    messages = [[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": TEXT}]]
    path = write_parquet(tmp_path / "b.parquet", {"messages": messages})
    assert await read(path) == [f"User: Hi\n\nAssistant: {TEXT}"]
    path = write_parquet(tmp_path / "c.parquet", {"prompt": ["Why?"], "completion": [TEXT]})
    assert await read(path) == [f"Why?\n\n{TEXT}"]
    assert await read(path, "completion") == [TEXT]


async def test_that_a_large_parquet_file_is_read_only_as_far_as_needed(tmp_path: Path) -> None:
    rows = [f"{number} {TEXT}" for number in range(100_000)]
    path = write_parquet(tmp_path / "a.parquet", {"text": rows}, row_group_size=1000)
    read_rows = await read(path)
    assert read_rows == [*rows[:2], rows[2][: LIMIT - len(rows[0]) - len(rows[1])]]


async def test_that_parquet_without_text_is_told(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "a.parquet", {"n": [1], "label": ["x"]})
    error = await refusal(path)
    assert error.code == "quantize.calibration_column"
    assert "none of its fields ('n', 'label')" in error.message
    assert "neither text nor messages" in (await refusal(path, "n")).message


async def test_that_damaged_parquet_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(b"PAR1" + bytes(100))
    assert (await refusal(path)).code == "quantize.calibration_unreadable"
    whole = write_parquet(tmp_path / "b.parquet", {"text": [TEXT] * 1000}).read_bytes()
    path.write_bytes(whole[:40] + bytes(60) + whole[100:])
    assert (await refusal(path)).code == "quantize.calibration_unreadable"


async def test_that_a_missing_library_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.parquet").write_bytes(b"")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    error = await refusal(tmp_path / "a.parquet")
    assert error.code == "quantize.calibration_library"
    assert "pyarrow" in error.message


# Data sets


def serve_dataset(
    monkeypatch: pytest.MonkeyPatch, load: Callable[..., Iterator[dict[str, Any]]]
) -> None:
    """Put `load` where the library's own function would ask the network."""
    library = types.ModuleType("datasets")
    library.load_dataset = load  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "datasets", library)


async def dataset(name: str = "owner/name", **choice: Any) -> list[str]:
    return await read(source=CalibrationSource.DATASET, dataset=name, **choice)


async def test_that_a_dataset_is_streamed_only_as_far_as_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    given = 0

    def load(name: str, subset: str | None, **options: Any) -> Iterator[dict[str, Any]]:
        nonlocal given
        asked.append((name, subset, options))
        while True:
            given += 1
            yield {"text": "x" * 100}

    serve_dataset(monkeypatch, load)
    texts = await dataset(subset="en", split="validation")
    assert asked == [("owner/name", "en", {"split": "validation", "streaming": True})]
    assert sum(map(len, texts)) == LIMIT
    assert given == 6


async def test_that_the_real_library_says_there_is_no_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(AppError) as caught:
        await dataset("Salesforce/wikitext", subset="wikitext-2-raw-v1")
    assert caught.value.code == "quantize.calibration_network"
    assert "Salesforce/wikitext could not be reached" in caught.value.message


class DatasetNotFoundError(FileNotFoundError):
    """As the library calls it."""


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (DatasetNotFoundError("doesn't exist on the Hub"), "dataset", "There is no data set a/b"),
        (DatasetNotFoundError("'a/b' is a gated dataset"), "dataset", "only for accounts"),
        (ValueError("Bad split: x. Available splits: ['train']"), "dataset", "['train']"),
        (ConnectionError("offline"), "network", "could not be reached"),
        (TimeoutError("slow"), "network", "could not be reached"),
        (RuntimeError("a bug"), "dataset", "cannot be read"),
    ],
)
async def test_that_a_datasets_refusals_become_sentences(
    monkeypatch: pytest.MonkeyPatch, error: Exception, code: str, says: str
) -> None:
    def load(*arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        raise error

    serve_dataset(monkeypatch, load)
    with pytest.raises(AppError) as caught:
        await dataset("a/b")
    assert caught.value.code == f"quantize.calibration_{code}"
    assert says in caught.value.message
    assert caught.value.hint
    assert str(error) in caught.value.detail


async def test_that_a_dataset_without_a_name_or_text_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve_dataset(monkeypatch, lambda *a, **o: iter([{"label": 1}]))
    with pytest.raises(AppError, match="'label'") as caught:
        await dataset()
    assert caught.value.code == "quantize.calibration_column"
    with pytest.raises(AppError, match="No data set is named"):
        await dataset("  ")


async def test_that_a_cancelled_read_stops_asking_for_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    given = 0

    def load(*arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        nonlocal given
        while True:
            given += 1
            time.sleep(0.01)
            yield {"text": "x"}

    serve_dataset(monkeypatch, load)
    reading = asyncio.create_task(dataset())
    await asyncio.sleep(0.1)
    assert given > 0
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    await asyncio.sleep(0.1)
    stopped_at = given
    await asyncio.sleep(0.1)
    assert given == stopped_at


async def test_that_the_loop_runs_on_while_the_network_is_awaited(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*arguments: Any, **options: Any) -> Iterator[dict[str, Any]]:
        time.sleep(0.3)
        yield {"text": "x" * LIMIT}

    serve_dataset(monkeypatch, load)
    reading = asyncio.create_task(dataset())
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    assert turns > 10


# Conversations


async def test_that_conversations_are_taken_as_they_are_given() -> None:
    async def conversations() -> Sequence[str]:
        return [TEXT, "", TEXT]

    choice = CalibrationChoice(source=CalibrationSource.CONVERSATIONS)
    texts = await prepare(
        choice, conversations=conversations, resources=resources(), settings=SMALL
    )
    assert texts == [TEXT, TEXT]


async def test_that_too_few_conversations_are_refused_with_how_much_is_needed() -> None:
    with pytest.raises(AppError) as caught:
        await read(source=CalibrationSource.CONVERSATIONS, settings=QuantizeSettings())
    assert caught.value.code == "quantize.calibration_too_little"
    assert "0 characters, where about 16,384 are needed" in caught.value.message
    assert "Your conversations do not hold enough yet" in caught.value.hint


def test_that_no_text_is_asked_for_beyond_the_limit() -> None:
    def texts() -> Iterator[str]:
        yield "abc"
        yield "  "
        yield "defgh"
        raise AssertionError("asked for more")

    assert take(texts(), 6) == ["abc", "def"]


def test_that_the_worker_can_be_given_what_is_shipped() -> None:
    assert calibration.held_out(resources()) == calibration.held_out()
