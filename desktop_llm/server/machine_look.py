"""The machine for `/metrics`, looked at only while somebody scrapes."""

from __future__ import annotations

import asyncio
import time

from desktop_llm.telemetry.sample import Sample
from desktop_llm.telemetry.sampler import Sampler, Watch

_INTERVAL_SECONDS = 5.0
_FRESH_SECONDS = 15.0
_FIRST_LOOK_SECONDS = 2.0
# Longer than scrapers wait between two scrapes; then the GPU may sleep again.
_KEEP_SECONDS = 150.0


class MachineLook:
    """Holds a watch for a while after each `sample`. One event loop only."""

    def __init__(self, sampler: Sampler, keep: float = _KEEP_SECONDS) -> None:
        self._sampler = sampler
        self._keep = keep
        self._watch: Watch | None = None
        self._leaving: asyncio.TimerHandle | None = None

    async def sample(self) -> Sample | None:
        """A sample of the last seconds; None where the machine gives none in two seconds."""
        if self._leaving is not None:
            self._leaving.cancel()
        self._watch = self._watch or self._sampler.watch(_INTERVAL_SECONDS)
        self._leaving = asyncio.get_running_loop().call_later(self._keep, self.close)
        deadline = time.monotonic() + _FIRST_LOOK_SECONDS
        # The sampler would tell its own thread of a sample, ten times a minute for this one.
        while (sample := self._fresh()) is None and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        return sample

    def close(self) -> None:
        """Look no longer, until the next `sample`."""
        if self._leaving is not None:
            self._leaving.cancel()
        watch, self._watch, self._leaving = self._watch, None, None
        if watch is not None:
            watch.close()

    def _fresh(self) -> Sample | None:
        latest = self._sampler.latest
        if latest is None or time.monotonic() - latest.at > _FRESH_SECONDS:
            return None
        return latest
