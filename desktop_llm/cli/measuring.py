"""A model's measurement: loaded in the engine, scored, timed and asked."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Protocol

from pydantic import BaseModel, ConfigDict, Field

from desktop_llm.config.profiles import KvCacheAuto, KvCacheSize, LoadProfile
from desktop_llm.config.sampling import SamplingSettings
from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.events import Event
from desktop_llm.core.units import GIB, MIB
from desktop_llm.engine.types import (
    ChatMessage,
    Delta,
    EngineState,
    GenerationRequest,
    LoadedModel,
    LoadRequest,
    Owner,
    OwnerKind,
    WindowScore,
)
from desktop_llm.models.fit import DeviceMemory
from desktop_llm.models.folder import ModelFacts, inspect_folder
from desktop_llm.quantize.evaluation import PROMPTS, kv_tokens_beside, memory_budget
from desktop_llm.quantize.perplexity import cut, digest, loss, perplexity, prefix_of, scored_tokens
from desktop_llm.quantize.protocol import Measured, Message, Progress, Stage
from desktop_llm.quantize.types import Measurement

_CONTEXT = 2048
_STREAMS = 16
_KV_TOKENS = _STREAMS * 768  # an answer and its question in each stream, or as many windows
_SMALLEST_KV_CACHE = 64 * MIB
_PROMPT_TOKENS, _ANSWER_TOKENS = 128, 64
_ROUNDS = 5
_LONGEST_S = 60.0  # of the rounds of one figure: a slow model gets fewer
_KEPT_SUFFIXES = {".json", ".jinja", ".model", ".txt"}


class MeasureJob(BaseModel):
    """What is measured. `texts` is a JSONL file of held-out ``{"text": …}``.

    `window` is the length of a window in tokens and `tokens` the most that are scored. Without
    `speeds` the model is loaded once and quickly, and only scored and asked. `answer_tokens` is the
    longest answer.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: Path
    texts: Path | None = None
    prompts: tuple[str, ...] = ()
    speeds: bool = True
    window: Annotated[int, Field(ge=8, le=32_768)] = 512
    tokens: Annotated[int, Field(ge=1)] = 32_768
    answer_tokens: Annotated[int, Field(ge=1, le=4096)] = 256


class MeasuredEngine(Protocol):
    """The engine as it is measured; see `engine.Engine`."""

    changed: Event[EngineState]

    async def load(self, request: LoadRequest) -> LoadedModel: ...
    async def unload(self) -> None: ...
    async def tokenize(self, text: str, *, special: bool = False) -> list[int]: ...
    def score(self, windows: Iterable[Sequence[int]]) -> AsyncIterator[WindowScore]: ...
    def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]: ...


@dataclass(frozen=True)
class _Text:
    """Held-out text in tokens, and what the tokenizer puts before each text by itself."""

    texts: tuple[tuple[int, ...], ...]
    prefix: tuple[int, ...]


