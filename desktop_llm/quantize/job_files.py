"""What a job's child processes are told, as files beside its record."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from desktop_llm.quantize.failures import not_written
from desktop_llm.quantize.placing import partial_of
from desktop_llm.quantize.types import JobRequest

_VERIFY_TOKENS = 16  # that it answers at all is what is asked


class JobFiles:
    """The files of one job in `folder`, removed when it ends.

    All are written before the long work begins: a disk that is full by then must not cost it.
    """

    def __init__(self, folder: Path) -> None:
        self.worker = folder / "worker.json"
        self.before = folder / "before.json"
        self.after = folder / "after.json"
        self.verify = folder / "verify.json"
        self._texts = folder / "calibration.jsonl"
        self._held_out = folder / "held-out.jsonl"

    def write(
        self,
        request: JobRequest,
        prompts: Sequence[str],
        texts: Iterable[str],
        held_out: Iterable[str],
    ) -> None:
        """Blocks for the disk. Raises AppError ``quantize.disk_full`` or ``…not_written``."""
        partial = str(partial_of(request.output))
        asked = {"texts": str(self._held_out), "prompts": list(prompts)}
        _write(self._texts, ({"text": text} for text in texts))
        _write(self._held_out, ({"text": text} for text in held_out))
        _write(self.before, [{"model": str(request.source), **asked}])
        _write(self.after, [{"model": partial, **asked}])
        _write(
            self.verify,
            [
                {
                    "model": partial,
                    "prompts": list(prompts[:1]),
                    "speeds": False,
                    "answer_tokens": _VERIFY_TOKENS,
                }
            ],
        )
        _write(
            self.worker,
            [
                {
                    "source": str(request.source),
                    "output": partial,
                    "settings": request.settings.model_dump(mode="json"),
                    "texts": str(self._texts),
                    "seed": 0,
                }
            ],
        )


def _write(path: Path, values: Iterable[dict[str, Any]]) -> None:
    """A JSON value a line, for the person's eyes only: there may be conversations in it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.writelines(f"{json.dumps(value)}\n" for value in values)
    except OSError as error:
        raise not_written(path, error) from error
