"""Runs the quantize worker for tests: in a process of its own, or many jobs in one.

Importing torch and AutoAWQ takes seconds, so tests that do not look at the process share one. Run
as a module it does each job of a JSON file with what the worker itself runs.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_llm.quantize.protocol import (
    DESCRIPTOR_VARIABLE,
    Failure,
    Message,
    Progress,
    Result,
    Stage,
    decode,
)
from desktop_llm.quantize.types import QuantizeSettings

ROOT = Path(__file__).resolve().parents[2]
TEXT = "The KV cache holds keys and values of every token, so that none is computed twice. "


@dataclass(frozen=True)
class QuantizeJob:
    """One job; its texts are 40 times TEXT unless said otherwise."""

    source: Path
    output: Path
    settings: QuantizeSettings
    texts: Sequence[str] = field(default_factory=lambda: [TEXT * 4] * 40)

    def write(self) -> Path:
        """JOB.json beside `output`, which is made."""
        self.output.mkdir(parents=True, exist_ok=True)
        folder = self.output.parent
        texts = folder / f"{self.output.name}.texts.jsonl"
        texts.write_text("".join(json.dumps({"text": text}) + "\n" for text in self.texts))
        job = folder / f"{self.output.name}.job.json"
        described = {
            "source": str(self.source),
            "output": str(self.output),
            "settings": self.settings.model_dump(mode="json"),
            "texts": str(texts),
        }
        job.write_text(json.dumps(described))
        return job


def run_worker(job: QuantizeJob) -> tuple[list[Message], int, str]:
    """What a worker of its own said, its exit code, and what it printed."""
    return _converse(["-m", "desktop_llm.quantize.worker", str(job.write())])


def run_together(jobs: Sequence[QuantizeJob]) -> list[list[Message]]:
    """What was said of each job, all done in one process; each ends with Result or Failure."""
    messages, code, printed = _converse(
        ["-m", "tests.helpers.quantize_jobs", *(str(job.write()) for job in jobs)]
    )
    assert code == 0, printed
    said: list[list[Message]] = [[]]
    for message in messages:
        said[-1].append(message)
        if isinstance(message, Result | Failure):
            said.append([])
    return said[:-1]


def _converse(arguments: Sequence[str]) -> tuple[list[Message], int, str]:
    reading, writing = os.pipe()
    variables = {DESCRIPTOR_VARIABLE: str(writing), "HF_HUB_OFFLINE": "1"}
    with subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=os.environ | variables,
        pass_fds=(writing,),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as child:
        os.close(writing)
        printed = child.stdout.read() if child.stdout else ""
        with os.fdopen(reading, "rb") as lines:
            messages = [message for line in lines if (message := decode(line))]
    return messages, child.returncode, printed


def of_kind(messages: Sequence[Message], kind: type[Any]) -> list[Any]:
    return [message for message in messages if isinstance(message, kind)]


def stages(messages: Sequence[Message]) -> list[str]:
    return [message.name for message in of_kind(messages, Stage)]


def shares(messages: Sequence[Message], unit: str) -> list[float]:
    """How far the stage of this unit was, each time it was said."""
    return [said.done / said.total for said in of_kind(messages, Progress) if said.unit == unit]


def size_of(folder: Path) -> int:
    """The bytes of the files in it."""
    return sum(path.stat().st_size for path in folder.iterdir())


def main() -> None:
    from desktop_llm.quantize.protocol import Sender
    from desktop_llm.quantize.worker.__main__ import run
    from desktop_llm.quantize.worker.failures import failure_of
    from desktop_llm.quantize.worker.job import Reporter, WorkerJob

    sender = Sender()
    for path in sys.argv[1:]:
        try:
            job = WorkerJob.model_validate_json(Path(path).read_bytes())
            sender.send(Result(run(job, Reporter(sender))))
        except Exception as error:  # noqa: BLE001  (as the worker does)
            sender.send(failure_of(error))


if __name__ == "__main__":
    main()