class Measuring:
    """One measurement. `run` on the engine loop; `say` is called there.

    Stages said: "loading", with speeds "loading_again", then "scoring", with speeds "speed_1" and
    "speed_16", "answering", each with its progress; "perplexity" and "speeds" as they are known.
    """

    def __init__(
        self,
        engine: MeasuredEngine,
        job: MeasureJob,
        say: Callable[[Message], None],
        read_memory: Callable[[bool, int], DeviceMemory | None],
    ) -> None:
        self._engine = engine
        self._job = job
        self._say = say
        self._read_memory = read_memory

    async def run(self) -> Measurement:
        """Measure all that the job asks for. Raises AppError; the model stays loaded."""
        facts = await asyncio.to_thread(inspect_folder, self._job.model)
        profile = profile_for(facts, self._job)
        request = LoadRequest(self._job.model, profile)
        model = await self._load("loading", request)
        if self._job.speeds:
            # The first load compiles what a model of this kind has not had compiled yet, and has
            # the disk read: whichever model comes first would pay for both.
            await self._engine.unload()
            model = await self._load("loading_again", request)
        measured = Measurement(
            disk_bytes=disk_bytes(facts),
            weight_bytes=model.weight_bytes,
            load_s=model.load_seconds if self._job.speeds else None,
            kv_tokens=self._kv_tokens(model, profile),
        )
        text = await self._tokenized()
        if self._job.texts is not None:
            measured = await self._scored(measured, text, model.context_length)
        if self._job.speeds:
            measured = await self._timed(measured, text, model.context_length)
        return replace(measured, answers=await self._answers(text.prefix))

    async def _load(self, stage: str, request: LoadRequest) -> LoadedModel:
        def progress(state: EngineState) -> None:
            if state.progress is not None:
                self._say(Progress(state.progress.fraction, 1.0, "load", state.progress.stage))

        self._say(Stage(stage))
        unsubscribe = self._engine.changed.subscribe(progress)
        try:
            return await self._engine.load(request)
        finally:
            unsubscribe()

    def _kv_tokens(self, model: LoadedModel, profile: LoadProfile) -> int | None:
        """Worked out from a cache that is large enough to measure with, of the same size for both.

        One as large as fits would take the memory of whatever else runs, and its size would depend
        on what was free at that moment.
        """
        cpu = model.device == "cpu"
        memory = self._read_memory(cpu, 1)
        if memory is None or model.weight_bytes is None:
            return None
        if not isinstance(profile.kv_cache, KvCacheSize) or not model.kv_cache_tokens:
            return None
        return kv_tokens_beside(
            model.weight_bytes,
            budget=memory_budget(memory.total, cpu=cpu),
            kv_bytes=int(profile.kv_cache.gib * GIB),
            kv_tokens=model.kv_cache_tokens,
            block=model.kv_block_size,
        )

    async def _tokenized(self) -> _Text:
        texts = await asyncio.to_thread(read_texts, self._job.texts) if self._job.texts else []
        probe = PROMPTS[0]
        plain = await self._engine.tokenize(probe)
        prefix = prefix_of(plain, await self._engine.tokenize(probe, special=True))
        return _Text(tuple([tuple(await self._engine.tokenize(text)) for text in texts]), prefix)

    async def _scored(self, measured: Measurement, text: _Text, context: int) -> Measurement:
        self._say(Stage("scoring"))
        prefix = len(text.prefix)
        length = min(self._job.window, context - 1)  # vLLM adds a token to each
        windows = cut(text.texts, text.prefix, length, self._job.tokens)
        total = sum(scored_tokens(len(window), prefix) for window in windows)
        if not total:
            raise AppError(
                "quantize.texts_unreadable",
                sentence("The held-out text is empty, so there is no perplexity to measure."),
                sentence("Repair the installation, then measure again."),
            )
        losses: dict[int, tuple[float, int]] = {}
        done = 0
        self._say(Progress(0, total, "tokens"))
        async for score in self._engine.score(windows):
            losses[score.number] = loss(score.logprobs, prefix)
            done += losses[score.number][1]
            self._say(Progress(done, total, "tokens"))
        in_order = tuple(losses[number] for number in range(len(windows)))
        found = perplexity(in_order)
        self._say(Measured("perplexity", asdict(found)))
        return replace(
            measured,
            perplexity=found.value,
            perplexity_error=found.error,
            tokens_scored=found.tokens,
            tokens_digest=digest(windows),
            window_losses=in_order,
        )

    async def _timed(self, measured: Measurement, text: _Text, context: int) -> Measurement:
        """Each prompt is as long as any other, and is computed whole (`profile_for`)."""
        source = [token for tokens in text.texts for token in tokens]
        if not source:
            source = await self._engine.tokenize(" ".join(PROMPTS))
        timing = _Timing(self._engine, source, context, self._say)
        one = await timing.rounds(1)
        many = await timing.rounds(_STREAMS)
        ttft_ms = statistics.median(seconds * 1000 for seconds, _ in one)
        single = statistics.median(rate for _, rate in one)
        together = statistics.median(rate for _, rate in many)
        speeds = {"ttft_ms": ttft_ms, "tokens_per_s": single, "tokens_per_s_16": together}
        self._say(Measured("speeds", speeds))
        return replace(measured, ttft_ms=ttft_ms, tokens_per_s=single, tokens_per_s_16=together)

    async def _answers(self, prefix: tuple[int, ...]) -> tuple[str, ...]:
        if not self._job.prompts:
            return ()
        self._say(Stage("answering"))
        done, total = 0, len(self._job.prompts)
        self._say(Progress(0, total, "prompts"))

        async def answer(prompt: str) -> str:
            nonlocal done
            text = await self._answer(prefix, prompt)
            done += 1
            self._say(Progress(done, total, "prompts"))
            return text

        return tuple(await _all([answer(prompt) for prompt in self._job.prompts]))

    async def _answer(self, prefix: tuple[int, ...], prompt: str) -> str:
        """The likeliest answer; of a base model, which has no template, what it writes on."""
        sampling = SamplingSettings(temperature=0.0, max_tokens=self._job.answer_tokens)
        try:
            return await self._text(_request((ChatMessage("user", prompt),), sampling))
        except AppError as error:
            if error.code != "engine.bad_template":
                raise
        tokens = (*prefix, *await self._engine.tokenize(prompt))
        return await self._text(_request((), sampling, prompt_token_ids=tokens))

    async def _text(self, request: GenerationRequest) -> str:
        return "".join([delta.text async for delta in self._engine.generate(request)])


