"""How a side talks to its benchmark: JSON lines, apart from whatever the libraries print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from typing import Any


def given() -> Any:
    """What the benchmark passed at the start."""
    return json.loads(sys.argv[1])


class Line:
    """Standard output for answers alone: all other output goes to standard error from now on."""

    def __init__(self) -> None:
        self._out = os.fdopen(os.dup(1), "w")
        os.dup2(2, 1)

    def answer(self, content: Any) -> None:
        """Send one answer."""
        print(json.dumps(content), file=self._out, flush=True)

    def questions(self) -> Iterator[Any]:
        """The benchmark's questions until it hangs up. Blocks."""
        for text in sys.stdin:
            yield json.loads(text)
