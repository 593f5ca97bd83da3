"""What a job's child process tells the app: JSON lines on a file descriptor of their own.

Typed on both sides and versioned; a child's printed output goes to the job's log and is never
parsed. Importing it is free: it is the first thing a child imports.
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import asdict, dataclass, field
from typing import Any

VERSION = 1
DESCRIPTOR_VARIABLE = "DESKTOP_LLM_JOB_DESCRIPTOR"


@dataclass(frozen=True)
class Hello:
    """The child runs. One of another version is not understood."""

    pid: int
    version: int = VERSION


@dataclass(frozen=True)
class Stage:
    """A part of the work begins."""

    name: str


@dataclass(frozen=True)
class Progress:
    """`done` of `total` `unit`s of the stage; `what` names the part."""

    done: float
    total: float
    unit: str
    what: str = ""


@dataclass(frozen=True)
class Measured:
    """A figure or a set of figures, by name."""

    name: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Log:
    """A sentence for the person: a warning, or what was decided."""

    text: str


@dataclass(frozen=True)
class Failure:
    """The end of a job that failed: `code` as of an AppError, the values of its sentence, the raw
    cause in `detail`."""

    code: str
    message: str = ""
    hint: str = ""
    detail: str = ""
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Result:
    """The end of a job that went well."""

    values: dict[str, Any] = field(default_factory=dict)


Message = Hello | Stage | Progress | Measured | Log | Failure | Result
_KINDS: dict[str, type[Message]] = {
    "hello": Hello,
    "stage": Stage,
    "progress": Progress,
    "measured": Measured,
    "log": Log,
    "error": Failure,
    "result": Result,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def encode(message: Message) -> bytes:
    """One line."""
    return json.dumps({"kind": _NAMES[type(message)], **asdict(message)}).encode() + b"\n"


def decode(line: bytes) -> Message | None:
    """The message in `line`, or None if it is none (cut short, or of another version)."""
    try:
        fields = json.loads(line)
        return _KINDS[fields.pop("kind")](**fields)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


class Sender:
    """The child's end. Any thread; a message goes out whole, or raises OSError where nobody reads.

    The descriptor is taken out of the environment and not inherited by the child's own children.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        if descriptor is None:
            descriptor = int(os.environ.pop(DESCRIPTOR_VARIABLE))
        os.set_inheritable(descriptor, False)
        self._stream = os.fdopen(descriptor, "wb", buffering=0)
        self._lock = threading.Lock()

    def send(self, message: Message) -> None:
        line = encode(message)
        with self._lock:
            while line:
                line = line[self._stream.write(line) :]
