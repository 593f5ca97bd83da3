"""A job's log keeps its end within its bounds."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from desktop_llm.quantize.job_log import JobLog, read_tail

LEFT_OUT = b"[ ... left out: the log had grown too long ... ]\n"


def test_that_there_is_no_text_where_there_is_no_log(tmp_path: Path) -> None:
    assert JobLog(tmp_path / "log").tail() == ""
    assert read_tail(tmp_path / "log") == ""


def test_that_a_log_that_cannot_be_written_is_no_reason_to_stop(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "no such folder" / "log")
    log.write(b"lost")
    assert log.tail() == ""


# What Hypothesis finds in the code, the log's own words, would be taken for them.
pieces_of_output = st.binary(max_size=300).map(lambda data: data.replace(b"[", b"("))


@given(st.lists(pieces_of_output, max_size=40))
def test_that_a_log_stays_within_its_limit_and_ends_as_what_was_written(
    pieces: list[bytes],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        log = JobLog(Path(folder, "log"), limit=1000)
        written = b""
        for piece in pieces:
            log.write(piece)
            written += piece
            kept = log.path.read_bytes()
            assert len(kept) <= 1000
            assert written.endswith(kept.removeprefix(LEFT_OUT))
            assert not piece or kept.removeprefix(LEFT_OUT)


def test_that_a_cut_log_begins_with_a_whole_line_and_says_what_it_is(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "log", limit=1000)
    for number in range(200):
        log.write(b"line %03d\n" % number)
    lines = log.tail().splitlines()
    assert "left out" in lines[0]
    assert all(len(line) == 8 for line in lines[1:])
    assert lines[-1] == "line 199"
    assert log.tail(9) == "line 199\n"


def test_that_the_app_s_own_lines_are_told_from_those_of_the_processes(tmp_path: Path) -> None:
    log = JobLog(tmp_path / "log")
    log.note("quantizing \ud800")
    assert log.tail() == "== quantizing ?\n"
