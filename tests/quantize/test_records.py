"""The records of jobs, of this app, of others beside it and of those that were killed."""

from __future__ import annotations

import errno
import fcntl
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_llm.core.errors import AppError, Fix, Sentence, sentence
from desktop_llm.quantize import record_format
from desktop_llm.quantize.placing import make_partial, partial_of
from desktop_llm.quantize.records import JobRecords, OwnRecord
from desktop_llm.quantize.types import (
    CalibrationChoice,
    CalibrationSource,
    Job,
    JobPhase,
    JobProgress,
    JobRequest,
    JobResult,
    Measurement,
    Method,
    QuantizeSettings,
)

REQUEST = JobRequest(
    source=Path("/models/a"),
    output=Path("/models/a-awq"),
    settings=QuantizeSettings(method=Method.RTN, modules_left_out=("gate",)),
    calibration=CalibrationChoice(source=CalibrationSource.FILE, path=Path("/texts/a.txt")),
    replace=True,
)


def job_of(record: OwnRecord, phase: JobPhase = JobPhase.QUANTIZING, output: Path | None = None,
           ) -> Job:  # fmt: skip
    request = REQUEST if output is None else REQUEST.model_copy(update={"output": output})
    return Job(record.id, request, 1.5e9, JobProgress(phase, 0.4, left_s=3.0), record.log)


def in_all() -> Job:
    """A job with a value in each field."""
    reason = sentence("tensor {name}", name="a")
    return Job(
        id="0123",
        request=REQUEST,
        started_at=1.5e9,
        progress=JobProgress(JobPhase.FAILED, 0.5, 3, 32, "layers", "model.layers.3", 12.5, 99.5),
        log=Path("/log"),
        result=JobResult(
            Path("/models/a-awq"),
            123,
            4.5,
            None,
            128,
            ("What?",),
            Measurement(10, perplexity=9.5, answers=("That.",)),
            Measurement(5, kv_tokens=4096),
        ),
        failure=AppError(
            "quantize.corrupt_shard",
            sentence("{file} is damaged: {reason}.", file="f", reason=reason),
            sentence("Get it again."),
            "Traceback",
            Fix.SHOW_LOG,
            "1",
        ),
        warnings=(sentence("Beware of {what}.", what="this"), "Plain."),
        facts={"versions": {"torch": "2"}, "tokens_used": 9},
    )


def test_that_a_job_survives_its_record() -> None:
    job = in_all()
    back = record_format.from_json(record_format.to_json(job), job.id, job.log)
    assert replace(back, failure=None) == replace(job, failure=None)
    assert back.failure is not None
    assert job.failure is not None
    assert vars(back.failure) == vars(job.failure)
    assert isinstance(back.failure.message, Sentence)
    assert back.failure.message.template == "{file} is damaged: {reason}."
    reason = back.failure.message.values["reason"]
    assert isinstance(reason, Sentence)
    assert reason.values == {"name": "a"}


@pytest.mark.parametrize(
    "data",
    [b"", b"{}", b"[]", b"null", b"\xff", b'{"version": 2}', b'{"version": 1, "request": {}}',
     b"[" * 100_000,
     record_format.to_json(in_all())[:-40],
     record_format.to_json(in_all()).replace(b'"failed"', b'"flying"')],
)  # fmt: skip
def test_that_what_is_no_record_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # whatever its words
        record_format.from_json(data, "0123", Path("/log"))


@pytest.fixture
def records(tmp_path: Path) -> JobRecords:
    return JobRecords(tmp_path / "quantize")


def test_that_there_are_none_at_first(records: JobRecords) -> None:
    assert records.read() == ()


def test_that_the_newest_comes_first_and_a_damaged_one_does_not_hide_the_others(
    records: JobRecords, tmp_path: Path
) -> None:
    made = []
    for _ in range(3):
        record = records.create()
        record.save(job_of(record, JobPhase.DONE))
        record.close()
        made.append(record)
    (made[1].folder / "job.json").write_text("{", "utf-8")
    (tmp_path / "quantize" / "a stray file").touch()
    assert [job.id for job in records.read()] == [made[2].id, made[0].id]
    assert made[1].folder.exists()


def test_that_only_the_person_can_read_a_record_and_its_text_goes_with_the_job(
    records: JobRecords,
) -> None:
    record = records.create()
    record.save(job_of(record))
    (record.folder / "calibration.jsonl").write_text("private", "utf-8")
    for folder in ("another", "engine"):
        (record.folder / folder).mkdir()
        (record.folder / folder / "file").touch()
    record.log.write_text("printed", "utf-8")
    assert record.folder.stat().st_mode & 0o777 == 0o700
    assert (record.folder / "job.json").stat().st_mode & 0o777 == 0o600
    record.tidy()
    record.close()
    record.close()
    kept = {path.name for path in record.folder.iterdir()}
    assert kept == {"job.json", "lock", "worker.log", "engine"}


