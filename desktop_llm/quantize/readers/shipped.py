"""The texts shipped with the app: files of texts, each under a line "=== name"."""

from __future__ import annotations

import random
import re
from pathlib import Path

_HEADING = re.compile(r"^=== [^\s=].*$", re.MULTILINE)


def read_shipped(folder: Path) -> list[str]:
    """The texts of all .txt files in `folder`, in one order that mixes their kinds.

    The order is always the same, so that the same settings give the same weights. Raises OSError.
    """
    texts = [
        text.strip("\n")
        for path in sorted(folder.glob("*.txt"))
        for text in _HEADING.split(path.read_text("utf-8"))[1:]
    ]
    random.Random(0).shuffle(texts)
    return texts
