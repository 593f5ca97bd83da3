"""Plain text files, in UTF-8 or with the mark of another Unicode encoding."""

from __future__ import annotations

import codecs
from pathlib import Path

from desktop_llm.core.errors import AppError, Sentence, sentence
from desktop_llm.core.units import format_count

# The longer marks first: UTF-32's begins like UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def read_plain(path: Path, limit: int) -> str:
    """The first `limit` characters of a text file; of a longer one the rest is never read.

    Raises OSError, or AppError ``quantize.calibration_encoding`` where it is not Unicode text.
    """
    with path.open("rb") as stream:
        data = stream.read(limit * 4)
        more = bool(stream.read(1))
    mark, encoding = next(
        ((mark, name) for mark, name in _MARKS if data.startswith(mark)), (b"", "utf-8")
    )
    data = data[len(mark) :]
    if encoding == "utf-8" and b"\0" in data:
        raise _not_text(path, sentence("it holds zero bytes, so it is not a text file"))
    try:
        # A character cut by the limit is left out, one cut by the end of the file is an error.
        text = codecs.getincrementaldecoder(encoding)().decode(data, final=not more)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reason = sentence(
            "line {line} has a byte (0x{byte}) that is not {encoding}",
            line=format_count(line),
            byte=f"{data[error.start]:02x}",
            encoding=encoding.upper(),
        )
        raise _not_text(path, reason) from error
    return text[:limit]


def _not_text(path: Path, reason: Sentence) -> AppError:
    return AppError(
        "quantize.calibration_encoding",
        sentence("{name} is not UTF-8 text: {reason}.", name=path.name, reason=reason),
        sentence(
            "Save it as UTF-8 in an editor, or convert it, such as with"
            " iconv -f WINDOWS-1252 -t UTF-8 for an older Windows file."
        ),
    )