def test_that_forgetting_removes_the_record_alone(records: JobRecords) -> None:
    record = records.create()
    record.save(job_of(record, JobPhase.DONE))
    record.close()
    records.forget(record.id)
    records.forget(record.id)
    assert records.read() == ()
    assert not record.folder.exists()


def test_that_a_job_that_runs_here_is_not_interrupted(records: JobRecords, tmp_path: Path) -> None:
    record = records.create()
    output = tmp_path / "out"
    partial = make_partial(output)
    record.save(job_of(record, output=output))
    assert [job.progress.phase for job in records.read()] == [JobPhase.QUANTIZING]
    assert partial.exists()
    record.close()
    assert [job.progress.phase for job in records.read()] == [JobPhase.INTERRUPTED]


HOLD = """
import sys
from pathlib import Path
from desktop_llm.quantize.placing import make_partial
from desktop_llm.quantize.records import JobRecords
from desktop_llm.quantize.types import JobPhase
from tests.quantize.test_records import job_of

record = JobRecords(Path(sys.argv[1])).create()
output = Path(sys.argv[2])
record.save(job_of(record, JobPhase(sys.argv[3]), output))
(record.folder / "calibration.jsonl").write_text("private", "utf-8")
if sys.argv[4]:
    (make_partial(output) / "weights").touch()
print(record.id, flush=True)
input()
"""


def another_app(tmp_path: Path, phase: JobPhase, *, makes_partial: bool = True) -> tuple[
    subprocess.Popen[str], str
]:  # fmt: skip
    command = [sys.executable, "-c", HOLD, str(tmp_path / "quantize"), str(tmp_path / "out")]
    app = subprocess.Popen(
        [*command, phase, "yes" if makes_partial else ""],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert app.stdout is not None
    return app, app.stdout.readline().strip()


def test_that_a_job_of_another_app_is_left_alone_until_that_is_killed(
    records: JobRecords, tmp_path: Path
) -> None:
    app, job_id = another_app(tmp_path, JobPhase.QUANTIZING)
    partial = partial_of(tmp_path / "out")
    assert [(job.id, job.progress.phase) for job in records.read()] == [
        (job_id, JobPhase.QUANTIZING)
    ]
    assert partial.exists()
    app.kill()
    app.communicate()
    (job,) = records.read()
    assert (job.progress.phase, job.progress.fraction) == (JobPhase.INTERRUPTED, 0.4)
    assert job.progress.left_s is None
    assert job.failure is not None
    assert job.failure.code == "quantize.interrupted"
    assert job.request.output == tmp_path / "out"
    assert not partial.exists()
    assert not (tmp_path / "quantize" / job_id / "calibration.jsonl").exists()
    assert JobRecords(tmp_path / "quantize").read()[0].failure is not None


def test_that_a_job_killed_before_it_had_a_partial_folder_removes_nobody_s(
    records: JobRecords, tmp_path: Path
) -> None:
    app, _ = another_app(tmp_path, JobPhase.MEASURING_BEFORE, makes_partial=False)
    app.kill()
    app.communicate()
    partial = make_partial(tmp_path / "out")
    assert records.read()[0].progress.phase is JobPhase.INTERRUPTED
    assert partial.exists()


def test_that_a_killed_job_does_not_remove_what_a_running_one_works_in(
    records: JobRecords, tmp_path: Path
) -> None:
    dead, _ = another_app(tmp_path, JobPhase.QUANTIZING, makes_partial=False)
    dead.kill()
    dead.communicate()
    alive, job_id = another_app(tmp_path, JobPhase.QUANTIZING)
    phases = {job.id: job.progress.phase for job in records.read()}
    assert phases.pop(job_id) is JobPhase.QUANTIZING
    assert list(phases.values()) == [JobPhase.INTERRUPTED]
    assert partial_of(tmp_path / "out").exists()
    alive.communicate("\n")


def test_that_a_folder_whose_app_was_killed_before_its_first_word_is_removed(
    records: JobRecords,
) -> None:
    record = records.create()
    assert records.read() == ()
    assert record.folder.exists()
    record.close()
    assert records.read() == ()
    assert not record.folder.exists()


def test_that_on_a_disk_without_locks_an_app_is_known_by_its_number(
    records: JobRecords, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some network file systems are; none can be made here."""

    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    record = records.create()
    record.save(job_of(record, JobPhase.PREPARING))
    assert records.read()[0].progress.phase is JobPhase.PREPARING
    gone = subprocess.Popen(["true"])
    gone.wait()
    (record.folder / "lock").write_text(str(gone.pid), "utf-8")
    assert records.read()[0].progress.phase is JobPhase.INTERRUPTED
    record.close()


def test_that_a_folder_in_which_nothing_can_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AppError) as refused:
        JobRecords(tmp_path / "file" / "quantize").create()
    assert refused.value.code == "quantize.not_written"
