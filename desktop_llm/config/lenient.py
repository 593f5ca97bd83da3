"""What another version of the app, or a hand, wrote: the good values of it are kept."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

log = logging.getLogger(__name__)

T = TypeVar("T")


def read_lenient(kind: type[T], values: object, source: str) -> T | None:
    """A `kind` (pydantic model or dataclass) of `values` without the entries that it refuses.

    Entries it does not know are ignored. None where what is left does not make one. What is
    dropped is logged, as being of `source`. Any thread.
    """
    while True:
        try:
            made: T = _adapter(kind).validate_python(values)  # type: ignore[arg-type]
        except ValidationError as error:
            refused = {problem["loc"][0] for problem in error.errors() if problem["loc"]}
            if not isinstance(values, dict) or not refused & values.keys():
                log.warning("%s cannot be read: %s", source, error)
                return None
            for name in sorted(refused & values.keys(), key=str):
                log.warning("%s: %r is not taken: %r", source, name, values[name])
            values = {name: value for name, value in values.items() if name not in refused}
        else:
            return made


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
