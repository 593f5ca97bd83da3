"""The loaded model as the HTTP port has it: vLLM's own client, with our rules before it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from desktop_llm.core.identifiers import new_id
from desktop_llm.engine.pacing import Pacing
from desktop_llm.engine.types import LoadedModel, Owner, Priority

if TYPE_CHECKING:
    from vllm.v1.engine.async_llm import AsyncLLM

    from desktop_llm.engine.generation import Generation
    from desktop_llm.engine.recorder import Recorder

_LEAST_URGENT = 1_000_000


class PortClient:
    """Stands in for `AsyncLLM` where vLLM's serving code wants its engine client. Engine loop only.

    Whatever a client asks for, its requests come after the window's, are counted among those that
    an unload waits for, and carry their owner: the one that `owner` names in the task that asks.
    Where many stream at once, each gets its tokens some at a time (`Pacing`).
    Everything but generating is vLLM's, unchanged.
    """

    def __init__(
        self, llm: AsyncLLM, generation: Generation, pacing: Pacing, owner: Callable[[], Owner]
    ) -> None:
        self._llm = llm
        self._generation = generation
        self._pacing = pacing
        self._owner = owner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._llm, name)

    async def generate(
        self,
        prompt: Any,
        sampling_params: Any,
        request_id: str,
        *,
        priority: int = 0,
        data_parallel_rank: int | None = None,
        **others: Any,
    ) -> AsyncIterator[Any]:
        """As `AsyncLLM.generate`. There is one rank, whatever a header says of it.

        Raises vLLM's EngineDeadError once the model is being unloaded.
        """
        from vllm.sampling_params import RequestOutputKind
        from vllm.v1.engine.exceptions import EngineDeadError

        generation = self._generation
        if generation.closing:
            raise EngineDeadError
        if request_id in generation.asked:  # a client may name its requests, and repeat itself
            request_id = f"{request_id}-{new_id()}"
        priority = clamped(priority)
        with generation.counted(), generation.noted(request_id, self._owner(), priority):
            outputs = self._llm.generate(
                prompt, sampling_params, request_id, priority=priority, **others
            )
            if sampling_params.output_kind is RequestOutputKind.DELTA:
                known = self._llm.output_processor.external_req_ids
                outputs = self._pacing.paced(outputs, lambda: request_id not in known)
            try:
                async for output in outputs:
                    yield output
            finally:
                await outputs.aclose()


class ServedModel:
    """What the port gets of a loaded model. Engine loop only."""

    def __init__(
        self, llm: AsyncLLM, generation: Generation, model: LoadedModel, recorder: Recorder
    ) -> None:
        self.model = model
        self._pacing = Pacing()
        recorder.on_finished = self._pacing.some_ended
        self._llm = llm
        self._generation = generation

    @property
    def closing(self) -> bool:
        """Whether it is being unloaded: what it answers from now on says nothing of the client."""
        return self._generation.closing

    def client(self, owner: Callable[[], Owner]) -> PortClient:
        """vLLM's engine client, for requests of whoever `owner` names."""
        return PortClient(self._llm, self._generation, self._pacing, owner)

    def counted(self) -> AbstractContextManager[None]:
        """A request is under way: an unload waits for it as long as for any answer."""
        return self._generation.counted()


def clamped(priority: int) -> int:
    """A client's priority: never before the window, nor beyond what the engine can hold."""
    return min(max(int(priority), Priority.CLIENT), _LEAST_URGENT)