class _Timing:
    """Rounds of streams that begin at the same moment."""

    def __init__(
        self,
        engine: MeasuredEngine,
        source: Sequence[int],
        context: int,
        say: Callable[[Message], None],
    ) -> None:
        self._engine = engine
        self._source = source
        self._say = say
        self._prompt = min(_PROMPT_TOKENS, context // 2)
        self._answer = min(_ANSWER_TOKENS, context - self._prompt)
        self._asked = 0

    async def rounds(self, streams: int) -> list[tuple[float, float]]:
        """Of each round the median TTFT in seconds, and all its tokens over all its time."""
        self._say(Stage(f"speed_{streams}"))
        await self._round(streams)  # warms up
        figures: list[tuple[float, float]] = []
        began = time.perf_counter()
        for number in range(1, _ROUNDS + 1):
            if not figures or time.perf_counter() - began < _LONGEST_S:
                figures.append(await self._round(streams))
            self._say(Progress(number, _ROUNDS, "rounds"))
        return figures

    async def _round(self, streams: int) -> tuple[float, float]:
        began = time.perf_counter()
        answers = await _all([self._stream(self._next_prompt()) for _ in range(streams)])
        seconds = time.perf_counter() - began
        tokens = sum(count for _, count in answers)
        return statistics.median(first for first, _ in answers), tokens / seconds

    async def _stream(self, prompt: tuple[int, ...]) -> tuple[float, int]:
        sampling = SamplingSettings(temperature=0.0, max_tokens=self._answer, ignore_eos=True)
        request = _request((), sampling, prompt_token_ids=prompt)
        began, first, tokens = time.perf_counter(), 0.0, 0
        async for delta in self._engine.generate(request):
            first = first or time.perf_counter() - began
            tokens = delta.completion_tokens
        return first, tokens

    def _next_prompt(self) -> tuple[int, ...]:
        """Another piece of the text each time."""
        self._asked += 1
        start = self._asked * 37
        return tuple(
            self._source[(start + place) % len(self._source)] for place in range(self._prompt)
        )


def profile_for(facts: ModelFacts, job: MeasureJob) -> LoadProfile:
    """How a model is loaded to be measured: by its shape alone, so that its quantized form is
    loaded in the same way, with a KV cache of the same size.

    Without a prefix cache: part of a prompt read from there would make a TTFT shorter by chance.
    """
    context = min(facts.context_length or _CONTEXT, max(_CONTEXT, job.window + 1))
    per_token = facts.kv_bytes_per_token()
    cache = KvCacheAuto() if per_token is None else _kv_cache(per_token, context)
    return LoadProfile(
        context_length=context,
        max_sequences=_STREAMS,
        kv_cache=cache,
        enforce_eager=not job.speeds,
        prefix_caching=False,
    )


def disk_bytes(facts: ModelFacts) -> int:
    """What is needed to load the model. Other things that lie beside it are not its size."""
    others = (name for name in facts.files if Path(name).suffix in _KEPT_SUFFIXES)
    return facts.weight_bytes + sum((facts.path / name).stat().st_size for name in others)


def read_texts(path: Path) -> list[str]:
    """The texts of a JSONL file. Raises AppError ``quantize.texts_unreadable``."""
    try:
        lines = path.read_text("utf-8").split("\n")
        return [str(json.loads(line)["text"]) for line in lines if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AppError(
            "quantize.texts_unreadable",
            sentence(
                "The held-out text in {file} cannot be read: {reason}.", file=path, reason=error
            ),
            sentence("Repair the installation, then measure again."),
            detail=repr(error),
        ) from error


def _request(
    messages: tuple[ChatMessage, ...],
    sampling: SamplingSettings,
    prompt_token_ids: tuple[int, ...] = (),
) -> GenerationRequest:
    owner = Owner(OwnerKind.MEASUREMENT)
    return GenerationRequest(messages, sampling, prompt_token_ids=prompt_token_ids, owner=owner)


def _kv_cache(per_token: int, context: int) -> KvCacheSize:
    # A quarter more: a cache is made of whole blocks, and some of them are never handed out.
    wanted = max(_KV_TOKENS, context) * per_token * 5 // 4
    return KvCacheSize(gib=max(wanted, _SMALLEST_KV_CACHE) / GIB)


async def _all(coroutines: Sequence[Any]) -> list[Any]:
    """All at once; when one fails or this is cancelled, the others are cancelled and awaited."""
    tasks = [asyncio.ensure_future(coroutine) for coroutine in coroutines]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
