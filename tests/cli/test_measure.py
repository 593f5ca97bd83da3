"""Measuring on a scripted engine: what is asked of it, what is said, how it fails."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_llm.cli.measure import run_measure
from desktop_llm.cli.measuring import MeasureJob, disk_bytes, profile_for, read_texts
from desktop_llm.core.errors import AppError, sentence
from desktop_llm.core.units import GIB, MIB
from desktop_llm.engine.loop import EngineLoop
from desktop_llm.engine.types import Delta, GenerationRequest, LoadedModel, LoadRequest, WindowScore
from desktop_llm.models.fit import DeviceMemory
from desktop_llm.models.folder import inspect_folder
from desktop_llm.quantize.protocol import (
    DESCRIPTOR_VARIABLE,
    Failure,
    Hello,
    Measured,
    Message,
    Progress,
    Result,
    Stage,
    decode,
)
from desktop_llm.quantize.types import Measurement
from tests.helpers.headless_core import LoadableEngine
from tests.helpers.model_folders import LLAMA_3_8B, make_model

BOS = 7


class MeasurableEngine(LoadableEngine):
    """A token a letter; each is one nat unlikely, or `nats`; two tokens are an answer."""

    def __init__(self, failure: AppError | None = None, nats: float = 1.0) -> None:
        super().__init__(context_length=2048, failure=failure)
        self.windows: list[tuple[int, ...]] = []
        self.unloads = 0
        self.nats = nats
        self.base = False

    async def load(self, request: LoadRequest) -> LoadedModel:
        model = await super().load(request)
        return replace(model, weight_bytes=GIB, kv_cache_tokens=1600, kv_block_size=16)

    async def unload(self) -> None:
        self.unloads += 1

    async def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        return [BOS] * special + [ord(letter) for letter in text]

    async def score(self, windows: Iterable[Sequence[int]]) -> AsyncIterator[WindowScore]:
        self.windows = [tuple(window) for window in windows]
        for number in reversed(range(len(self.windows))):
            count = len(self.windows[number]) - 1
            yield WindowScore(number, tuple([-self.nats] * count))

    async def generate(self, request: GenerationRequest) -> AsyncIterator[Delta]:
        if request.messages and self.base:
            raise AppError("engine.bad_template", "It has no chat template.")
        self.asked.append(request)
        wanted = request.sampling.max_tokens or 1
        tokens = wanted if request.sampling.ignore_eos else 2
        yield Delta("Yes", 1, 5)
        yield Delta("!", tokens, 5)

    def raw_log(self) -> str:
        return "what vLLM printed"


class Core:
    def __init__(self, engine: MeasurableEngine) -> None:
        self.engine = engine
        self.closed = False
        self._loop = EngineLoop()
        self._loop.start()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return self._loop.run(coroutine)

    def close(self) -> None:
        self._loop.stop()
        self.closed = True


Run = Callable[..., tuple[int, list[Message]]]


@pytest.fixture
def measure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs the command in this process; returns its exit code and what it said."""
    before = signal.getsignal(signal.SIGTERM)

    def run(engine: MeasurableEngine, **job: Any) -> tuple[int, list[Message]]:
        file = tmp_path / "job.json"
        file.write_text(json.dumps(job, default=str), "utf-8")
        messages = tmp_path / "messages"
        descriptor = os.open(messages, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(descriptor))
        core = Core(engine)
        code = run_measure(file, lambda: core, lambda cpu, devices: DeviceMemory(4 * GIB, GIB))
        assert core.closed or not engine.loads, "the core is closed however it ends"
        if not core.closed:
            core.close()
        said = [decode(line) for line in messages.read_bytes().splitlines()]
        assert all(said)
        return code, [message for message in said if message is not None]

    yield run
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_model(tmp_path / "model", num_hidden_layers=2)


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    file = tmp_path / "texts.jsonl"
    file.write_text("\n".join(json.dumps({"text": "ab" * length}) for length in (20, 3, 50)))
    return file


def result(messages: list[Message]) -> Measurement:
    last = messages[-1]
    assert isinstance(last, Result)
    return Measurement(**last.values)


