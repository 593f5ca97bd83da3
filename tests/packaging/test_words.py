"""Progress and failures as a person reads them."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bootstrapping import progress  # isort: skip
from bootstrapping.pip import explain  # isort: skip

LOG = Path("/x/.venv/install.log")


@pytest.mark.parametrize(
    ("output", "says"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
         "The disk filled up while installing."),
        ("WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by "
         "'NewConnectionError': /simple/torch/\nERROR: No matching distribution found for torch==1",
         "The package index could not be reached."),
        ("ERROR: Could not install packages due to an OSError: [Errno 13] Permission denied: '/x'",
         "Cannot write into /x/.venv."),
        ("ERROR: Could not find a version that satisfies the requirement a==1 (from versions: 2)\n"
         "ERROR: No matching distribution found for a==1",
         "does not have a==1. Point pip at one that does"),
        ("Could not fetch URL https://x: There was a problem confirming the ssl certificate: "
         "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate",
         "PIP_CERT="),
        ("403 Client Error: Forbidden for url: https://x/simple/a/",
         "(403 Client Error: Forbidden)"),
        ("ERROR: Failed building wheel for autoawq\nmore", "Failed building wheel for autoawq."),
        ("", "it gave no reason"),
    ],
)  # fmt: skip
def test_that_pips_failure_becomes_a_sentence(output: str, says: str) -> None:
    message = str(explain(output, LOG))
    assert says in message
    assert "again" in message
    assert "\n" not in message


@given(st.floats(0, 1e6))
def test_that_a_duration_is_short_and_has_units(seconds: float) -> None:
    text = progress.duration(seconds)
    assert len(text) <= 14
    assert text.endswith((" s", " min"))
    assert "60 s" not in text


class Terminal(io.StringIO):
    """A stream that says it is a terminal, without being one."""

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        raise OSError("no descriptor")


def test_that_progress_names_package_count_size_and_time_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    clock = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    stream = Terminal()
    shown = progress.Progress(4, 400 * progress.MB - 4 * progress.MB, stream)
    wheel = tmp_path / "alpha_x-1.0-py3-none-any.whl"
    wheel.write_bytes(b"0" * 1000)
    steps = [
        (f"Processing {wheel}", "Installing 1 of 4: alpha_x (1 s so far)"),
        ("Collecting torch==2.13.0", "Installing 2 of 4: torch (2 s so far)"),
        ("  Downloading torch-2.13.0.whl (200.0 MB)", "Installing 2 of 4: torch (3 s so far)"),
        ("Progress 19000000 of 200000000",
         "Installing 2 of 4: torch, 19 of 200 MB (20 s so far, about 6 min 20 s left)"),
        (None, "Installing 2 of 4: torch, 19 of 200 MB (21 s so far, about 6 min 39 s left)"),
        ("Installing collected packages: alpha_x, torch",
         "Installing 2 of 4: unpacking 2 packages (40 s so far, about 40 s left)"),
    ]  # fmt: skip
    for (line, expected), now in zip(steps, (101, 102, 103, 120, 121, 140), strict=True):
        clock[0] = float(now)
        shown.follow(line)
        assert stream.getvalue().split("\r\033[K")[-1] == expected
    shown.close()


def test_that_a_log_gets_a_line_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    stream = io.StringIO()
    shown = progress.Progress(50, 0, stream)
    for number in range(50):
        clock[0] = 10 + number
        shown.follow(f"Collecting package-{number}==1.0")
    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[-1].startswith("Installing 46 of 50: package-45 (")


@given(st.lists(st.text()))
def test_that_progress_survives_whatever_pip_prints(lines: list[str]) -> None:
    shown = progress.Progress(3, 1000, io.StringIO())
    for line in lines:
        shown.follow(line)
    shown.close()
