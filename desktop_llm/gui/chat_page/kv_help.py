"""What another load profile would do for an answer that was held up or refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from desktop_llm.chat.types import Message
from desktop_llm.config.profiles import LoadProfile
from desktop_llm.core.errors import AppError, Remedy, sentence
from desktop_llm.core.memory import KvLedger
from desktop_llm.engine.preemptions import kv_ledger
from desktop_llm.gui.bridge import Bridge
from desktop_llm.gui.core import Core
from desktop_llm.gui.model_control import ModelControl
from desktop_llm.gui.tasks import Background
from desktop_llm.models.device_memory import Surroundings
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.models.kv_remedies import longer_context, more_room
from desktop_llm.models.overheads import Overheads, read_overheads

_Finder = Callable[[ModelFacts, LoadProfile, Surroundings, Overheads], tuple[Remedy, ...]]


class KvHelp:
    """GUI thread; files and the machine are read on the worker thread."""

    def __init__(
        self, core: Core, bridge: Bridge, engine: ModelControl, background: Background
    ) -> None:
        self._core = core
        self._bridge = bridge
        self._engine = engine
        self._background = background

    async def for_answer(self, message: Message) -> AppError | None:
        """What to say of an answer that was held up, or refused for its length; None of others."""
        error, metrics = message.error, message.metrics
        if error is not None and error.needed_tokens:
            told = AppError(
                error.code, error.message, error.hint, needed_tokens=error.needed_tokens
            )
            return await self.for_refusal(told)
        if metrics is None or not metrics.preemptions:
            return None
        ledger = metrics.kv or await self._now() or KvLedger(0, 0)
        found = await self._find(
            lambda facts, profile, around, overheads: more_room(
                facts, profile, around, overheads, ledger
            )
        )
        return AppError(
            "kv.preempted",
            sentence("The KV cache had no room for this answer, so others went first."),
            _hint(found),
            kv=metrics.kv and await self._with_titles(metrics.kv),
            remedies=found,
        )

    async def for_refusal(self, error: AppError) -> AppError:
        """`error` with who holds the KV cache now, and the load profiles that would have helped."""
        needed = error.needed_tokens
        found = await self._find(
            lambda facts, profile, around, overheads: longer_context(
                facts, profile, around, overheads, needed
            )
        )
        return AppError(
            error.code,
            error.message,
            error.hint,
            error.detail,
            error.fix,
            error.fix_value,
            remedies=found,
            kv=await self._now(),
        )

    async def _with_titles(self, ledger: KvLedger) -> KvLedger:
        """With the titles that the conversations have now; those that are gone have none."""
        holders = [
            holder if holder.name else replace(holder, name=await self._title(holder.reference))
            for holder in ledger.holders
        ]
        return replace(ledger, holders=tuple(holders))

    async def _title(self, conversation_id: str) -> str:
        if not conversation_id:
            return ""
        try:
            return (await self._core.store.get(conversation_id)).title
        except AppError:
            return ""

    async def _now(self) -> KvLedger | None:
        async def look() -> KvLedger | None:
            """The engine loop."""
            statistics = self._core.engine.statistics()
            requests = self._core.engine.requests()
            return kv_ledger(statistics, requests) if statistics else None

        return await self._bridge.call(look())

    async def _find(self, finder: _Finder) -> tuple[Remedy, ...]:
        """Nothing where no model is there to be loaded another way, or nothing is known of it."""
        path = self._engine.state.path or self._engine.last_path
        if path is None:
            return ()
        try:
            return await self._background.run(lambda: self._work(path, finder))
        except AppError:
            return ()

    def _work(self, path: Path, finder: _Finder) -> tuple[Remedy, ...]:
        """The worker thread."""
        profile = self._core.profiles.get(path)
        around = self._core.fit_surroundings(profile)
        overheads = read_overheads(self._core.paths.overheads)
        return finder(inspect_folder(path), profile, around, overheads)


def _hint(found: tuple[Remedy, ...]) -> str:
    if found:
        return ""
    return sentence("Let fewer answers run at once; no other load profile would give it more room.")
