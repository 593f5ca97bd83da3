"""Parquet files, through pyarrow; only the columns that hold the text are read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from desktop_llm.core.errors import AppError, sentence
from desktop_llm.quantize.readers.rows import RowError, columns_to_read, no_text_error, text_of

_ROWS = 64  # decoded at a time


def read_parquet(path: Path, column: str) -> Iterator[str]:
    """The text of each row in turn. Lazy.

    Raises OSError, or AppError ``quantize.calibration_column``, ``quantize.calibration_unreadable``
    or ``quantize.calibration_library``.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise AppError(
            "quantize.calibration_library",
            sentence("Parquet files need the Python package pyarrow, which is not installed."),
            sentence("Install it beside the app, or convert the file to JSONL."),
            detail=str(error),
        ) from error
    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = columns_to_read(file.schema_arrow.names, column)
            only = names[0] if len(names) == 1 else ""
            for batch in file.iter_batches(batch_size=_ROWS, columns=list(names)):
                for row in batch.to_pylist():
                    if text := text_of(row, only):
                        yield text
    except RowError as error:
        raise no_text_error(path.name, error.reason) from error
    except (pyarrow.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # of the file system; pyarrow's own have no number
        raise AppError(
            "quantize.calibration_unreadable",
            sentence("{name} is damaged, or is not a Parquet file.", name=path.name),
            sentence("Get the file again, or choose another one."),
            detail=str(error),
        ) from error
