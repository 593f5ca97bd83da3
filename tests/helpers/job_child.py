"""A child process of a quantize job that does as it is told, well or badly.

Run with the names of what to do, one after another; a job's file comes last, as the app appends it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from desktop_llm.quantize.protocol import (
    DESCRIPTOR_VARIABLE,
    Failure,
    Hello,
    Log,
    Measured,
    Message,
    Progress,
    Result,
    Stage,
    encode,
)

DESCRIPTOR = int(os.environ[DESCRIPTOR_VARIABLE])
STAGES = ("importing", "loading", "calibrating", "quantizing", "saving")
MEASURED = {"disk_bytes": 1000, "perplexity": 12.5, "answers": ["Something."]}
SLEEPER = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def main() -> None:
    *names, last = sys.argv[1:]
    if not last.endswith(".json"):
        names, last = [*names, last], ""
    job = json.loads(Path(last).read_text("utf-8")) if last else {}
    say(Hello(os.getpid()))
    for name in names:
        what, _, value = name.partition("=")
        ACTIONS[what](job, value)


def say(message: Message) -> None:
    os.write(DESCRIPTOR, encode(message))


def work(job: dict[str, Any], value: str) -> None:
    """Every stage, with the layers of the third; `value` is how long a layer takes."""
    for stage in STAGES:
        say(Stage(stage))
        if stage == "quantizing":
            for layer in range(1, 5):
                time.sleep(float(value or 0))
                say(Progress(layer, 4, "layers", f"layer {layer}"))


def write(job: dict[str, Any], value: str) -> None:
    """The output folder: the source's files."""
    for path in Path(job["source"]).iterdir():
        shutil.copy(path, job["output"])


def result(job: dict[str, Any], value: str) -> None:
    texts = Path(job["texts"]).read_text("utf-8").splitlines()
    made = {"samples_used": len(texts), "tokens_used": 99, "seconds": 1.5, "peak_bytes": 2**30}
    say(Result(made | {"versions": {"torch": "9"}}))


def measured(job: dict[str, Any], value: str) -> None:
    say(Stage("loading"))
    say(Measured("perplexity", {"value": 12.5}))
    say(Result(MEASURED | {"tokens_scored": int(value or 0)}))


def note_folder(job: dict[str, Any], value: str) -> None:
    """Write down what the folder to measure holds, in the file `value`."""
    names = sorted(path.name for path in Path(job["model"]).iterdir())
    Path(value).write_text(json.dumps({"model": job["model"], "names": names}), "utf-8")


def warn(job: dict[str, Any], value: str) -> None:
    say(Log(value))


def fail(job: dict[str, Any], value: str) -> None:
    say(Failure(value, "The model is odd.", "Take another.", "Traceback"))


def failure_with(job: dict[str, Any], value: str) -> None:
    code, _, values = value.partition(":")
    say(Failure(code, values=json.loads(values)))


def other_version(job: dict[str, Any], value: str) -> None:
    say(Hello(os.getpid(), version=99))


def garbage(job: dict[str, Any], value: str) -> None:
    os.write(DESCRIPTOR, b"\xff\x00 no message\n[]\nnull\n{}\n" + b'{"kind": "stage"}\n')
    os.write(DESCRIPTOR, b'{"kind": "progress", "done": "x", "total": [], "unit": 1}\n')
    os.write(DESCRIPTOR, b'{"kind": "result", "values": "none"}\n')


def half(job: dict[str, Any], value: str) -> None:
    """A message in two pieces, then a piece of one."""
    line = encode(Stage("in two pieces"))
    os.write(DESCRIPTOR, line[:9])
    time.sleep(0.1)
    os.write(DESCRIPTOR, line[9:])


def piece(job: dict[str, Any], value: str) -> None:
    os.write(DESCRIPTOR, encode(Stage("cut short"))[:12])


def long_line(job: dict[str, Any], value: str) -> None:
    """Far longer than any message."""
    with os.fdopen(os.dup(DESCRIPTOR), "wb") as stream:
        for _ in range(20):
            stream.write(b"x" * 2**20)
        stream.write(b"\n")


def flood(job: dict[str, Any], value: str) -> None:
    """More messages than a pipe holds."""
    for number in range(20_000):
        say(Progress(number, 20_000, "layers"))


def talk(job: dict[str, Any], value: str) -> None:
    """Print `value` MiB."""
    for number in range(int(value)):
        sys.stdout.write(f"{number:010} " * (2**20 // 11) + "\n")
    print("the last that was printed", flush=True)


def close(job: dict[str, Any], value: str) -> None:
    os.close(DESCRIPTOR)


def hang(job: dict[str, Any], value: str) -> None:
    time.sleep(60)


def sleep(job: dict[str, Any], value: str) -> None:
    time.sleep(float(value))


def deaf(job: dict[str, Any], value: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def neat(job: dict[str, Any], value: str) -> None:
    """When asked to end, take a moment and leave `value`, a file."""

    def leave(*_: object) -> None:
        time.sleep(0.3)
        Path(value).touch()
        sys.exit(1)

    signal.signal(signal.SIGTERM, leave)


def start_others(job: dict[str, Any], value: str) -> None:
    """Children: in this group, in one of its own, and one that has left everything behind."""
    command = [sys.executable, "-c", SLEEPER]
    subprocess.Popen(command)
    subprocess.Popen(command, start_new_session=True)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.execv(sys.executable, command)
        os._exit(0)


def stop(job: dict[str, Any], value: str) -> None:
    os.kill(os.getpid(), signal.SIGSTOP)


def die(job: dict[str, Any], value: str) -> None:
    os.kill(os.getpid(), getattr(signal, value))
    time.sleep(5)


def leave(job: dict[str, Any], value: str) -> None:
    sys.exit(int(value))


ACTIONS = {
    action.__name__: action
    for action in (
        work, write, result, measured, note_folder, warn, fail, failure_with, other_version,
        garbage, half, piece, long_line, flood, talk, close, hang, sleep, deaf, neat,
        start_others, stop, die, leave,
    )
}  # fmt: skip

if __name__ == "__main__":
    main()
