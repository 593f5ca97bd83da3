"""What a job's child process tells the app: JSON lines on a file descriptor of their own.

Typed and checked on both sides, and versioned; a child's printed output goes to the job's log and
is never parsed.
"""

from __future__ import annotations

import os
import threading
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

VERSION = 1
DESCRIPTOR_VARIABLE = "DESKTOP_LLM_JOB_DESCRIPTOR"


@dataclass(frozen=True)
class Hello:
    """The child runs. One of another version is not understood."""

    pid: int
    version: int = VERSION
    kind: Literal["hello"] = "hello"


@dataclass(frozen=True)
class Stage:
    """A part of the work begins."""

    name: str
    kind: Literal["stage"] = "stage"


@dataclass(frozen=True)
class Progress:
    """`done` of `total` `unit`s of the stage; `what` names the part."""

    done: float
    total: float
    unit: str
    what: str = ""
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True)
class Measured:
    """A figure or a set of figures, by name."""

    name: str
    values: dict[str, Any] = Field(default_factory=dict)
    kind: Literal["measured"] = "measured"


@dataclass(frozen=True)
class Log:
    """A sentence for the person: a warning, or what was decided."""

    text: str
    kind: Literal["log"] = "log"


@dataclass(frozen=True)
class Failure:
    """The end of a job that failed: `code` as of an AppError, the values of its sentence, the raw
    cause in `detail`."""

    code: str
    message: str = ""
    hint: str = ""
    detail: str = ""
    values: dict[str, str] = Field(default_factory=dict)
    kind: Literal["error"] = "error"


@dataclass(frozen=True)
class Result:
    """The end of a job that went well."""

    values: dict[str, Any] = Field(default_factory=dict)
    kind: Literal["result"] = "result"


Message = Hello | Stage | Progress | Measured | Log | Failure | Result
_MESSAGE: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="kind")])


def encode(message: Message) -> bytes:
    """One line."""
    return _MESSAGE.dump_json(message) + b"\n"


def decode(line: bytes) -> Message | None:
    """The message in `line`, or None if it is none: cut short, or of fields that are not its."""
    try:
        return _MESSAGE.validate_json(line)
    except ValidationError:
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
