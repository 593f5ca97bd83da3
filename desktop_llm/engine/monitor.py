"""A loaded model's figures and requests, put together when somebody asks. Engine loop only."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from desktop_llm.engine.statistics import EngineRequest, EngineStatistics, RequestState
from desktop_llm.engine.types import LoadedModel, Owner

if TYPE_CHECKING:
    from vllm.v1.engine.async_llm import AsyncLLM

    from desktop_llm.engine.recorder import Recorder


class Monitor:
    """What one loaded `AsyncLLM` is doing. `asked` has owners and priorities by request id."""

    def __init__(
        self,
        llm: AsyncLLM,
        model: LoadedModel,
        recorder: Recorder,
        asked: Mapping[str, tuple[Owner, int]],
    ) -> None:
        self._llm = llm
        self._model = model
        self._recorder = recorder
        self._asked = asked

    def statistics(self) -> EngineStatistics:
        """Some hundred microseconds, most of them for the percentiles."""
        recorder, model = self._recorder, self._model
        placed = place(self.states(), recorder.running, self._priorities())
        count = {state: sum(found is state for _, found in placed) for state in RequestState}
        # A stopped request's blocks are told as free with the next step, so with the next request.
        usage = recorder.kv_usage if placed else 0.0
        blocks = max(model.kv_blocks - 1, 0)
        computed, generated = recorder.speeds()
        return EngineStatistics(
            kv_usage=usage,
            kv_blocks=blocks,
            kv_blocks_used=round(usage * blocks),
            kv_block_size=model.kv_block_size,
            kv_capacity_tokens=model.kv_cache_tokens,
            kv_tokens_used=round(usage * model.kv_cache_tokens),
            running=count[RequestState.RUNNING],
            waiting=count[RequestState.WAITING] + count[RequestState.PREEMPTED],
            preempted=count[RequestState.PREEMPTED],
            preemptions=recorder.preemptions,
            prefix_queries=recorder.prefix_queries,
            prefix_hits=recorder.prefix_hits,
            prompt_tokens=recorder.prompt_tokens,
            cached_prompt_tokens=recorder.cached_prompt_tokens,
            generation_tokens=recorder.generation_tokens,
            finished_requests=recorder.finished_requests,
            prompt_tokens_per_s=computed,
            generation_tokens_per_s=generated,
            **recorder.latencies(),
        )

    def requests(self) -> tuple[EngineRequest, ...]:
        """The running ones, then those that wait in their order."""
        now = time.time()
        placed = place(self.states(), self._recorder.running, self._priorities())
        return tuple(self._describe(request, state, now) for request, state in placed)

    async def stop(self, request_id: str) -> bool:
        """Abort it in the engine; whether it was there. Its reader's last output says so."""
        found = request_id in self._llm.output_processor.external_req_ids
        if found:
            await self._llm.abort(request_id)
        return found

    def look(self) -> tuple[EngineStatistics, tuple[EngineRequest, ...]]:
        """Both of this moment."""
        return self.statistics(), self.requests()

    def states(self) -> list[Any]:
        """vLLM's own, of every request in the engine."""
        return list(self._llm.output_processor.request_states.values())

    def _priorities(self) -> Mapping[str, int]:
        """Empty where the scheduler goes by arrival alone."""
        if self._llm.vllm_config.scheduler_config.policy != "priority":
            return {}
        return {request_id: priority for request_id, (_, priority) in self._asked.items()}

    def _describe(self, request: Any, state: RequestState, now: float) -> EngineRequest:
        owner, priority = self._asked.get(request.external_req_id, (Owner(), None))
        generated = request.stats.num_generation_tokens
        if state is not RequestState.RUNNING:
            kv_tokens: int | None = 0
        elif request.is_prefilling:
            kv_tokens = None
        else:  # the newest token goes through the model in the step that comes
            kv_tokens = request.prompt_len + max(generated - 1, 0)
        return EngineRequest(
            id=request.external_req_id,
            owner=owner,
            state=state,
            prompt_tokens=request.prompt_len,
            generated_tokens=generated,
            kv_tokens=kv_tokens,
            cached_tokens=None if request.is_prefilling else request.num_cached_tokens,
            age_s=max(now - request.stats.arrival_time, 0.0),
            priority=priority,
            preemptions=request.stats.num_preemptions,
        )


def place(
    requests: Iterable[Any], running: int, priorities: Mapping[str, int]
) -> list[tuple[Any, RequestState]]:
    """vLLM's request states, with what each is doing, the running ones first.

    The scheduler, in another process, tells how many are running, but not which; that follows.
    Every step gives a token to each request that is past its prefill and running, so one that got
    none in the latest step has been preempted. Of the others those that are first in line run.
    A preempted request goes back to the head of the line, or to its place by priority.
    """

    def turn(request: Any) -> tuple[int, float]:
        return priorities.get(request.external_req_id, 0), request.stats.arrival_time

    line = sorted(requests, key=turn)
    decoding = [request for request in line if not request.is_prefilling]
    newest = max((request.stats.last_token_ts for request in decoding), default=0.0)
    behind = [request for request in decoding if request.stats.last_token_ts < newest]
    behind.sort(key=lambda request: request.stats.last_token_ts)
    preempted = _ids(behind[: max(len(line) - running, 0)])
    current = [request for request in decoding if request.request_id not in preempted]
    fresh = [request for request in line if request.is_prefilling]
    starting = fresh[: max(running - len(current), 0)]
    waiting = [
        *(
            (request, RequestState.PREEMPTED)
            for request in behind
            if request.request_id in preempted
        ),
        *((request, RequestState.WAITING) for request in fresh[len(starting) :]),
    ]
    if priorities:
        waiting.sort(key=lambda entry: turn(entry[0]))
    return [*((request, RequestState.RUNNING) for request in [*current, *starting]), *waiting]


def _ids(requests: Sequence[Any]) -> set[str]:
    return {request.request_id for request in requests}
