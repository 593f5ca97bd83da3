"""Loads on the real engine: every family, every stage, cancelling, superseding, failing."""

from __future__ import annotations

import asyncio
import json
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import gettempdir

import psutil
import pytest

from desktop_llm.config.profiles import KvCacheSize, LoadProfile
from desktop_llm.core.errors import AppError, Fix
from desktop_llm.core.units import GIB
from desktop_llm.engine.scratch import SEGMENT
from desktop_llm.engine.types import EngineState, LoadRequest, Phase, Stage
from tests.engine.conftest import QUICK, Running, chat, descendants
from tests.helpers.fits import assert_cache_as_worked_out, assert_weights_as_worked_out
from tests.helpers.tiny_models import AWQ, FAMILIES, TinyModels

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

New = Callable[[], Running]


@pytest.mark.parametrize("family", [*FAMILIES, AWQ])
def test_that_every_family_loads_streams_and_leaves_nothing(
    family: str, new_engine: New, tiny_models: TinyModels
) -> None:
    running = new_engine()
    temporary = in_the_temporary_folder()
    states: list[EngineState] = []
    running.engine.changed.subscribe(states.append)
    folder = tiny_models.folder(family)

    model = running.run(running.engine.load(LoadRequest(folder, QUICK)))
    assert (model.path, model.context_length, model.max_sequences) == (folder, 512, 64)
    if family == AWQ:  # awq_marlin and the like on a GPU
        assert "awq" in (model.quantization or "")
    else:
        assert model.quantization is None
    assert model.kv_cache_tokens >= model.context_length
    assert_weights_as_worked_out(model, QUICK)
    assert_cache_as_worked_out(model, QUICK)

    async def score(window: list[int]) -> int:
        return len([score async for score in running.engine.score([window])])

    assert running.run(score([5, 6])) == 1  # a prompt as short as this once ended a worker

    async def answer() -> str:
        request = chat(max_tokens=8, ignore_eos=True)
        return "".join([delta.text async for delta in running.engine.generate(request)])

    assert running.run(answer())
    segments = shared_memory()
    assert segments
    running.run(running.engine.unload())
    assert descendants() == []
    assert not any(segment.exists() for segment in segments)
    assert in_the_temporary_folder() <= temporary

    phases = [state.phase for state in states]
    assert phases[0] is Phase.LOADING
    assert phases[-3:] == [Phase.READY, Phase.UNLOADING, Phase.UNLOADED]
    progress = [state.progress for state in states if state.progress]
    assert list(dict.fromkeys(step.stage for step in progress)) == list(Stage)
    fractions = [step.fraction for step in progress]
    assert fractions == sorted(fractions)
    assert fractions[-1] == pytest.approx(1.0)


def shared_memory() -> set[Path]:
    """What this process and those under it share; not that of another app or test."""
    family = [psutil.Process(), *psutil.Process().children(recursive=True)]
    maps = "".join(Path(f"/proc/{process.pid}/maps").read_text() for process in family)
    return {Path(segment) for segment in SEGMENT.findall(maps)}


def in_the_temporary_folder() -> set[str]:
    """vLLM's sockets (UUIDs) and rendezvous files."""
    named = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|vllm_dist_\w+")
    return {path.name for path in Path(gettempdir()).iterdir() if named.fullmatch(path.name)}


def test_that_a_load_is_cancelled_at_any_moment_and_leaves_nothing(
    new_engine: New, tiny_models: TinyModels
) -> None:
    running = new_engine()
    request = LoadRequest(tiny_models.folder("llama"), QUICK)

    async def cancel_after(seconds: float) -> tuple[str, float]:
        load = asyncio.ensure_future(running.engine.load(request))
        await asyncio.sleep(seconds)
        began = time.monotonic()
        await running.engine.cancel_load()
        took = time.monotonic() - began
        (outcome,) = await asyncio.gather(load, return_exceptions=True)
        assert isinstance(outcome, AppError)
        return outcome.code, took

    for seconds in (0.0, 0.3, 1.5, 5.0):
        code, took = running.run(cancel_after(seconds))
        assert code == "engine.superseded"
        assert took < 5
        assert running.engine.state.phase is Phase.UNLOADED
        assert descendants() == []