def test_that_all_is_measured_and_said_in_order(measure: Run, model: Path, texts: Path) -> None:
    engine = MeasurableEngine()
    code, said = measure(engine, model=model, texts=texts, prompts=["One?", "Two?"], window=32)
    assert code == 0
    assert said[0] == Hello(os.getpid())
    assert [message.name for message in said if isinstance(message, Stage)] == [
        "loading", "loading_again", "scoring", "speed_1", "speed_16", "answering",
    ]  # fmt: skip
    measured = result(said)
    assert measured.perplexity == pytest.approx(2.718281828)
    assert measured.perplexity_error == pytest.approx(0)
    assert measured.tokens_scored == 2 * (20 + 3 + 50)
    assert sum(tokens for _, tokens in measured.window_losses) == measured.tokens_scored
    assert all(window[0] == BOS and len(window) <= 32 for window in engine.windows)
    assert measured.tokens_digest
    assert measured.ttft_ms is not None
    assert measured.tokens_per_s_16 > measured.tokens_per_s > 0  # type: ignore[operator]
    assert list(measured.answers) == ["Yes!", "Yes!"]
    assert measured.load_s == pytest.approx(0.1)
    assert measured.weight_bytes == GIB
    assert engine.unloads == 1
    assert len(engine.loads) == 2
    shown = [message.name for message in said if isinstance(message, Measured)]
    assert shown == ["perplexity", "speeds"]


def test_that_every_stage_tells_how_far_it_is(measure: Run, model: Path, texts: Path) -> None:
    _, said = measure(MeasurableEngine(), model=model, texts=texts, prompts=["One?"], window=32)
    stage = ""
    reached: dict[str, tuple[float, float]] = {}
    for message in said:
        if isinstance(message, Stage):
            stage = message.name
        elif isinstance(message, Progress):
            assert 0 <= message.done <= message.total
            assert message.done >= reached.get(stage, (0.0, 0.0))[0]
            reached[stage] = (message.done, message.total)
    assert set(reached) == {
        "loading", "loading_again", "scoring", "speed_1", "speed_16", "answering",
    }  # fmt: skip
    ends = [place for name, place in reached.items() if not name.startswith("loading")]
    assert all(done == total for done, total in ends)


def test_that_the_timed_prompts_are_of_one_length_and_each_is_computed_whole(
    measure: Run, model: Path, tmp_path: Path
) -> None:
    file = tmp_path / "long.jsonl"
    file.write_text(json.dumps({"text": "".join(chr(33 + n * 7 % 80) for n in range(9000))}))
    engine = MeasurableEngine()
    measure(engine, model=model, texts=file)
    prompts = [request.prompt_token_ids for request in engine.asked]
    assert {len(prompt) for prompt in prompts} == {128}
    assert not engine.loads[-1].profile.prefix_caching
    assert len(prompts) == 6 + 6 * 16
    assert all(request.sampling.ignore_eos for request in engine.asked)


def test_that_without_speeds_it_is_loaded_once_and_quickly(measure: Run, model: Path) -> None:
    engine = MeasurableEngine()
    code, said = measure(engine, model=model, prompts=["One?"], speeds=False, answer_tokens=5)
    assert code == 0
    assert len(engine.loads) == 1
    assert engine.loads[0].profile.enforce_eager
    assert [request.sampling.max_tokens for request in engine.asked] == [5]
    measured = result(said)
    assert (measured.perplexity, measured.load_s, measured.ttft_ms) == (None, None, None)
    assert measured.tokens_scored == 0


def test_that_a_base_model_writes_on(measure: Run, model: Path) -> None:
    engine = MeasurableEngine()
    engine.base = True
    code, said = measure(engine, model=model, prompts=["One?"], speeds=False)
    assert code == 0
    assert engine.asked[0].prompt_token_ids == (BOS, *map(ord, "One?"))
    assert list(result(said).answers) == ["Yes!"]


def test_that_kv_tokens_are_what_fits_beside_the_weights(measure: Run, model: Path) -> None:
    """Of 4 GiB of RAM three quarters, less 1 GiB of weights."""
    engine = MeasurableEngine()
    _, said = measure(engine, model=model, speeds=False)
    cache = engine.loads[0].profile.kv_cache
    assert cache.kind == "size"
    tokens = 2 * GIB * 1600 // int(cache.gib * GIB) // 16 * 16
    assert result(said).kv_tokens == tokens > 1600