def test_that_a_load_is_cancelled_while_its_model_is_inspected(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the first load of an architecture vLLM does that for seconds, in a process of its own."""
    monkeypatch.setenv("VLLM_CACHE_ROOT", str(tmp_path / "vllm"))
    running = new_engine()
    request = LoadRequest(tiny_models.folder("llama"), QUICK)

    async def cancel_when_inspecting() -> float:
        load = asyncio.ensure_future(running.engine.load(request))
        while not any("models.registry" in line for line in descendants()):
            assert not load.done()
            await asyncio.sleep(0.01)
        began = time.monotonic()
        await running.engine.cancel_load()
        took = time.monotonic() - began
        await asyncio.gather(load, return_exceptions=True)
        return took

    assert running.run(cancel_when_inspecting()) < 1.0
    assert descendants() == []
    running.run(running.engine.load(request))
    assert running.engine.state.phase is Phase.READY


def test_that_the_newest_load_wins(new_engine: New, tiny_models: TinyModels) -> None:
    running = new_engine()
    first = LoadRequest(tiny_models.folder("llama"), QUICK)
    second = LoadRequest(tiny_models.folder("qwen3"), QUICK)

    async def overtake() -> list[object]:
        loads = [asyncio.ensure_future(running.engine.load(first))]
        await asyncio.sleep(2)
        loads.append(asyncio.ensure_future(running.engine.load(second)))
        return list(await asyncio.gather(*loads, return_exceptions=True))

    overtaken, _ = running.run(overtake())
    assert isinstance(overtaken, AppError)
    assert overtaken.code == "engine.superseded"
    assert running.engine.state.path == second.path
    assert running.engine.state.phase is Phase.READY


def test_that_unloading_aborts_answers_and_tells_their_readers(
    new_engine: New, tiny_models: TinyModels
) -> None:
    running = new_engine()
    running.run(running.engine.load(LoadRequest(tiny_models.folder("llama"), QUICK)))

    async def unload_while_streaming() -> object:
        async def reasons() -> object:
            last = None
            async for delta in running.engine.generate(chat(max_tokens=490, ignore_eos=True)):
                last = delta.finish_reason
            return last

        answer = asyncio.ensure_future(reasons())
        await asyncio.sleep(0.1)
        running.engine._drain_seconds = lambda: 0.0
        await running.engine.unload()
        return (await asyncio.gather(answer, return_exceptions=True))[0]

    assert running.run(unload_while_streaming()) == "abort"
    assert descendants() == []


def fails(running: Running, folder: Path, profile: LoadProfile = QUICK) -> AppError:
    with pytest.raises(AppError) as failed:
        running.run(running.engine.load(LoadRequest(folder, profile)))
    state = running.engine.state
    assert state.phase is Phase.FAILED
    assert state.failure is failed.value
    assert failed.value.message
    assert failed.value.hint
    assert running.engine.raw_log().strip()
    assert descendants() == []
    return failed.value


def test_that_each_broken_folder_is_told_apart(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    running = new_engine()

    cut = tiny_models.copy("llama", tmp_path / "cut")
    weights = cut / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1000])
    assert fails(running, cut).code == "model.corrupt_shard"

    strange = tiny_models.copy("llama", tmp_path / "strange")
    edit(strange / "config.json", architectures=["StrangeForCausalLM"], model_type="strange")
    assert fails(running, strange).code == "engine.unknown_architecture"

    renamed = tiny_models.copy("llama", tmp_path / "renamed")
    edit(renamed / "config.json", architectures=["StrangeForCausalLM"])
    assert fails(running, renamed).code == "engine.unknown_architecture"

    mute = tiny_models.copy("llama", tmp_path / "mute")
    edit(mute / "tokenizer.json", model={"type": "Nothing"})
    assert fails(running, mute).code in ("engine.bad_tokenizer", "model.bad_tokenizer")

    wrong = tiny_models.copy("llama", tmp_path / "wrong")
    edit(wrong / "config.json", hidden_size=256)
    assert fails(running, wrong).code == "engine.bad_weights"

    missing = tiny_models.copy("llama", tmp_path / "missing")
    rename_tensor(missing / "model.safetensors", "model.norm.weight", "model.norm.height")
    assert fails(running, missing).code == "engine.bad_weights"
    assert "norm" in running.engine.raw_log()


def test_that_a_context_that_does_not_fit_is_told_with_one_that_does(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    running = new_engine()
    long = tiny_models.copy("llama", tmp_path / "long")
    edit(long / "config.json", max_position_embeddings=1_000_000)
    small = QUICK.model_copy(
        update={"context_length": 1_000_000, "kv_cache": KvCacheSize(gib=0.0625)}
    )
    failure = fails(running, long, small)
    assert failure.code == "engine.context_does_not_fit"
    assert failure.fix is Fix.APPLY_CONTEXT
    fitting = int(failure.fix_value)
    assert 0 < fitting < 1_000_000
    assert failure.memory is not None
    assert (failure.memory.kv_cache_needed or 0) > 0.0625 * GIB
    others = [set(json.loads(remedy.value)) for remedy in failure.remedies]
    assert {"context_length"} not in others, "vLLM's own figure is the button"

    model = running.run(
        running.engine.load(LoadRequest(long, small.model_copy(update={"context_length": fitting})))
    )
    assert model.context_length == fitting


def test_that_more_kv_cache_than_memory_is_refused_with_the_fix(
    new_engine: New, tiny_models: TinyModels
) -> None:
    greedy = QUICK.model_copy(update={"kv_cache": KvCacheSize(gib=4000)})
    failure = fails(new_engine(), tiny_models.folder("llama"), greedy)
    assert failure.code == "engine.share_not_free"
    assert failure.fix is Fix.EDIT_PROFILE
    assert '{"kv_cache": {"kind": "auto"}}' in [remedy.value for remedy in failure.remedies]
    ledger = failure.memory
    assert ledger is not None
    assert ledger.kv_cache_needed == 4000 * GIB
    assert (ledger.total or 0) > (ledger.free or 0) > 0
    assert (ledger.weights_needed or 0) > 1_000_000


def test_that_weights_beyond_the_memory_are_told(
    new_engine: New, tiny_models: TinyModels, tmp_path: Path
) -> None:
    """A config of some 600 GiB with dummy weights: allocating them fails for real."""
    running = new_engine()
    huge = tiny_models.copy("llama", tmp_path / "huge")
    edit(
        huge / "config.json",
        hidden_size=65536,
        intermediate_size=262144,
        num_hidden_layers=4,
        num_attention_heads=1024,
        num_key_value_heads=1024,
    )
    with pytest.raises(AppError) as failed:
        running.run(running.engine.load(LoadRequest(huge, QUICK, dummy_weights=True)))
    assert failed.value.code == "engine.no_memory_for_weights"
    assert descendants() == []


def edit(file: Path, **changes: object) -> None:
    file.write_text(json.dumps(json.loads(file.read_text("utf-8")) | changes), "utf-8")


def rename_tensor(file: Path, old: str, new: str) -> None:
    """Change a tensor's name in a safetensors header; the data stays as it is."""
    data = file.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header[new] = header.pop(old)
    text = json.dumps(header).encode()
    file.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + length :])