class TestFailures:
    def test_that_the_engines_error_is_passed_on(
        self, measure: Run, model: Path, capfd: pytest.CaptureFixture[str]
    ) -> None:
        error = AppError(
            "engine.out_of_memory", sentence("It takes {size}.", size="9 GiB"), "Free it.", "why"
        )
        code, said = measure(MeasurableEngine(failure=error), model=model)
        assert code == 1
        assert said[-1] == Failure(
            "engine.out_of_memory", "It takes 9 GiB.", "Free it.", "why", {"size": "9 GiB"}
        )
        assert "what vLLM printed" in capfd.readouterr().err

    def test_that_a_folder_without_a_model_is_told(self, measure: Run, tmp_path: Path) -> None:
        code, said = measure(MeasurableEngine(), model=tmp_path / "nowhere")
        assert code == 1
        assert isinstance(said[-1], Failure)
        assert said[-1].code == "model.not_a_model"

    def test_that_damaged_weights_are_no_measurement(
        self, measure: Run, model: Path, texts: Path
    ) -> None:
        code, said = measure(MeasurableEngine(nats=float("nan")), model=model, texts=texts)
        assert code == 1
        assert isinstance(said[-1], Failure)
        assert said[-1].code == "quantize.broken_weights"

    @pytest.mark.parametrize("content", ["", "no json", '{"other": 1}', '{"text": ""}'])
    def test_that_a_text_that_cannot_be_used_is_told(
        self, measure: Run, model: Path, tmp_path: Path, content: str
    ) -> None:
        file = tmp_path / "bad.jsonl"
        file.write_text(content)
        code, said = measure(MeasurableEngine(), model=model, texts=file, speeds=False)
        assert code == 1
        assert isinstance(said[-1], Failure)
        assert said[-1].code == "quantize.texts_unreadable"

    def test_that_a_defect_is_told_too(
        self, measure: Run, model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object, **__: object) -> list[int]:
            raise ZeroDivisionError("of ours")

        engine = MeasurableEngine()
        monkeypatch.setattr(engine, "tokenize", fail)
        code, said = measure(engine, model=model)
        assert code == 1
        assert isinstance(said[-1], Failure)
        assert said[-1].code == "quantize.failed"
        assert "ZeroDivisionError" in said[-1].detail

    def test_that_a_job_that_is_none_is_bad_input(self, measure: Run, model: Path) -> None:
        code, said = measure(MeasurableEngine(), model=model, window=2)
        assert code == 2
        assert isinstance(said[-1], Failure)
        assert "window" in said[-1].message

    def test_that_it_ends_when_nobody_reads(
        self, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        read, write = os.pipe()
        os.close(read)
        monkeypatch.setenv(DESCRIPTOR_VARIABLE, str(write))
        before = signal.getsignal(signal.SIGTERM)
        try:
            never: Any = None
            assert run_measure(tmp_path / "job.json", never, never) == 1
        finally:
            signal.signal(signal.SIGTERM, before)


class TestHowItIsLoaded:
    def test_that_the_quantized_model_is_loaded_as_its_source_is(self, tmp_path: Path) -> None:
        job = MeasureJob(model=tmp_path)
        source = inspect_folder(make_model(tmp_path / "source"))
        config = {"quant_method": "awq", "bits": 4, "group_size": 128}
        folder = make_model(
            tmp_path / "quantized", torch_dtype="float16", quantization_config=config
        )
        quantized = inspect_folder(folder)
        assert profile_for(source, job) == profile_for(quantized, job)

    def test_that_windows_and_streams_fit(self, tmp_path: Path) -> None:
        facts = inspect_folder(make_model(tmp_path / "m"))
        profile = profile_for(facts, MeasureJob(model=tmp_path, window=4000))
        assert profile.context_length == 4001
        assert profile.kv_cache.kind == "size"
        per_token = facts.kv_bytes_per_token()
        assert per_token is not None
        assert profile.kv_cache.gib * GIB / per_token > 16 * (128 + 64)
        small = inspect_folder(make_model(tmp_path / "s", max_position_embeddings=100))
        assert profile_for(small, MeasureJob(model=tmp_path)).context_length == 100

    def test_that_an_unknown_shape_leaves_the_cache_to_the_engine(self, tmp_path: Path) -> None:
        config = {name: LLAMA_3_8B[name] for name in ("architectures", "model_type")}
        facts = inspect_folder(make_model(tmp_path / "m", config))
        assert profile_for(facts, MeasureJob(model=tmp_path)).kv_cache.kind == "auto"

    def test_that_only_what_the_model_needs_is_its_size(self, tmp_path: Path) -> None:
        folder = make_model(tmp_path / "m")
        before = disk_bytes(inspect_folder(folder))
        (folder / "pytorch_model.bin").write_bytes(bytes(MIB))
        (folder / "training").mkdir()
        (folder / "training" / "log.json").write_bytes(bytes(MIB))
        assert disk_bytes(inspect_folder(folder)) == before
        (folder / "chat_template.jinja").write_text("12345")
        assert disk_bytes(inspect_folder(folder)) == before + 5

    def test_that_empty_lines_are_no_texts(self, tmp_path: Path) -> None:
        file = tmp_path / "t.jsonl"
        file.write_text('{"text": "a\u2028b"}\n\n{"text": "c"}\n', "utf-8")
        assert read_texts(file) == ["a\u2028b", "c"]
